"""What a person draws in Label Studio comes back marked, by a backend that moved over."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from labelloop.domain.ordering.random_share import is_random
from labelloop.labelstudio.payloads import key_of
from labelloop.local.emulator import LOOPBACK, claim_port
from tests.bench.handler_server import app_of
from tests.conftest import SECRET
from tests.fakes import MemoryStore
from tests.moved_backends import BACKENDS, deployed
from tests.reliability.site import build_on

DRAWN = json.loads((BACKENDS / "drawn.json").read_text())


@contextmanager
def predicting(patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the predict function on loopback, without any version."""
    build_on(MemoryStore(), patch)
    from functions.predict.app import lambda_handler

    port = claim_port(0, "the predict function", "")
    options: Any = {"host": LOOPBACK, "port": port, "log_level": "error", "lifespan": "off"}
    server = uvicorn.Server(uvicorn.Config(app_of(lambda_handler), **options))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://{SECRET}@{LOOPBACK}:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def api(studio) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Token {studio.legacy_token}"}
    with httpx.Client(base_url=studio.url, headers=headers, timeout=60, trust_env=False) as client:
        yield client


def test_what_is_drawn_is_marked_wherever_it_is_said_again(api, tmp_path, monkeypatch):
    def ask(path: str, body: Any) -> Any:
        return api.post(path, json=body).raise_for_status().json()

    project = ask("/api/projects/", {"title": "drawn", "label_config": DRAWN["label_config"]})
    rows = [{"data": DRAWN["tasks"][0]["data"]}] * 9
    path = f"/api/projects/{project['id']}/import?return_task_ids=true"
    tasks = ask(path, rows)["task_ids"]
    task = next(id_ for id_ in tasks if not is_random(id_, key_of(project)))

    with deployed("same_words", tmp_path), predicting(monkeypatch) as url:
        body = {"project": project["id"], "url": url, "title": "it", "is_interactive": True}
        backend = ask("/api/ml/", body)["id"]
        drawn = {"task": task, "context": DRAWN["params"]["context"]}
        answer = ask(f"/api/ml/{backend}/interactive-annotating", drawn)

    found = [one["value"] for one in answer["data"]["result"]]
    assert [(one["start"], one["end"], *one["labels"]) for one in found] == [
        (0, 3, "PER"),
        (19, 22, "PER"),
    ]

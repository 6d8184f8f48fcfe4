"""Many at once, and for long: bursts, mixed traffic, and predictions until memory would show."""

import base64
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from labelloop import bootstrap
from labelloop.bucket.project import Project
from labelloop.local.stack import LocalStack, local_stack
from labelloop.messages import WakeUp
from labelloop.usecases.learning.train import train
from tests.builders import label_config, reviews
from tests.conftest import load_event
from tests.reliability.report import find
from tests.reliability.site import SmallStore, call, site
from tests.reliability.test_requests import resident_mb
from tests.reliability.training import training
from tests.system.conftest import wait_for

pytestmark = pytest.mark.long

BURST = 10_000
MOST_TRAININGS = 10
MINUTES = 10
MOST_GROWN = 5.0  # % of memory


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with local_stack(parameters={"QuietSeconds": "10"}) as running:
        yield running


@pytest.fixture(scope="module")
def client(stack: LocalStack) -> Iterator[httpx.Client]:
    auth = (stack.user, stack.password)
    with httpx.Client(base_url=stack.url, auth=auth, timeout=60, trust_env=False) as client:
        yield client


def annotation(id_: int) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(load_event("webhook-annotation-created")["body"])
    label = ("Positive", "Negative")[id_ % 2]
    text = ("a great film, lovely", "an awful film, boring")[id_ % 2]
    body["annotation"] |= {"id": id_, "task": id_}
    body["annotation"]["result"][0]["value"]["choices"] = [label]
    body["task"] |= {"id": id_, "data": {"text": f"{text} number {id_}"}}
    return body


def test_a_burst_of_webhooks_is_stored_and_trained_a_few_times(client):
    def send(id_: int) -> tuple[int, str]:
        answer = client.post("/webhook", json=annotation(id_))
        return answer.status_code, "" if answer.status_code == 202 else answer.text

    with ThreadPoolExecutor(16) as senders:
        answers = Counter(senders.map(send, range(1, BURST + 1)))
    print(answers)
    refused = BURST - answers[202, ""]
    key = json.loads(load_event("predict-predict")["body"])["project"]

    def rest() -> dict[str, Any] | None:
        status: dict[str, Any] = client.get("/status", params={"project": key}).json()
        is_done = not status["pending_events"] and status["trained_on"] == status["dataset"]["seq"]
        return status if is_done else None

    status = wait_for(rest, 900)
    trainings = len(client.get("/versions", params={"project": key}).json()["versions"])

    lost = BURST - status["dataset"]["annotations"]
    find("burst of webhooks: refused", refused, f"of {BURST:,} webhooks")
    find("burst of webhooks: lost", lost, f"of {BURST:,} webhooks")
    find("burst of webhooks: trainings", trainings, f"for {BURST:,} webhooks", MOST_TRAININGS)


def test_mixed_traffic_meets_no_error(stack, client, tmp_path):
    wrk = shutil.which("wrk")
    assert wrk, "wrk is not on PATH: make reliability installs it on Debian"
    run = subprocess.run(  # noqa: S603 - our own tool
        [
            *(wrk, "--threads", "1", "--connections", "8", "--duration", f"{MINUTES}m"),
            *("--timeout", "30s", "--script", Path(__file__).with_name("mixed.lua"), stack.url),
            *("--", requests(tmp_path), authorization(stack)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    print(run.stdout)
    sent = int(re.findall(r"(\d+) requests in", run.stdout)[0])
    failed = re.findall(
        r"Non-2xx or 3xx responses: (\d+)|(?:connect|read|write|timeout) (\d+)", run.stdout
    )
    errors = sum(int(one or other) for one, other in failed)

    assert client.get("/health").status_code == 200
    assert sent > 1_000
    find(f"mixed traffic for {MINUTES} minutes: errors", errors, f"of {sent:,} requests")


def requests(folder: Path) -> Path:
    """Write what a team sends, in a mix: annotators ask thrice for each label they give."""
    ask = json.loads(load_event("predict-predict")["body"])
    hundred = ask | {"tasks": [ask["tasks"][0] | {"id": number} for number in range(100)]}
    bodies = {"setup": json.loads(load_event("webhook-setup")["body"]), "ask": ask}
    bodies |= {"hundred": hundred, "label": annotation(1), "other": annotation(2)}
    for name, body in bodies.items():
        (folder / name).write_text(json.dumps(body))
    one = ["GET /health", f"POST /setup {folder}/setup", f"POST /predict {folder}/ask"]
    lines = [*one * 3, f"POST /webhook {folder}/label", *one, f"POST /webhook {folder}/other"]
    lines += ["GET /versions", f"POST /predict {folder}/hundred"]
    file = folder / "requests"
    file.write_text("\n".join(lines))
    return file


def authorization(stack: LocalStack) -> str:
    return "Basic " + base64.b64encode(f"{stack.user}:{stack.password}".encode()).decode()


# -- memory, in this process -----------------------------------------------------------------


def projects(store: SmallStore, count: int) -> list[str]:
    """Train so many projects."""
    deps = training(store)
    keys = [f"{number}.1795398621" for number in range(1, count + 1)]
    for key in keys:
        for number, event in enumerate(reviews(8)):
            Project(store, key).add_event(f"{number}", event)
        train(WakeUp(key, "sweep"), deps)
    return keys


def predict(key: str, number: int) -> tuple[int, str]:
    ask = json.loads(load_event("predict-predict")["body"]) | {"project": key}
    tasks = [{"id": 1, "data": {"text": f"a lovely film number {number}"}}]
    ask |= {"tasks": tasks, "label_config": label_config()}
    status, body = call(load_event("predict-predict") | {"body": json.dumps(ask)})
    results = json.loads(body).get("results", [{}])
    return status, results[0].get("model_version", "")


def test_memory_stays_flat_over_many_predictions(monkeypatch):
    count = 100_000
    with site(monkeypatch) as store:
        (key,) = projects(store, 1)
        failed, usual_mb = 0, 0.0
        for number in range(count):
            if number == count // 10:
                usual_mb = resident_mb()
            failed += predict(key, number)[0] != 200
        grown = max(0.0, resident_mb() / usual_mb - 1) * 100

    find("predictions one by one: failed", failed, f"of {count:,}")
    find("predictions one by one: memory grown", round(grown, 2), f"% over {count:,}", MOST_GROWN)


def test_many_projects_share_the_memory_for_a_few(monkeypatch):
    count, rounds = 100, 20
    with site(monkeypatch) as store:
        keys = projects(store, count)
        versions = {key: Project(store, key).active().value.version for key in keys}
        wrong, usual_mb = 0, 0.0
        for turn in range(rounds):
            if turn == 2:
                usual_mb = resident_mb()
            wrong += sum(predict(key, turn) != (200, versions[key]) for key in keys)
        grown = max(0.0, resident_mb() / usual_mb - 1) * 100
        kept = len(bootstrap.versions()._slots)

    assert kept < count  # else the cap was not tried
    find("many projects: wrong versions", wrong, f"of {count * rounds:,} predictions")
    find("many projects: memory grown", round(grown, 2), f"% over {rounds} rounds", MOST_GROWN)

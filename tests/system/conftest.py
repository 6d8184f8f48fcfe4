"""The whole system as `make up` runs it: the built template on the embedded AWS, over HTTP."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from labelloop.local.stack import LocalStack, local_stack
from tests.conftest import load_event

PARAMETERS = {"QuietSeconds": "1"}
SETUP = json.loads(load_event("webhook-setup")["body"])
PREDICT = json.loads(load_event("predict-predict")["body"])


class LabelStudio:
    """The calls of a Label Studio project, in the shapes of events/."""

    def __init__(self, stack: LocalStack) -> None:
        auth = (stack.user, stack.password)
        self._http = httpx.Client(base_url=stack.url, auth=auth, timeout=60, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def send(self, event: str, **changes: Any) -> httpx.Response:
        """Post one of the webhook events, changed or not."""
        body = json.loads(load_event(event)["body"]) | changes
        return self._http.post("/webhook", json=body)

    def label(self, id_: int, name: str, text: str) -> None:
        body = json.loads(load_event("webhook-annotation-created")["body"])
        body["annotation"] |= {"id": id_, "task": id_}
        body["annotation"]["result"][0]["value"]["choices"] = [name]
        body["task"] |= {"id": id_, "data": {"text": text}}
        assert self._http.post("/webhook", json=body).status_code == 202

    def version(self) -> str:
        return str(self._http.post("/setup", json=SETUP).json()["model_version"])

    def predict(self, *texts: str) -> list[dict[str, Any]]:
        tasks = [PREDICT["tasks"][0] | {"id": i, "data": {"text": t}} for i, t in enumerate(texts)]
        answer = self._http.post("/predict", json=PREDICT | {"tasks": tasks})
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def get(self, path: str) -> httpx.Response:
        return self._http.get(path)


def wait_for[T](ask: Callable[[], T | None], seconds: float = 90) -> T:
    """Return the first answer that is not None or False."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"nothing within {seconds} s")


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def stack(state: Path) -> Iterator[LocalStack]:
    with local_stack(state=state, parameters=PARAMETERS) as stack:
        yield stack


@pytest.fixture
def label_studio(stack: LocalStack) -> Iterator[LabelStudio]:
    client = LabelStudio(stack)
    yield client
    client.close()

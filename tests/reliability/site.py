"""All HTTP routes as Lambda calls them, on stores in memory that stay small."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from labelloop import bootstrap
from labelloop.bucket.project import Project
from labelloop.messages import Message, WakeUp
from labelloop.usecases.learning.train import train
from tests.builders import PROJECT, reviews
from tests.conftest import SECRET, forget_builders
from tests.fakes import MemoryStore
from tests.integration.conftest import CONTEXT
from tests.reliability.requests import LIGHT
from tests.reliability.training import training


class SmallStore(MemoryStore):
    """A store that forgets events: a million of them would be taken for a leak."""

    def create(self, key: str, body: bytes) -> str:
        if "/events/" in key and len(self._objects) > 300:
            self.delete(self.keys("/events/"))
        return super().create(key, body)


class NoQueue:
    """A queue that takes everything and keeps the last message."""

    last: Message | None = None

    def send(self, message: Message, delay_s: int) -> None:
        self.last = message


class FixedSecret:
    """A secret that can be written, and stays what it was."""

    def __init__(self, name: str, _: object = None, key: str = "") -> None:
        self._value = SECRET if name == "/labelloop/test" else ""

    def read(self) -> str:
        return self._value

    def write(self, value: str) -> None: ...


@contextmanager
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallStore]:
    """Build the functions' adapters in memory, with one trained project."""
    store = SmallStore()
    for number, event in enumerate(reviews(12)):
        Project(store, PROJECT).add_event(f"{number:03d}", event)
    train(WakeUp(PROJECT, "sweep"), training(store))
    build_on(store, monkeypatch)
    yield store


def build_on(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the functions' adapters built on a store in memory."""
    monkeypatch.setattr("labelloop.adapters.s3_store.S3Store", lambda *_: store)
    monkeypatch.setattr("labelloop.adapters.sqs_queue.SqsQueue", lambda *_: NoQueue())
    monkeypatch.setattr(bootstrap, "quick_client_of", lambda _: None)
    monkeypatch.setattr("labelloop.adapters.ssm_secret.SsmSecret", FixedSecret)
    for name, value in {
        "BUCKET": "labelloop-test",
        "TRAIN_QUEUE_URL": "train",
        "RANK_QUEUE_URL": "rank",
        "CREDENTIALS_PARAMETER": "/labelloop/test",
        "LABEL_STUDIO_TOKEN_PARAMETER": "/labelloop/label-studio-token",
        "ENCODER": "none",  # its layer need not have been built
        "POWERTOOLS_METRICS_NAMESPACE": "Labelloop",
        "POWERTOOLS_SERVICE_NAME": "labelloop",
    }.items():
        monkeypatch.setenv(name, value)
    forget_builders()  # a bench builds on it, too


def call(event: dict[str, Any]) -> tuple[int, str]:
    """Return status and body of what the function that has the path answers."""
    import functions.predict.app
    import functions.webhook.app

    path = event.get("rawPath", event.get("path"))
    app: Any = functions.webhook.app if path in LIGHT else functions.predict.app
    answer = app.lambda_handler(event, CONTEXT)
    return answer["statusCode"], answer["body"]


def is_fine(path: str, status: int, body: str) -> bool:
    """Say whether a client can live with an answer."""
    if status >= 500:
        return False
    return path == "/docs" or isinstance(json.loads(body or "{}"), dict)


def seeded(number: int) -> random.Random:
    return random.Random(number)

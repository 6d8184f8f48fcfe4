"""Fixtures for all tests: no test reaches AWS, and none sees another one's settings."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import httpx
import pytest
from hypothesis import settings

from labelloop import bootstrap, config, observability
from tests.fakes import Clock, MemoryQueue, MemoryStore

settings.register_profile("any machine", deadline=None)  # nothing here is a timed test
settings.load_profile("any machine")

EVENTS = Path(__file__).parent.parent / "events"
SECRET = "labelloop:example-password"
_BUILDERS = [
    *(one for one in vars(bootstrap).values() if hasattr(one, "cache_clear")),
    config.settings,
    observability.logger,
]


def load_event(name: str) -> dict[str, Any]:
    """Return one of the files of events/."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def forget_builders() -> None:
    """Have all that `bootstrap` builds built again, as in a process that starts now."""
    for builder in _BUILDERS:
        builder.cache_clear()


@pytest.fixture(autouse=True)
def cold_start() -> Iterator[Callable[[], None]]:
    """Start each test in a new process, as it were; called, it starts one in the middle of it."""
    forget_builders()
    yield forget_builders
    forget_builders()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> MemoryStore:
    return MemoryStore(clock)


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


@pytest.fixture
def rank_queue() -> MemoryQueue:
    return MemoryQueue()


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """Run moto as a server: what speaks to AWS without boto3 speaks to it too."""
    from moto.server import ThreadedMotoServer  # late: half a second, and unit tests need none

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A bucket, a queue and the credentials in moto, and the settings that name them."""
    httpx.post(f"{moto_url}/moto-api/reset", trust_env=False).raise_for_status()
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    s3, sqs, ssm = boto3.client("s3"), boto3.client("sqs"), boto3.client("ssm")
    place: Any = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket="labelloop-test", CreateBucketConfiguration=place)
    url = sqs.create_queue(QueueName="train")["QueueUrl"]
    ssm.put_parameter(Name="/labelloop/test", Value=SECRET, Type="SecureString")
    monkeypatch.setenv("BUCKET", "labelloop-test")
    rank_url = sqs.create_queue(QueueName="rank")["QueueUrl"]
    monkeypatch.setenv("TRAIN_QUEUE_URL", url)
    monkeypatch.setenv("RANK_QUEUE_URL", rank_url)
    monkeypatch.setenv("CREDENTIALS_PARAMETER", "/labelloop/test")
    monkeypatch.setenv("LABEL_STUDIO_TOKEN_PARAMETER", "/labelloop/label-studio-token")
    monkeypatch.setenv("QUIET_SECONDS", "0")
    monkeypatch.setenv("ENCODER", "none")  # the layer need not have been built
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Labelloop")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "labelloop")
    return SimpleNamespace(s3=s3, sqs=sqs, ssm=ssm, bucket="labelloop-test", queue_url=url)

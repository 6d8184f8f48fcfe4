"""Moto as a server, and projects in its bucket: one that was trained once, and copies of it."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

import boto3
import httpx
from moto.server import ThreadedMotoServer

from labelloop.adapters.s3_store import S3Store
from labelloop.bucket.project import Project
from labelloop.recipes import load
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.serving.predict import predict
from labelloop.usecases.serving.serve import Served, Versions
from tests.builders import label_config, reviews
from tests.reliability.function_process import Job, run

BUCKET = "labelloop-test"
KNOWN, NEW = 12, 4  # labels of the version that is served, and labels that wait


class Cloud:
    """A bucket and two queues."""

    def __init__(self, endpoint: str) -> None:
        self.environment = _environment(endpoint)
        self._s3 = _client("s3", self.environment)
        self.sqs = _client("sqs", self.environment)
        self._s3.create_bucket(Bucket=BUCKET)
        for name in ("train", "rank"):
            url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
            self.environment |= {f"{name.upper()}_QUEUE_URL": url}
        self.store = S3Store(BUCKET, self._s3)
        self._numbers = count(1)
        self._trained: dict[str, bytes] = {}

    def project(self, new: int = NEW) -> Project:
        """Return a new project: a version was trained and is served, and new labels wait."""
        project = Project(self.store, f"{next(self._numbers)}.1795398621")
        if not self._trained:
            self._trained = self._train_once(project)
            project = Project(self.store, f"{next(self._numbers)}.1795398621")
        for name, body in self._trained.items():
            self.store.create(f"projects/{project.key}/{name}", body)
        self.label(project, new)
        return project

    def label(self, project: Project, new: int, first: int = KNOWN + 1) -> None:
        """Let new labels wait."""
        for number, event in enumerate(reviews(new, first), start=first):
            project.add_event(f"20261123T120000-{number:06d}", event)

    def serve(self, project: Project) -> Served:
        """Return what a function that starts now serves; AssertionError if it can't predict."""
        served = Versions(self.store, load, encoder="").of(project.key)
        tasks = [{"data": {"text": "a great film, lovely"}}]
        (prediction,) = predict(tasks, label_config(), served, Toolbox())
        assert prediction.result[0]["value"]["choices"] == ["Positive"]
        return served

    def labels(self, project: Project) -> list[int]:
        """Return the ids of the annotations that a stored dataset holds."""
        return sorted(project.dataset(project.dataset_pointer().value).annotations)

    def history(self, project: Project) -> list[dict[str, Any]]:
        """Return who switched to what, oldest first."""
        listed = self.store.list(f"projects/{project.key}/history/")
        bodies = (self.store.get(one.key) for one in listed)
        return [json.loads(one.body) for one in bodies if one]

    def _train_once(self, project: Project) -> dict[str, bytes]:
        self.label(project, KNOWN, first=1)
        done = run(self.environment, Job(project.key))
        assert done is not None
        assert done.well
        prefix = f"projects/{project.key}/"
        keys = [one.key for one in self.store.list(prefix)]
        bodies = ((key, self.store.get(key)) for key in keys)
        return {key.removeprefix(prefix): one.body for key, one in bodies if one}


@contextmanager
def cloud() -> Iterator[Cloud]:
    """Run a cloud until the block ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        httpx.post(
            f"{url}/moto-api/reset", trust_env=False
        ).raise_for_status()  # by a server before
        yield Cloud(url)
    finally:
        server.stop()


def _environment(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "BUCKET": BUCKET,
        "CREDENTIALS_PARAMETER": "/labelloop/test",
        "LABEL_STUDIO_TOKEN_PARAMETER": "/labelloop/label-studio-token",
        "ENCODER": "none",  # its layer need not have been built
        "POWERTOOLS_METRICS_NAMESPACE": "Labelloop",
        "POWERTOOLS_SERVICE_NAME": "labelloop",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _client(service: str, environment: Mapping[str, str]) -> Any:
    session = boto3.session.Session(
        environment["AWS_ACCESS_KEY_ID"],
        environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    connect: Any = session.client
    return connect(service, endpoint_url=environment["AWS_ENDPOINT_URL"])

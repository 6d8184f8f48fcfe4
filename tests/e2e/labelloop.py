"""The local stack of the end-to-end tests, and the command line that a person drives it with."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from labelloop.adapters.s3_store import S3Store
from labelloop.bucket.orders import Orders
from labelloop.bucket.pool import Ranked
from labelloop.bucket.project import Project
from labelloop.bucket.surveys import Surveys
from labelloop.domain.intake.events import Annotation, canonical
from labelloop.local.emulator import claim_port
from labelloop.local.stack import NAME, LocalStack, local_stack
from tests.e2e.wire import Wire

PARAMETERS = {"QuietSeconds": "2", "QueueLength": "10000", "ImageEncoder": "efficientnet"}

type Known = set[tuple[int, int, str | None]]  # annotation, task, its label; None for skipped


class Labelloop:
    """A deployment that can be ended and brought back, at the same address, with what it kept."""

    def __init__(self, state: Path, label_studio_url: str, names_it: bool = True) -> None:
        self._state = state
        self.port = claim_port(0, "Labelloop", "")
        self.line = ""  # where Label Studio is told to find it, if not at its own address
        self.wire: Wire | None = None  # what that line leads through
        self._parameters = PARAMETERS | {"LabelStudioUrl": label_studio_url if names_it else ""}
        self._label_studio_url = label_studio_url
        self._running = ExitStack()
        self.stack: LocalStack

    def start(self) -> None:
        self.stack = self._running.enter_context(
            local_stack(port=self.port, state=self._state, parameters=self._parameters)
        )

    def stop(self) -> None:
        self._running.close()

    @property
    def address(self) -> str:
        """What a person pastes: the URL with the credentials in it."""
        host = (self.line or self.stack.url).removeprefix("http://")
        return f"http://{self.stack.user}:{self.stack.password}@{host}"

    def cli(
        self,
        command: str,
        token: str,
        project: int | str,
        *options: str,
        rights: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Run `labelloop <command>` as a person would; return its JSON. It must end with 0.

        `rights`: for commands that use a person's own AWS rights, `rights` of this class.
        """
        done = self.run(command, token, project, *options, rights=rights)
        assert done.returncode == 0, f"labelloop {command}: {done.stdout}{done.stderr}"
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    @property
    def rights(self) -> dict[str, str]:
        """What a person's own AWS rights are found by."""
        return {**self.stack.aws_environment, "LABELLOOP_STACK": NAME}

    def run(
        self,
        command: str,
        token: str,
        project: int | str,
        *options: str,
        rights: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run `labelloop <command>` as a person would, whatever comes of it."""
        return subprocess.run(  # noqa: S603 - our own command
            [*self._command(command, project), *options],
            env=self._environment(token) | dict(rights or {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    @contextmanager
    def watching(self, token: str, project: int) -> Iterator[None]:
        """Leave `labelloop rank --watch` running for as long as a block lasts."""
        running = subprocess.Popen(  # noqa: S603 - our own command
            [*self._command("rank", project), "--watch", "--every", "1"],
            env=self._environment(token),
        )
        try:
            yield
            assert running.poll() is None, "rank --watch ended by itself"
        finally:
            running.terminate()
            running.wait(30)

    def _command(self, command: str, project: int | str) -> list[str]:
        main = [sys.executable, "-m", "labelloop.cli"]
        return [*main, *command.split(), "--json", "--project", str(project)]

    def _environment(self, token: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LABELLOOP_URL": self.address,
            "LABEL_STUDIO_URL": self._label_studio_url,
            "LABEL_STUDIO_TOKEN": token,
        }

    def sweep(self) -> None:
        """Do now what the schedule does every few minutes."""
        assert not self.invoke("SweepFunction", {}), "the sweep failed"

    def lost_events(self) -> list[str]:
        """Return the events of Label Studio's that never got here, and why: it sends each once."""
        lost = self.wire.undelivered if self.wire else []
        return [one for one in lost if "/webhook" in one]

    def invoke(self, function: str, event: dict[str, Any]) -> str:
        """Run a function; return its unhandled error, empty if it had none."""
        aws = self.stack.client("lambda", read_timeout=320, retries={"total_max_attempts": 1})
        names = [one["FunctionName"] for one in aws.list_functions()["Functions"]]
        (name,) = [name for name in names if function in name]
        answer = aws.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        said = answer["Payload"].read().decode()
        return said if "FunctionError" in answer else ""

    def knows(self, key: str) -> Known | None:
        """Return what is in the dataset of a project; None while events wait to be folded."""
        project = self._project(key)
        if project.has_pending():
            return None
        return as_known(project.dataset(project.dataset_pointer().value).live_annotations())

    def active(self, key: str) -> str:
        """Return the version that is served."""
        return self._project(key).active().value.version

    def dataset(self, key: str) -> bytes:
        """Return what is in the dataset of a project, as it is stored."""
        project = self._project(key)
        return project.dataset(project.dataset_pointer().value).to_lines()

    def order(self, key: str) -> list[Ranked]:
        """Return the newest order of the version that is served."""
        bucket = self.stack.outputs["BucketName"]
        orders = Orders(S3Store(bucket, self.stack.client("s3")), key)
        order = orders.newest(self.active(key))
        return list(order.queue) if order else []

    def has_learnt(self, key: str) -> bool:
        """Say whether the version that is served has learnt the newest dataset."""
        project = self._project(key)
        encoder = project.active().value.encoder  # of texts or of images, by the recipe
        return project.untrained_dataset(encoder, encoder) is None

    def is_surveyed(self, key: str) -> bool:
        """Say whether no comparing with Label Studio is asked for or under way."""
        state = Surveys(self._store(), key).state().value
        return not (state.asked or state.began)

    def _project(self, key: str) -> Project:
        return Project(self._store(), key)

    def _store(self) -> S3Store:
        return S3Store(self.stack.outputs["BucketName"], self.stack.client("s3"))


def as_known(annotations: Iterable[Annotation]) -> Known:
    return {(one.id, one.task, None if one.skipped else _label(one.result)) for one in annotations}


def exported(tasks: list[dict[str, Any]]) -> Known:
    """Return what Label Studio's export says, in the same shape."""
    return {
        (one["id"], task["id"], None if one["was_cancelled"] else _label(one["result"]))
        for task in tasks
        for one in task["annotations"]
    }


def _label(result: list[dict[str, Any]]) -> str:
    return canonical([[one.get("from_name"), one.get("value")] for one in result])

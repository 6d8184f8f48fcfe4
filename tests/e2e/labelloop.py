"""The local stack of the end-to-end tests, and the command line that a person drives it with."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from labelloop.adapters.s3_store import S3Store
from labelloop.domain.events import Annotation
from labelloop.local.emulator import claim_port
from labelloop.local.stack import LocalStack, local_stack
from labelloop.project import Project

# Label Studio deletes predictions row by row, with SQLite locked: a short queue keeps that short.
PARAMETERS = {"QuietSeconds": "2", "RankHead": "100"}

type Known = set[tuple[int, int, str | None]]  # annotation, task, its label; None for skipped


class Labelloop:
    """A deployment that can be ended and brought back, at the same address, with what it kept."""

    def __init__(self, state: Path, label_studio_url: str) -> None:
        self._state = state
        self._port = claim_port(0, "Labelloop", "")
        self._parameters = PARAMETERS | {"LabelStudioUrl": label_studio_url}
        self._label_studio_url = label_studio_url
        self._running = ExitStack()
        self.stack: LocalStack

    def start(self) -> None:
        self.stack = self._running.enter_context(
            local_stack(port=self._port, state=self._state, parameters=self._parameters)
        )

    def stop(self) -> None:
        self._running.close()

    @property
    def address(self) -> str:
        """What a person pastes: the URL with the credentials in it."""
        host = self.stack.url.removeprefix("http://")
        return f"http://{self.stack.user}:{self.stack.password}@{host}"

    def cli(self, command: str, token: str, project: int, *options: str) -> dict[str, Any]:
        """Run `labelloop <command>` as a person would; return its JSON. It must end with 0."""
        done = subprocess.run(  # noqa: S603 - our own command
            [
                *(sys.executable, "-m", "labelloop.cli", command, "--json"),
                *("--project", str(project), *options),
            ],
            env={
                "PATH": os.environ["PATH"],
                "LABELLOOP_URL": self.address,
                "LABEL_STUDIO_URL": self._label_studio_url,
                "LABEL_STUDIO_TOKEN": token,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"labelloop {command}: {done.stdout}{done.stderr}"
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def sweep(self) -> None:
        """Do now what the schedule does every few minutes."""
        aws = self.stack.client("lambda")
        names = [one["FunctionName"] for one in aws.list_functions()["Functions"]]
        (name,) = [name for name in names if "SweepFunction" in name]
        answer = aws.invoke(FunctionName=name, Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()

    def knows(self, key: str) -> Known | None:
        """Return what is in the dataset of a project; None while events wait to be folded."""
        project = self._project(key)
        if project.has_pending():
            return None
        return as_known(project.dataset(project.dataset_pointer().value).live_annotations())

    def active(self, key: str) -> str:
        """Return the version that is served."""
        return self._project(key).active().value.version

    def has_learnt(self, key: str) -> bool:
        """Say whether the version that is served has learnt the newest dataset."""
        project = self._project(key)
        return project.untrained_dataset(project.active().value.encoder) is None

    def _project(self, key: str) -> Project:
        bucket = self.stack.outputs["BucketName"]
        return Project(S3Store(bucket, self.stack.client("s3")), key)


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
    return str(result[0]["value"]["choices"][0])

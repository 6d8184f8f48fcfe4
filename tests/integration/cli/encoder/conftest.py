"""`labelloop encoder` beside a bucket on moto; the check runs in this process, as it is quicker."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from labelloop.adapters.encoder_check import checked
from labelloop.adapters.s3_store import S3Store
from labelloop.cli import check_encoder
from labelloop.cli.app import app
from tests.encoder_exports import exported, written
from tests.integration.cli.stacks import Stacks, sign_in


class DeployedStacks(Stacks):
    """A stack that also tells the parameters that it was deployed with."""

    parameters: dict[str, str] = {}

    def describe_stacks(self, StackName):  # noqa: N803
        answer = super().describe_stacks(StackName)
        rows = [{"ParameterKey": k, "ParameterValue": v} for k, v in self.parameters.items()]
        answer["Stacks"][0]["Parameters"] = rows
        return answer


@pytest.fixture
def stack(aws, monkeypatch) -> DeployedStacks:
    """The stack that one is signed in to."""
    made = DeployedStacks({"BucketName": aws.bucket})
    sign_in(monkeypatch, made, s3=aws.s3)
    return made


@pytest.fixture
def bucket(aws, stack) -> S3Store:
    return S3Store(aws.bucket)


@pytest.fixture
def at_once(monkeypatch) -> None:
    """Check without a process, which takes a second."""

    def run(function: str, given: dict[str, Any], limits: Any) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(json.dumps(checked(json.loads(json.dumps(given)))))
        return answer | {"peak_mb": 100}

    monkeypatch.setattr(check_encoder, "run_sandboxed", run)


@pytest.fixture
def run(stack) -> Callable[..., dict[str, Any]]:
    """Run `labelloop encoder ...`, return its JSON."""

    def run(*arguments: str, exit_code: int = 0) -> dict[str, Any]:
        ran = CliRunner().invoke(app, ["encoder", *arguments, "--json"])
        assert ran.exit_code == exit_code, ran.output
        answer: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return answer

    return run


@pytest.fixture
def export(tmp_path) -> Callable[..., Path]:
    """Write an export into a folder of its own."""

    def export(*graph: Any, **files: Any) -> Path:
        folder = tmp_path / f"export-{len(list(tmp_path.iterdir()))}"
        names = {name.replace("__", "."): body for name, body in files.items()}
        return written(folder, exported(*graph, **names))

    return export

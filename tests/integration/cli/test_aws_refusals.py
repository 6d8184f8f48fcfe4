"""What the commands that need AWS say where they can't reach a stack, and how they exit."""

import os
import subprocess
import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from typer.testing import CliRunner

from labelloop.cli.app import app
from tests.integration.cli.stacks import Stacks, sign_in

COMMANDS = {
    "logs": ["logs"],
    "cost": ["cost"],
    "redrive": ["redrive"],
    "forget": ["forget", "--project", "38.1795398621", "--yes"],
    "export dataset": ["export", "38", "dataset", "--to", "out"],
    "export model": ["export", "38", "model", "--to", "out"],
}
CASES = pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)


def refused(arguments: list[str]) -> str:
    """Return what a command says that fails: a sentence, and what to do about it."""
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 1
    assert ran.exception is None or isinstance(ran.exception, SystemExit)
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 2
    return str(ran.stderr)


@CASES
def test_a_stack_that_is_not_there_is_told(monkeypatch, tmp_path, arguments):
    monkeypatch.chdir(tmp_path)
    sign_in(monkeypatch, Stacks({}))

    told = refused([*arguments, "--stack", "nowhere"])

    assert "nowhere does not exist" in told
    assert "AWS_REGION" in told


@CASES
def test_the_stack_may_be_named_by_the_environment(monkeypatch, tmp_path, arguments):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABELLOOP_STACK", "elsewhere")
    sign_in(monkeypatch, Stacks({}))

    assert "elsewhere does not exist" in refused(arguments)


class Failing:
    """CloudFormation that answers with an error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any, **__: Any) -> None:
            raise self.error

        return fail


DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "not allowed"}}, "Describe")
EXPIRED = ClientError({"Error": {"Code": "ExpiredToken", "Message": "has expired"}}, "Describe")
AWAY = EndpointConnectionError(endpoint_url="https://cloudformation.nowhere-1.amazonaws.com")


@CASES
@pytest.mark.parametrize(
    ("error", "fix"),
    [(DENIED, "permissions"), (EXPIRED, "sign in"), (AWAY, "check the region")],
    ids=["denied", "expired", "no such region"],
)
def test_an_answer_of_aws_is_told_with_what_to_do(monkeypatch, tmp_path, arguments, error, fix):
    monkeypatch.chdir(tmp_path)
    failing: Any = Failing(error)
    sign_in(monkeypatch, failing)

    assert fix in refused(arguments)


@CASES
@pytest.mark.parametrize(
    ("given", "told"),
    [({}, "AWS_REGION="), ({"AWS_REGION": "eu-central-1"}, "sign in first")],
    ids=["no region", "no credentials"],
)
def test_without_a_region_or_a_sign_in_it_says_so(tmp_path, arguments, given, told):
    """In a process of its own: boto3 looks for credentials wherever it can."""
    nothing = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    paths = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "labelloop.cli", *arguments],
        env=paths | nothing | given,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout) == (1, "")
    assert "Traceback" not in ran.stderr
    assert told in ran.stderr
    assert ran.stderr.count("\n") == 2

"""`--stack` in place of a URL with a password, against AWS as moto plays it."""

from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from labelloop.cli import aws as aws_module
from labelloop.cli.address import Address
from labelloop.cli.app import app
from labelloop.cli.session import Session
from labelloop.errors import Rejected

PARAMETER = "/mine/credentials"


@pytest.fixture
def outputs(aws, monkeypatch) -> dict[str, str]:
    found = {"ApiUrl": "https://x.example.com", "CredentialsParameterName": PARAMETER}

    class Stacks:
        def describe_stacks(self, StackName: str) -> Any:  # noqa: N803
            pairs = [{"OutputKey": key, "OutputValue": value} for key, value in found.items()]
            return {"Stacks": [{"Outputs": pairs}]}

    clients = {"cloudformation": Stacks(), "ssm": aws.ssm}
    monkeypatch.setattr(aws_module, "session", lambda: SimpleNamespace(client=clients.__getitem__))
    return found


def put(aws, value: str) -> None:
    aws.ssm.put_parameter(Name=PARAMETER, Value=value, Type="SecureString", Overwrite=True)


def test_url_and_newest_password_are_looked_up(aws, outputs):
    put(aws, "old:one\nlabel studio:p@ss/w:rd\n")

    backend = Session("", stack="mine").backend

    wanted = Address("https://x.example.com", "label studio", "p@ss/w:rd")
    assert Address.read(aws_module.stack_url("mine")) == wanted
    assert backend.address == wanted


def test_a_stack_on_the_command_line_counts_more_than_a_url_in_the_environment(
    aws, outputs, monkeypatch
):
    """Else `labelloop pin --stack test` would pin a project of whatever was exported once."""
    put(aws, "user:of-the-stack")
    asked: list[Address] = []

    def refuse(address: Address) -> None:
        asked.append(address)
        raise Rejected("enough")

    monkeypatch.setattr("labelloop.cli.session.open_backend", refuse)
    named, exported = "https://a:b@named.example", {"LABELLOOP_URL": "https://a:b@else.example"}
    runner = CliRunner()

    runner.invoke(app, ["status", "--stack", "mine"], env=exported)
    runner.invoke(app, ["status"], env=exported | {"LABELLOOP_STACK": "mine"})
    runner.invoke(app, ["status", "--url", named], env={"LABELLOOP_STACK": "mine"})

    hosts = [one.url.removeprefix("https://") for one in asked]
    assert hosts == ["x.example.com", "else.example", "named.example"]


def test_what_is_missing_is_said(aws, outputs):
    ran = CliRunner().invoke(app, ["status", "--stack", "mine"])
    assert (ran.exit_code, "Traceback" in ran.output) == (1, False)
    assert "ParameterNotFound" in ran.output

    put(aws, "nonsense")
    with pytest.raises(Rejected, match="no user:password"):
        aws_module.stack_url("mine")

    del outputs["CredentialsParameterName"]
    with pytest.raises(Rejected, match="not Labelloop's"):
        aws_module.stack_url("mine")


def test_without_stack_and_url_both_are_named():
    ran = CliRunner().invoke(app, ["status"], env={"LABELLOOP_URL": "", "LABELLOOP_STACK": ""})

    assert ran.exit_code == 1
    assert "LABELLOOP_STACK" in ran.output
    assert "LABELLOOP_URL" in ran.output


@pytest.mark.parametrize(
    ("region", "default", "used"),
    [
        ("eu-west-2", None, "eu-west-2"),
        (None, "us-east-2", "us-east-2"),
        ("eu-west-2", "us-east-2", "eu-west-2"),
        ("", "us-east-2", "us-east-2"),
    ],
)
def test_the_region_is_that_of_either_variable(monkeypatch, region, default, used):
    """AWS's command line reads both, the first one first; boto3 by itself the second alone."""
    for name, value in (("AWS_REGION", region), ("AWS_DEFAULT_REGION", default)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)

    assert aws_module.session().client("s3").meta.region_name == used

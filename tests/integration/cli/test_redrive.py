"""`labelloop redrive`, against AWS as moto plays it."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from labelloop.cli import aws as aws_module
from labelloop.cli.app import app

URLS = {"TrainQueueUrl": "train", "TrainDeadLetterQueueUrl": "dead", "ApiUrl": "https://x"}


class Stacks:
    """CloudFormation with one stack."""

    def describe_stacks(self, StackName):  # noqa: N803
        if StackName != "mine":
            told: Any = {"Error": {"Code": "ValidationError", "Message": f"no stack {StackName}"}}
            raise ClientError(told, "DescribeStacks")
        outputs = [{"OutputKey": key, "OutputValue": url} for key, url in URLS.items()]
        return {"Stacks": [{"Outputs": outputs}]}


def test_dead_letters_go_back_to_the_queue_they_came_from(aws, monkeypatch):
    monkeypatch.setitem(URLS, "TrainQueueUrl", aws.queue_url)
    dead = aws.sqs.create_queue(QueueName="dead")["QueueUrl"]
    monkeypatch.setitem(URLS, "TrainDeadLetterQueueUrl", dead)
    aws.sqs.send_message(QueueUrl=dead, MessageBody="wake up", MessageGroupId="38.1")
    clients = {"cloudformation": Stacks(), "sqs": aws.sqs}
    monkeypatch.setattr(aws_module, "session", lambda: SimpleNamespace(client=clients.__getitem__))

    ran = CliRunner().invoke(app, ["redrive", "--stack", "mine", "--json"])

    assert (ran.exit_code, json.loads(ran.stdout)["train"]) == (0, 1)
    found = aws.sqs.receive_message(
        QueueUrl=aws.queue_url, MessageSystemAttributeNames=["MessageGroupId"]
    )
    (message,) = found["Messages"]
    assert message["Body"] == "wake up"
    assert message["Attributes"] == {"MessageGroupId": "38.1"}


def test_a_stack_that_is_not_there_is_told(monkeypatch):
    clients = {"cloudformation": Stacks(), "sqs": None}
    monkeypatch.setattr(aws_module, "session", lambda: SimpleNamespace(client=clients.__getitem__))

    ran = CliRunner().invoke(app, ["redrive", "--stack", "nowhere"])

    assert ran.exit_code == 1
    assert "nowhere" in ran.output
    assert "labelloop redrive --stack nowhere" in ran.output


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "AWS_REGION=eu-central-1 labelloop redrive --stack mine"),
        ({"AWS_DEFAULT_REGION": "eu-central-1"}, "sign in first"),
        ({"AWS_PROFILE": "nobody"}, "sign in first"),
    ],
)
def test_without_a_region_or_a_sign_in_the_command_that_helps_is_told(tmp_path, given, told):
    """In a process of its own: boto3 looks for credentials wherever it can."""
    nothing = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    ran = subprocess.run(
        [sys.executable, "-m", "labelloop.cli", "redrive", "--stack", "mine"],
        env={"PATH": os.environ["PATH"]} | nothing | given,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert told in ran.stderr
    assert ran.stderr.count("\n") == 2

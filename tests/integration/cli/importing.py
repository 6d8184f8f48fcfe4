"""The command `labelloop model import`, as a person runs it beside a stack that trains."""

import json
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from typer.testing import CliRunner

from labelloop import bootstrap
from labelloop.cli.app import app
from tests.conftest import SECRET, load_event
from tests.integration.cli.stacks import Stacks, sign_in
from tests.integration.conftest import CONTEXT


def importing(world: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, Any]]:
    """Return what imports a model into the project, and says the exit code and the JSON."""
    sign_in(monkeypatch, Stacks({"BucketName": world.aws.bucket}), s3=world.aws.s3)
    monkeypatch.setenv("MIN_LABELS", "10")
    monkeypatch.setattr(time, "sleep", lambda _: deliver(world.aws))

    def import_it(*arguments: object, json_wanted: bool = True) -> tuple[int, Any]:
        words = ["model", "import", *map(str, arguments), "--project", world.key]
        environment = {"LABELLOOP_URL": f"https://{SECRET}@loop.example.com"}
        ran = CliRunner().invoke(app, [*words, *["--json"] * json_wanted], env=environment)
        bootstrap.versions.cache_clear()
        if not json_wanted:
            return ran.exit_code, ran.output
        return ran.exit_code, json.loads(ran.stdout.splitlines()[-1])

    return import_it


def deliver(aws: Any) -> None:
    """Hand the waiting messages to the function that trains."""
    messages = aws.sqs.receive_message(QueueUrl=aws.queue_url, MaxNumberOfMessages=10)
    (template,) = load_event("train-wake-up")["Records"]
    for message in messages.get("Messages", []):
        record = template | {"messageId": message["MessageId"], "body": message["Body"]}
        import_module("functions.train.app").lambda_handler({"Records": [record]}, CONTEXT)

"""Handlers as Lambda calls them, on moto, with the files of events/."""

import json
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import load_event

type Call = Callable[..., SimpleNamespace]

CONTEXT = SimpleNamespace(
    function_name="test",
    memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:test",
    aws_request_id="00000000-0000-0000-0000-000000000000",
    get_remaining_time_in_millis=lambda: 30_000,
)


@pytest.fixture
def call(aws: SimpleNamespace) -> Call:
    """Call a function's handler with one of the files of events/, changed or not."""

    def call(name: str, path: str = "", method: str = "", **changes: Any) -> SimpleNamespace:
        function = name.partition("-")[0]
        event = load_event(name) | changes
        http = event["requestContext"]["http"]
        http |= {"path": path or http["path"], "method": method or http["method"]}
        event["rawPath"] = http["path"]
        response = import_module(f"functions.{function}.app").lambda_handler(event, CONTEXT)
        return SimpleNamespace(
            status=response["statusCode"],
            headers={k.lower(): v for k, v in response["headers"].items()},
            body=json.loads(response["body"]),
            text=response["body"],
        )

    return call


@pytest.fixture
def keys(aws: SimpleNamespace) -> Callable[[str], list[str]]:
    """List the bucket's keys that contain a text."""

    def keys(part: str = "") -> list[str]:
        found = aws.s3.list_objects_v2(Bucket=aws.bucket).get("Contents", [])
        return [one["Key"] for one in found if part in one["Key"]]

    return keys

"""`labelloop cost`, against CloudWatch as moto plays it."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from labelloop.cli.app import app
from labelloop.domain.prices import PRICES
from tests.integration.cli.stacks import Stacks, sign_in

RESOURCES = {
    "AWS::Lambda::Function": {"TrainFunction": "stack-train-1", "WebhookFunction": "stack-web-1"},
    "AWS::ApiGatewayV2::Api": {"Api": "api1"},
    "AWS::SQS::Queue": {"TrainQueue": "https://sqs/1/train-q"},
    "AWS::Logs::LogGroup": {"TrainLogGroup": "group-of-train"},
    "AWS::CloudWatch::Alarm": {"A": "a", "B": "b"},
}
CONFIGS = {
    "stack-train-1": {"MemorySize": 3008, "Architectures": ["arm64"]},
    "stack-web-1": {"MemorySize": 1024},
}


@pytest.fixture
def measure(aws, monkeypatch):
    """Have CloudWatch measure something on the second of November."""
    watch: Any = boto3.client("cloudwatch")
    functions = SimpleNamespace(
        get_function_configuration=lambda **named: CONFIGS[named["FunctionName"]]
    )
    clients = {"cloudwatch": watch, "lambda": functions}
    sign_in(monkeypatch, Stacks({"BucketName": "bucket"}, RESOURCES), **clients)

    def measure(namespace: str, name: str, *values: float, day: int = 2, **dimensions: str):
        pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        at = datetime(2026, 11, day, 12, tzinfo=UTC)
        rows = [
            {"MetricName": name, "Dimensions": pairs, "Timestamp": at, "Value": value}
            for value in values
        ]
        watch.put_metric_data(Namespace=namespace, MetricData=rows)

    return measure


def run(*arguments: str) -> Any:
    ran = CliRunner().invoke(app, ["cost", "--month", "2026-11", *arguments])
    assert ran.exit_code == 0, ran.output
    return ran


def items() -> dict[str, Any]:
    told = json.loads(run("--json").stdout)
    assert told["usd"] == pytest.approx(sum(item["usd"] for item in told["items"]), abs=1e-4)
    return {item["name"]: item for item in told["items"]}


def test_what_was_measured_is_multiplied_by_its_price(measure):
    for day in (2, 3):  # 1,000 trainings of 2 s in all
        measure("AWS/Lambda", "Invocations", 500, day=day, FunctionName="stack-train-1")
        measure("AWS/Lambda", "Duration", 1e6, day=day, FunctionName="stack-train-1")
    measure("AWS/ApiGateway", "Count", 2_000_000, ApiId="api1")
    measure("AWS/SQS", "NumberOfMessagesSent", 1_000_000, QueueName="train-q")
    measure("AWS/SQS", "NumberOfEmptyReceives", 1_000_000, QueueName="train-q")
    measure("AWS/Logs", "IncomingBytes", 3e9, LogGroupName="group-of-train")
    measure("AWS/Lambda", "Invocations", 7e9, FunctionName="of another stack")

    bill = items()

    assert bill["train"]["usd"] == pytest.approx(
        2_000 * 3008 / 1024 * PRICES.gb_second["arm64"] + 1_000 * PRICES.invocation
    )
    assert bill["train"]["used"] == "1,000 invocations, 2,000 s at 3,008 MB"
    assert bill["webhook"]["usd"] == 0
    assert bill["API"]["usd"] == pytest.approx(2.0)
    assert bill["queues"]["usd"] == pytest.approx(0.8)
    assert bill["logs"]["usd"] == pytest.approx(1.5)
    assert 0 < bill["alarms"]["usd"] <= 0.2


def test_what_is_stored_is_the_mean_of_the_days(measure):
    for day, size in ((2, 1e9), (3, 3e9)):
        kind = {"BucketName": "bucket", "StorageType": "StandardStorage"}
        measure("AWS/S3", "BucketSizeBytes", size, day=day, **kind)

    assert items()["bucket, stored"]["used"] == "2.000 GB"


def test_requests_to_the_bucket_count_where_they_are_measured_and_are_told_of_where_not(measure):
    assert "requests to the bucket" in run().output
    assert "bucket, requests" not in items()
    filter_ = {"BucketName": "bucket", "FilterId": "EntireBucket"}
    measure("AWS/S3", "PutRequests", 1e6, **filter_)

    assert items()["bucket, requests"]["usd"] == pytest.approx(5.0)
    assert "requests to the bucket" not in run().output


def test_it_says_by_which_prices_and_what_is_left_out(measure):
    output = run().output

    assert f"{PRICES.region}, {PRICES.as_of}" in output
    assert "free tiers" in output
    assert "the dashboard" in output
    assert "an alarm's further metrics" in output  # CostAlarm looks at six
    assert "no invocation" in output


@pytest.mark.parametrize("month", ["2026", "2026-13", "11-2026", "november"])
def test_a_month_that_is_none_is_a_wrong_command_line(measure, month):
    assert CliRunner().invoke(app, ["cost", "--month", month]).exit_code == 2


def test_a_month_that_has_not_begun_is_told(measure):
    ran = CliRunner().invoke(app, ["cost", "--month", "2999-01"])

    assert ran.exit_code == 1
    assert "2999-01 has not begun" in ran.stderr

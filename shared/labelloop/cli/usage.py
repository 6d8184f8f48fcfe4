"""What CloudWatch measured of a stack's functions, API, queues, bucket and logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any, Final

from labelloop.cli import aws
from labelloop.domain.prices import FunctionUse, Usage

_DAY_S: Final = 86_400
_AT_ONCE: Final = 500  # the most metrics that CloudWatch returns in one request
_OF_QUEUES: Final = (  # each is a request, as the functions take one message at a time
    "NumberOfMessagesSent",
    "NumberOfMessagesReceived",
    "NumberOfMessagesDeleted",
    "NumberOfEmptyReceives",
)
_OF_LAMBDA: Final = ("Invocations", "Duration")
_WRITES, _READS = ("PutRequests", "ListRequests"), ("GetRequests",)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of one thing in CloudWatch. `dimensions`: pairs of names and values."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str = "Sum"


def used(session: Any, stack: str, start: datetime, end: datetime) -> Usage:
    """Return what a stack used in a time."""
    kinds = _metrics(session, stack)
    functions = aws.resources(session, stack, "AWS::Lambda::Function")
    of_functions = [_of_function(name, kind) for name in functions.values() for kind in _OF_LAMBDA]
    wanted = [*of_functions, *(metric for metrics in kinds.values() for metric in metrics)]
    values = measured(session.client("cloudwatch"), wanted, start, end)
    totals = {kind: sum(sum(values[one]) for one in metrics) for kind, metrics in kinds.items()}
    days = [len(values[one]) for one in kinds["stored"]]
    has_requests = any(values[one] for one in (*kinds["writes"], *kinds["reads"]))
    return Usage(
        hours=(end - start).total_seconds() / 3600,
        functions={
            id_.removesuffix("Function").lower(): _use_of(session, name, values)
            for id_, name in functions.items()
        },
        api_requests=totals["api"],
        messages=totals["messages"],
        s3_gb=totals["stored"] / max(1, *days) / 1e9,
        s3_writes=totals["writes"] if has_requests else None,
        s3_reads=totals["reads"] if has_requests else None,
        log_gb=totals["logged"] / 1e9,
        alarms=len(aws.resources(session, stack, "AWS::CloudWatch::Alarm")),
    )


def _metrics(session: Any, stack: str) -> dict[str, list[Metric]]:
    """Return the metrics of a stack's API, queues, logs and bucket, by what they are added up to.

    Requests to the bucket are counted where its owner switched its request metrics on.
    """
    apis = aws.resources(session, stack, "AWS::ApiGatewayV2::Api").values()
    queues = aws.resources(session, stack, "AWS::SQS::Queue").values()
    groups = aws.resources(session, stack, "AWS::Logs::LogGroup").values()
    names = [url.rpartition("/")[2] for url in queues]
    bucket = ("BucketName", aws.outputs(session, stack)["BucketName"])
    sizes, all_ = ("StorageType", "StandardStorage"), ("FilterId", "EntireBucket")
    return {
        "api": [Metric("AWS/ApiGateway", "Count", (("ApiId", api),)) for api in apis],
        "messages": [
            Metric("AWS/SQS", name, (("QueueName", queue),))
            for queue in names
            for name in _OF_QUEUES
        ],
        "logged": [Metric("AWS/Logs", "IncomingBytes", (("LogGroupName", it),)) for it in groups],
        "stored": [Metric("AWS/S3", "BucketSizeBytes", (bucket, sizes), "Average")],
        "writes": [Metric("AWS/S3", kind, (bucket, all_)) for kind in _WRITES],
        "reads": [Metric("AWS/S3", kind, (bucket, all_)) for kind in _READS],
    }


def _of_function(name: str, kind: str) -> Metric:
    return Metric("AWS/Lambda", kind, (("FunctionName", name),))


def _use_of(session: Any, name: str, values: Mapping[Metric, list[float]]) -> FunctionUse:
    config = session.client("lambda").get_function_configuration(FunctionName=name)
    processor = config.get("Architectures", ["x86_64"])[0]
    invocations, milliseconds = (sum(values[_of_function(name, kind)]) for kind in _OF_LAMBDA)
    return FunctionUse(invocations, milliseconds / 1000, config["MemorySize"], processor)


def measured(
    cloudwatch: Any, metrics: Sequence[Metric], start: datetime, end: datetime
) -> dict[Metric, list[float]]:
    """Return the values of metrics, one a day; none where nothing was measured."""
    values: dict[Metric, list[float]] = {metric: [] for metric in metrics}
    for batch in batched(metrics, _AT_ONCE, strict=False):
        by_id = {f"m{place}": metric for place, metric in enumerate(batch)}
        queries = [_query(id_, metric) for id_, metric in by_id.items()]
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                values[by_id[result["Id"]]] += result["Values"]
    return values


def _query(id_: str, metric: Metric) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    described = {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": dimensions,
    }
    statistic = {"Metric": described, "Period": _DAY_S, "Stat": metric.statistic}
    return {"Id": id_, "MetricStat": statistic}

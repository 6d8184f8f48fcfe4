"""Logs and metrics. Powertools comes late: a health check needs neither."""

from functools import cache
from typing import Any


@cache
def logger() -> Any:
    """Return the function's structured logger. Log facts and ids, never texts, bodies, secrets."""
    from aws_lambda_powertools import Logger

    return Logger()


def count(metric: str) -> None:
    """Count one occurrence of something worth an alarm."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=metric, unit=MetricUnit.Count, value=1, namespace="Labelloop"):
        pass

"""Logs and metrics. Powertools comes late: a health check needs neither."""

import logging
from functools import cache
from typing import Any


@cache
def logger() -> Any:
    """Return the function's structured logger. Log facts and ids, never texts, bodies, secrets.

    On a person's machine, where the command line pushes an order, it is a plain one.
    """
    try:
        from aws_lambda_powertools import Logger
    except ImportError:
        return logging.getLogger("labelloop")
    return Logger()


def count(metric: str) -> None:
    """Count one occurrence of something worth an alarm, where there is an alarm."""
    try:
        from aws_lambda_powertools.metrics import MetricUnit, single_metric
    except ImportError:
        return

    with single_metric(name=metric, unit=MetricUnit.Count, value=1, namespace="Labelloop"):
        pass

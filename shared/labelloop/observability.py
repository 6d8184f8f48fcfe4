"""Logs and metrics. Powertools is imported late: a health check needs neither."""

import logging
from functools import cache
from typing import Any


@cache
def logger() -> Any:
    """Return the function's structured logger. Log facts and ids, never texts, bodies, secrets.

    Without Powertools, as on a person's machine, it is a plain logger of the standard library.
    """
    try:
        from aws_lambda_powertools import Logger
    except ImportError:
        return logging.getLogger("labelloop")
    return Logger()


def count(metric: str) -> None:
    """Count one occurrence of something worth an alarm; without Powertools, do nothing."""
    try:
        from aws_lambda_powertools.metrics import MetricUnit, single_metric
    except ImportError:
        return

    with single_metric(name=metric, unit=MetricUnit.Count, value=1, namespace="Labelloop"):
        pass

"""Logs and metrics. Powertools is imported late: a health check needs neither.

What is said by `about` stands in all log lines and metrics of a call, so that they can be searched
by project and by request. Metrics carry the project as a plain field, not as a
dimension: CloudWatch bills each project of a dimension as a metric of its own, and Logs Insights
counts by a field at no charge for being there.
"""

import logging
from functools import cache
from typing import Any

_facts: dict[str, Any] = {}  # a function answers one call at a time


def about_call(context: Any) -> None:
    """Say that a call of Lambda's begins. Its id is in Lambda's own lines, too."""
    _facts.clear()
    about(request_id=getattr(context, "aws_request_id", ""))


def about(**facts: Any) -> None:
    """Say more about the call: `project`, `version`."""
    _facts.update(facts)


@cache
def logger() -> Any:
    """Return the function's structured logger. Log facts and ids, never texts, bodies, secrets.

    Without Powertools, as on a person's machine, it is a plain logger of the standard library.
    """
    try:
        from aws_lambda_powertools import Logger
    except ImportError:
        return logging.getLogger("labelloop")
    made = Logger()
    made.addFilter(_add_facts)
    return made


def count(metric: str, number: float = 1, **facts: Any) -> None:
    """Count something that an alarm or the dashboard is about; without Powertools, do nothing."""
    _put(metric, "Count", number, facts)


def gauge_seconds(metric: str, seconds: float) -> None:
    """Say how many seconds something takes now; without Powertools, do nothing."""
    _put(metric, "Seconds", seconds, {})


def _put(metric: str, unit: str, value: float, facts: dict[str, Any]) -> None:
    try:
        from aws_lambda_powertools.metrics import MetricUnit, single_metric
    except ImportError:
        return

    with single_metric(
        name=metric, unit=MetricUnit(unit), value=value, namespace="Labelloop"
    ) as made:
        for name, fact in (_facts | facts).items():
            made.add_metadata(name, fact)


def _add_facts(record: logging.LogRecord) -> bool:
    for name, fact in _facts.items():
        if not hasattr(record, name):
            setattr(record, name, fact)
    return True

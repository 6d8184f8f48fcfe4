"""CloudWatch, as far as the template's alarms need it: metrics by name and dimensions, and states.

Metrics come in as the functions print them, in the embedded metric format, or as AWS itself would
put them: what SQS, API Gateway and Lambda measure of real calls of the handlers.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

type Series = tuple[str, str, frozenset[tuple[str, str]]]  # namespace, name, dimensions

# An alarm looks at more periods than it evaluates: values in these count before missing ones do.
# How many is not documented; in the page's examples it is two.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
FURTHER_PERIODS = 2
STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Average": lambda values: sum(values) / len(values),
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
}


class CloudWatch:
    """The metrics of an account, and the states of alarms at the time of a clock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._points: dict[Series, list[tuple[datetime, float]]] = defaultdict(list)

    @property
    def series(self) -> set[Series]:
        """What was measured so far."""
        return set(self._points)

    def put(self, namespace: str, name: str, value: float, **dimensions: str) -> None:
        """Take in one value, as a service of AWS puts it."""
        series = namespace, name, frozenset(dimensions.items())
        self._points[series].append((self._clock(), value))

    def read(self, output: str) -> list[dict[str, Any]]:
        """Take in the metrics that a function printed; return the lines that hold any."""
        lines = [json.loads(line) for line in output.splitlines() if line.startswith('{"_aws"')]
        for line in lines:
            for directive in line["_aws"]["CloudWatchMetrics"]:
                for names in directive["Dimensions"]:
                    assert names, "a metric without dimensions, which no alarm watches"
                    dimensions = {name: line[name] for name in names}
                    for metric in directive["Metrics"]:
                        for value in line[metric["Name"]]:
                            self.put(directive["Namespace"], metric["Name"], value, **dimensions)
        return lines

    def state(self, alarm: Mapping[str, Any]) -> str:
        """Return an alarm's state now, by its properties in the template."""
        periods = alarm["EvaluationPeriods"]
        values = [self._value(alarm, ago) for ago in range(periods + FURTHER_PERIODS)]
        real = [value for value in values if value is not None][:periods]
        assert alarm["TreatMissingData"] == "notBreaching"  # what is missing is as good as 0
        compare, threshold = COMPARISONS[alarm["ComparisonOperator"]], float(alarm["Threshold"])
        breaching = [value for value in real if compare(value, threshold)]
        return "ALARM" if len(breaching) >= alarm.get("DatapointsToAlarm", periods) else "OK"

    def _value(self, alarm: Mapping[str, Any], ago: int) -> float | None:
        if "Metrics" not in alarm:
            period, statistic = alarm["Period"], alarm["Statistic"]
            return self._statistic(series_of(alarm), period, statistic, ago)
        values, expression = {}, ""
        for query in alarm["Metrics"]:
            if "Expression" in query:
                assert query.get("ReturnData", True), "the expression is what is returned"
                expression = query["Expression"]
                continue
            assert query["ReturnData"] is False, "one series alone may be returned"
            metric, stat = query["MetricStat"]["Metric"], query["MetricStat"]["Stat"]
            period = query["MetricStat"]["Period"]
            values[query["Id"]] = self._statistic(series_of(metric), period, stat, ago)
        return worked_out(expression, values)

    def _statistic(self, series: Series, period: int, name: str, ago: int) -> float | None:
        end = self._clock() - timedelta(seconds=period * ago)
        begin = end - timedelta(seconds=period)
        values = [value for at, value in self._points[series] if begin < at <= end]
        return STATISTICS[name](values) if values else None


def worked_out(expression: str, values: Mapping[str, float | None]) -> float:
    """Return what metric math makes of values: SUM of an array, FILL of what is missing, + * /."""

    def fill(found: float | None, instead: float) -> float:
        return instead if found is None else found

    assert re.fullmatch(r"(SUM|FILL|[a-z]\w*|[\d.]+|[-+*/(),\[\] ])+", expression), expression
    names = {"SUM": sum, "FILL": fill, "__builtins__": {}} | dict(values)
    return float(eval(expression, names))  # noqa: S307 - the template's own, and checked above


def series_of(metric: Mapping[str, Any]) -> Series:
    """Return the series that an alarm, or a part of one, is about."""
    dimensions = ((one["Name"], one["Value"]) for one in metric["Dimensions"])
    return metric["Namespace"], metric["MetricName"], frozenset(dimensions)


def watched(alarm: Mapping[str, Any]) -> Iterable[Series]:
    """Yield the series that an alarm needs."""
    if "Metrics" not in alarm:
        yield series_of(alarm)
    for query in alarm.get("Metrics", []):
        if "MetricStat" in query:
            yield series_of(query["MetricStat"]["Metric"])

"""Alarms and the dashboard: what they are about is measured, and what they cost is known."""

import ast
import json
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.cloudformation import STACK, Resolved
from tests.cloudwatch import Series, watched, worked_out
from tests.test_template import FUNCTIONS, ROOT, TEMPLATE

DEPLOYED = Resolved({"DailyCostLimit": 2})
ALARMS = DEPLOYED.of_type("AWS::CloudWatch::Alarm")
(DASHBOARD,) = DEPLOYED.of_type("AWS::CloudWatch::Dashboard").values()
WIDGETS = json.loads(DASHBOARD["DashboardBody"])["widgets"]
# What services of AWS put by themselves, and by which dimension.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
PUT_BY_AWS = {
    "AWS/SQS": (
        "QueueName",
        {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
    ),
    "AWS/ApiGateway": ("ApiId", {"Count", "4xx", "5xx", "Latency"}),
    "AWS/Lambda": ("FunctionName", {"Duration", "Errors"}),
}


def shown(widget: dict[str, Any]) -> list[Series]:
    """Return the series that a widget shows; expressions left out."""
    rows = [row for row in widget["properties"].get("metrics", []) if isinstance(row[0], str)]
    return [(row[0], row[1], frozenset({(row[2], row[3])})) for row in rows]


@cache
def counted() -> set[str]:
    """Return the metrics that the code names."""
    files = [*(ROOT / "shared" / "labelloop").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    calls = (
        node
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("count", "gauge_seconds")
    )
    names: set[str] = set()
    for call in calls:
        for node in ast.walk(call.args[0]) if call.args else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value)
    return names


EVERYTHING = sorted(
    {series for alarm in ALARMS.values() for series in watched(alarm)}
    | {series for widget in WIDGETS for series in shown(widget)},
    key=str,
)


@pytest.mark.parametrize("series", EVERYTHING, ids=lambda series: f"{series[0]} {series[1]}")
def test_what_is_watched_is_measured(series):
    namespace, name, dimensions = series
    ((dimension, value),) = dimensions
    if namespace == "Labelloop":
        variables = DEPLOYED.properties("TrainFunction")["Environment"]["Variables"]
        assert name in counted()
        assert (dimension, value) == ("service", variables["POWERTOOLS_SERVICE_NAME"])
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == namespace
        return
    wanted, names = PUT_BY_AWS[namespace]
    assert (dimension, name in names) == (wanted, True)
    assert value.partition(".")[0] in DEPLOYED.resources


def test_a_deployment_has_no_more_alarms_than_are_free():
    """Ten metrics of alarms are, in each account: https://aws.amazon.com/cloudwatch/pricing/."""
    alarms = Resolved().of_type("AWS::CloudWatch::Alarm")

    assert sum(len(list(watched(alarm))) for alarm in alarms.values()) == 10
    assert "CostAlarm" in set(ALARMS) - set(alarms)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_when_it_begins_and_when_it_ends(name):
    alarm, topic = ALARMS[name], ["AlarmTopic"]

    assert alarm["AlarmActions"] == alarm["OKActions"] == topic
    assert alarm["AlarmDescription"].startswith(f"{STACK}: ")
    assert len(alarm["AlarmDescription"]) <= 1024
    assert alarm["TreatMissingData"] == "notBreaching"


def test_without_an_address_nobody_is_subscribed():
    named = Resolved({"AlarmEmail": "people@example.com"})

    assert not Resolved().of_type("AWS::SNS::Subscription")
    assert named.of_type("AWS::SNS::Subscription") == {
        "AlarmSubscription": {
            "TopicArn": "AlarmTopic",
            "Protocol": "email",
            "Endpoint": "people@example.com",
        }
    }


def test_whoever_is_no_longer_named_gets_no_more_mail():
    """A subscription of the topic's own would stay: CloudFormation keeps no track of it."""
    assert "Subscription" not in Resolved({"AlarmEmail": "a@b"}).properties("AlarmTopic")


def test_a_training_near_its_functions_limit_raises_an_alarm():
    limit_ms = 1_000 * FUNCTIONS["TrainFunction"]["Timeout"]
    (widget,) = (one for one in WIDGETS if "against its limit" in one["properties"]["title"])
    lines = {
        one["label"]: one["value"] for one in widget["properties"]["annotations"]["horizontal"]
    }

    assert ALARMS["TrainingTimeAlarm"]["Threshold"] == 0.8 * limit_ms
    assert lines == {"limit": limit_ms, "alarm": 0.8 * limit_ms}


def test_no_label_is_called_late_that_may_still_wait_by_the_settings():
    longest = TEMPLATE["Parameters"]["MaxWaitSeconds"]["MaxValue"]
    retry_s = TEMPLATE["Resources"]["TrainQueue"]["Properties"]["VisibilityTimeout"]

    assert ALARMS["OldestLabelAlarm"]["Threshold"] == longest + retry_s


@pytest.mark.parametrize(("processor", "price"), [("x86_64", 1.66667e-5), ("arm64", 1.33334e-5)])
def test_the_cost_is_that_of_all_functions_and_requests(processor, price):
    resolved = Resolved({"DailyCostLimit": 2, "Architecture": processor})
    queries = resolved.properties("CostAlarm")["Metrics"]
    (expression,) = (one["Expression"] for one in queries if "Expression" in one)
    names = {one["Id"] for one in queries if "MetricStat" in one}

    def cost(**values: float) -> float:
        return worked_out(expression, dict.fromkeys(names) | values)

    # That of the credentials runs when a stack is deployed, and at no other time.
    paid = {name: one for name, one in FUNCTIONS.items() if name != "CredentialsFunction"}
    assert names - {"requests"} == {name.removesuffix("Function").lower() for name in paid}
    for name, function in paid.items():
        hour = cost(**{name.removesuffix("Function").lower(): 3_600_000})
        assert hour == pytest.approx(3600 * function["MemorySize"] / 1024 * price, rel=1e-4)
    assert cost(requests=1_000_000) == pytest.approx(1.2)  # API Gateway's 1.00, Lambda's 0.20
    (shown,) = (one for one in dashboard(resolved) if "Cost" in one["properties"]["title"])
    assert shown["properties"]["metrics"][0][0]["expression"] == expression
    ids = {row[4]["id"]: row[3] for row in shown["properties"]["metrics"][1:]}
    watched_ids = {
        one["Id"]: one["MetricStat"]["Metric"]["Dimensions"][0]["Value"]
        for one in queries
        if "MetricStat" in one
    }
    assert ids == watched_ids


def dashboard(resolved: Resolved) -> list[dict[str, Any]]:
    (properties,) = resolved.of_type("AWS::CloudWatch::Dashboard").values()
    widgets: list[dict[str, Any]] = json.loads(properties["DashboardBody"])["widgets"]
    return widgets


def test_the_widgets_lie_side_by_side_on_the_grid():
    for one in WIDGETS:
        assert 0 <= one["x"] < one["x"] + one["width"] <= 24
        assert one["properties"]["title"]
    for one, other in combinations(WIDGETS, 2):
        beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        above = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
        assert beside or above, (one["properties"]["title"], other["properties"]["title"])


def test_the_dashboard_shows_all_alarms_and_reads_all_logs():
    (alarms,) = (one["properties"]["alarms"] for one in WIDGETS if one["type"] == "alarm")
    queries = [one["properties"]["query"] for one in WIDGETS if one["type"] == "log"]

    assert alarms == [f"{name}.Arn" for name in Resolved().of_type("AWS::CloudWatch::Alarm")]
    for group in DEPLOYED.of_type("AWS::Logs::LogGroup"):
        assert any(f"SOURCE '{group}'" in query for query in queries), group


def test_dashboards_of_a_stack_in_two_regions_have_two_names():
    assert DASHBOARD["DashboardName"] == f"{STACK}-eu-central-1"


def test_a_dashboard_that_is_not_wanted_is_not_paid_for():
    assert not Resolved({"Dashboard": "off"}).of_type("AWS::CloudWatch::Dashboard")


def test_every_log_line_names_the_call_and_the_project(capsys, monkeypatch):
    from labelloop import observability

    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "of-this-test")  # loggers outlive tests
    observability.about_call(type("Context", (), {"aws_request_id": "id-1"}))
    observability.about(project="38.1", version="7-0a1b2c3d")
    observability.logger().info("odd", extra={"version": "8-0a1b2c3d"})
    observability.count("LabelsLearnt", 3)
    observability.about_call(None)
    observability.logger().info("another call")

    line, metric, other = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["request_id"], line["project"], line["version"]) == ("id-1", "38.1", "8-0a1b2c3d")
    assert (metric["request_id"], metric["project"], metric["LabelsLearnt"]) == (
        "id-1",
        "38.1",
        [3],
    )
    assert metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert "project" not in other


def test_the_log_queries_read_fields_that_are_logged():
    """Powertools stores a metric's values as a list, whose parts have numbers as names."""
    (query,) = (
        one["properties"]["query"]
        for one in WIDGETS
        if one["type"] == "log" and "By project" in one["properties"]["title"]
    )

    assert "sum(LabelsLearnt.0)" in query
    assert "LabelsLearnt" in counted()


def test_the_runbook_is_linked():
    assert "(RUNBOOK.md)" in Path(ROOT / "README.md").read_text()

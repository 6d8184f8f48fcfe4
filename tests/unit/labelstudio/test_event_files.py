"""The files in events/ are what the functions get: from API Gateway, SQS and the schedule."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parser.models import (
    APIGatewayProxyEventV2Model,
    EventBridgeModel,
    SqsModel,
)

from labelloop.domain.intake.events import Event
from labelloop.labelstudio.payloads import STORED, project_key, read_event
from labelloop.messages import WakeUp

FOLDER = Path(__file__).parents[3] / "events"
PROJECT = "38.1795398621"
TRIGGERS = {
    "webhook": {"GET /health", "POST /setup", "POST /webhook"},
    "predict": {"POST /predict", "GET /versions"},
    "train": {"aws:sqs"},
    "rank": {"aws:sqs"},
    "sweep": {"aws.events"},
}
FILES = sorted(file.stem for file in FOLDER.glob("*.json"))
QUESTIONS = ("webhook-health", "webhook-setup")
HTTP = [name for name in FILES if name.startswith(("webhook-", "predict-"))]
WEBHOOKS = [name for name in HTTP if name.startswith("webhook-") and name not in QUESTIONS]
WITH_PAYLOAD = [name for name in WEBHOOKS if name != "webhook-action-only"]
PREDICTS = [name for name in HTTP if name.startswith("predict-predict")]


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def body(name: str) -> Any:
    return json.loads(load(name)["body"])


def trigger(event: Any) -> Any:
    if "requestContext" in event:
        return f"{event['requestContext']['http']['method']} {event['rawPath']}"
    return event["Records"][0]["eventSource"] if "Records" in event else event["source"]


@pytest.mark.parametrize("function", TRIGGERS)
def test_every_trigger_of_a_function_has_a_file(function):
    names = [name for name in FILES if name.startswith(f"{function}-")]

    assert {trigger(load(name)) for name in names} == TRIGGERS[function]


def test_every_file_belongs_to_a_function():
    assert {name.partition("-")[0] for name in FILES} == set(TRIGGERS)


@pytest.mark.parametrize("name", HTTP)
def test_a_request_is_an_event_of_an_http_api(name):
    event = APIGatewayProxyEventV2Model.model_validate(load(name))

    assert event.version == "2.0"
    assert event.rawPath == event.requestContext.http.path
    assert all(header == header.lower() for header in event.headers)


@pytest.mark.parametrize("name", HTTP)
def test_a_request_has_the_example_credential(name):
    kind, _, secret = load(name)["headers"]["authorization"].partition(" ")

    assert (kind, base64.b64decode(secret)) == ("Basic", b"labelloop:example-password")


@pytest.mark.parametrize("name", HTTP)
def test_a_request_is_as_long_as_it_says(name):
    event = load(name)

    said = int(event["headers"].get("content-length", 0))

    assert said == len(event.get("body", "").encode())


def test_setup_asks_with_the_name_of_the_project():
    asked = body("webhook-setup")

    assert project_key(asked["project"]) == PROJECT
    assert asked.keys() == {"project", "schema", "hostname", "access_token", "extra_params"}


@pytest.mark.parametrize("name", WITH_PAYLOAD)
def test_a_webhook_tells_of_the_one_project(name):
    project = body(name)["project"]

    event = read_event({"action": "PROJECT_UPDATED", "project": project}, datetime.now(UTC))

    assert isinstance(event, Event)
    assert event.project == PROJECT


@pytest.mark.parametrize("name", WITH_PAYLOAD)
def test_a_webhook_carries_the_secrets_that_must_not_be_kept(name):
    project = body(name)["project"]

    assert project["token"] == "PROJECT_TOKEN"
    assert project["task_data_password"] == "TASK_DATA_PASSWORD"


def test_every_action_that_is_stored_has_a_file():
    assert {body(name)["action"] for name in WEBHOOKS} >= STORED


@pytest.mark.parametrize("name", PREDICTS)
def test_a_prediction_is_asked_for_tasks_of_the_one_project(name):
    asked = body(name)

    assert asked.keys() == {"tasks", "project", "label_config", "params"}
    assert project_key(asked["project"]) == PROJECT
    assert {task["project"] for task in asked["tasks"]} == {38}


def test_an_interactive_prediction_carries_the_region_just_drawn():
    (region,) = body("predict-predict-interactive")["params"]["context"]["result"]

    assert region["value"] == {"choices": ["Negative"]}


def test_the_wake_up_is_one_of_the_queue():
    (record,) = SqsModel.model_validate(load("train-wake-up")).Records

    wake_up = WakeUp.from_json(str(record.body))

    assert (wake_up.project, wake_up.reason) == (PROJECT, "event")


def test_the_schedule_is_an_event_of_event_bridge():
    event = EventBridgeModel.model_validate(load("sweep-schedule"))

    assert event.detail_type == "Scheduled Event"

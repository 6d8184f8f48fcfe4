"""The simulated annotator's requests have the shape of the real ones in events/."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labelloop.domain.intake.events import Event
from labelloop.labelstudio.payloads import read_event
from labelloop.local.annotator import annotation_created, predict_request, setup_request

FOLDER = Path(__file__).parents[3] / "events"


def recorded(name: str) -> Any:
    return json.loads(json.loads((FOLDER / f"{name}.json").read_text())["body"])


def test_an_event_has_the_fields_of_a_real_one(project, tasks):
    real = recorded("webhook-annotation-created")

    event = annotation_created(project, tasks[0], "earn", number=3)

    assert event.keys() == real.keys()
    assert all(
        event[part].keys() == real[part].keys() for part in ("annotation", "task", "project")
    )
    assert event["annotation"]["result"][0].keys() == real["annotation"]["result"][0].keys()


def test_a_request_for_predictions_has_the_fields_of_a_real_one(project, tasks):
    real = recorded("predict-predict")

    request = predict_request(project, tasks)

    assert request.keys() == real.keys()
    assert request["tasks"][0].keys() == real["tasks"][0].keys()


def test_a_setup_request_has_the_fields_of_a_real_one(project):
    assert setup_request(project).keys() == recorded("webhook-setup").keys()


def test_events_and_other_requests_name_the_same_project(project, tasks):
    event = read_event(annotation_created(project, tasks[0], "earn", number=1), datetime.now(UTC))

    assert isinstance(event, Event)
    assert event.project == project.key == setup_request(project)["project"]


def test_an_event_carries_the_label_that_was_given(project, tasks):
    event = annotation_created(project, tasks[0], "earn", number=1)

    assert event["annotation"]["result"][0]["value"] == {"choices": ["earn"]}


def test_the_labelling_interface_offers_every_label(project):
    assert project.label_config.count("<Choice ") == len(project.labels)

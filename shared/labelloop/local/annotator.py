"""A simulated annotator: the requests that Label Studio sends for it, in their real shapes."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from labelloop.local.project import OWNER_ID, DemoProject, Json, project_json, timestamp


@dataclass(frozen=True)
class DemoTask:
    """One document as Label Studio numbers it."""

    id: int
    inner_id: int
    text: str


def setup_request(project: DemoProject) -> Json:
    """Return the body of POST /setup; the answer names the version that is served."""
    return {
        "project": project.key,
        "schema": project.label_config,
        "hostname": "http://localhost:8080",
        "access_token": "EXAMPLE_TOKEN",
        "extra_params": None,
    }


def predict_request(
    project: DemoProject, tasks: Sequence[DemoTask], are_labelled: bool = False
) -> Json:
    """Return the body of POST /predict. Unlabelled tasks of the random share get no suggestion."""
    fields = {"is_labeled": are_labelled, "annotations": [], "predictions": [], "updated_by": None}
    return {
        "tasks": [_task(project, task) | fields for task in tasks],
        "project": project.key,
        "label_config": project.label_config,
        "params": {"login": None, "password": None, "context": None},
    }


def annotation_created(project: DemoProject, task: DemoTask, label: str, number: int) -> Json:
    """Return the event that Label Studio sends for a project's annotation; `number` counts them."""
    only_in_events: Json = {
        "is_labeled": True,
        "allow_skip": True,
        "total_annotations": 1,
        "precomputed_agreement": None,
        "updated_by": OWNER_ID,
    }
    return {
        "action": "ANNOTATION_CREATED",
        "annotation": _annotation(project, task, label),
        "task": _task(project, task) | only_in_events,
        "project": project_json(project, annotated=number),
    }


def _task(project: DemoProject, task: DemoTask) -> Json:
    created = timestamp(project.created_at)
    return {
        "id": task.id,
        "data": {"text": task.text},
        "meta": {},
        "created_at": created,
        "updated_at": created,
        "overlap": 1,
        "inner_id": task.inner_id,
        "total_annotations": 0,
        "cancelled_annotations": 0,
        "total_predictions": 0,
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": project.id,
        "file_upload": None,
        "comment_authors": [],
    }


def _annotation(project: DemoProject, task: DemoTask, label: str) -> Json:
    now = timestamp(datetime.now(UTC))
    unique_id = uuid.uuid4()
    region: Json = {
        "value": {"choices": [label]},
        "id": unique_id.hex[:10],
        "from_name": "label",
        "to_name": "text",
        "type": "choices",
        "origin": "manual",
    }
    unset = ("draft_created_at", "import_id", "last_action", "parent_prediction")
    return {
        "id": task.id,
        "result": [region],
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": now,
        "updated_at": now,
        "lead_time": 1.5,
        "prediction": {},
        "result_count": 1,
        "unique_id": str(unique_id),
        "bulk_created": False,
        "task": task.id,
        "project": project.id,
        "completed_by": OWNER_ID,
        "updated_by": OWNER_ID,
    } | dict.fromkeys((*unset, "parent_annotation", "last_created_by"))

"""Tasks of an export become one event."""

from datetime import UTC, datetime

import pytest

from labelloop.errors import Unprocessable
from labelloop.labelstudio.payloads import read_export
from tests.builders import PROJECT, label_config, region

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AT = "2026-11-23T09:00:00Z"


def exported(**changes):
    one = {"id": 78, "created_at": AT, "updated_at": AT, "result": [region("Positive")]}
    task = {"id": 34, "created_at": AT, "updated_at": AT, "data": {"text": "A great film"}}
    return task | {"annotations": [one | changes]}


def test_an_annotation_belongs_to_the_task_that_holds_it():
    event = read_export(PROJECT, [exported()], NOW, label_config())

    assert (event.action, event.label_config) == ("BACKFILL", label_config())
    assert [(a.id, a.task) for a in event.annotations] == [(78, 34)]
    assert [t.data for t in event.tasks] == [{"text": "A great film"}]


@pytest.mark.parametrize("completed_by", [3, {"id": 3, "email": "someone@example.com"}])
def test_the_annotator_is_kept_by_id_alone(completed_by):
    event = read_export(PROJECT, [exported(completed_by=completed_by)], NOW)

    assert event.annotations[0].annotator == 3
    assert b"example.com" not in event.to_json()


def test_tasks_without_annotations_are_left_out():
    event = read_export(PROJECT, [exported() | {"annotations": []}], NOW)

    assert (event.tasks, event.annotations) == ((), ())


@pytest.mark.parametrize(
    "tasks", ["x", [7], [{"id": 1}], [exported(result="x")], [exported(id=None)]]
)
def test_what_is_no_export_is_refused(tasks):
    with pytest.raises(Unprocessable):
        read_export(PROJECT, tasks, NOW)

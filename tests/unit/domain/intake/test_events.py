"""Stored events: a row of another type would break every later fold, so it is no event."""

import json

import pytest

from labelloop.domain.intake.events import Event
from tests.builders import created, deleted, event

WHOLE = json.loads(created(1).to_json())
ROWS = ("annotations", "tasks")


def changed(row: str, **fields) -> bytes:
    if row in ROWS:
        return json.dumps(WHOLE | {row: [WHOLE[row][0] | fields]}).encode()
    return json.dumps(WHOLE | fields).encode()


def test_a_stored_event_is_read_as_it_was():
    one = event(deleted_tasks=(7, 8), annotations=created(1).annotations)

    assert Event.from_json(one.to_json()) == one
    assert Event.from_json(deleted(3, 4).to_json()).deleted_annotations == (3, 4)


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ("annotations", {"id": "1"}),
        ("annotations", {"id": True}),
        ("annotations", {"task": None}),
        ("annotations", {"created_at": 7}),
        ("annotations", {"created_at": "2026-11-23T10:00:00"}),
        ("annotations", {"updated_at": "soon"}),
        ("annotations", {"result": {}}),
        ("tasks", {"id": 1.0}),
        ("tasks", {"created_at": "2026-11-23T10:00:00"}),
        ("tasks", {"updated_at": None}),
        ("tasks", {"data": []}),
        ("", {"action": None}),
        ("", {"project": 38}),
        ("", {"label_config": 7}),
        ("", {"project_updated_at": None}),
        ("", {"received_at": "2026-11-23T10:00:00"}),
        ("", {"deleted_annotations": ["1"]}),
        ("", {"deleted_tasks": [None]}),
        ("", {"annotations": 7}),
    ],
)
def test_what_has_another_type_is_no_event(row, fields):
    with pytest.raises((KeyError, TypeError, ValueError)):
        Event.from_json(changed(row, **fields))


@pytest.mark.parametrize("name", ["annotations", "tasks", "deleted_annotations", "deleted_tasks"])
def test_what_lacks_a_list_is_no_event(name):
    with pytest.raises(KeyError):
        Event.from_json(json.dumps({k: v for k, v in WHOLE.items() if k != name}).encode())

"""Label Studio's payloads: every action of the contract, and every way to get one wrong."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelloop.errors import BadRequest, Ignored, LabelloopError, TooLarge, Unprocessable
from labelloop.labelstudio.payloads import (
    MOST_BODY_BYTES,
    project_key,
    read_event,
    read_extra_params,
    read_json,
    read_predict,
)
from tests.conftest import load_event

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def body_of(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(load_event(name)["body"])
    return body


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return a good body with one part of it replaced, or removed if the value is ...."""
    body = body_of("webhook-annotation-created")
    *parents, last = path.split(".")
    at = body
    for name in parents:
        at = at[name]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return body


@pytest.mark.parametrize("kind", ["created", "updated"])
def test_an_annotation_is_read_with_its_task_and_project(kind):
    body = body_of(f"webhook-annotation-{kind}")

    event = read_event(body, NOW)

    (annotation,), (task,) = event.annotations, event.tasks
    assert event.project == f"{body['project']['id']}.1795398621"
    assert event.label_config == body["project"]["label_config"]
    assert annotation.task == task.id == body["task"]["id"]
    assert annotation.result[0]["value"] == body["annotation"]["result"][0]["value"]
    assert task.data == body["task"]["data"]


def test_a_skip_is_an_annotation_that_does_not_count():
    assert read_event(body_of("webhook-annotation-skipped"), NOW).annotations[0].skipped


def test_bulk_annotations_are_lists_under_singular_names():
    body = body_of("webhook-annotations-created")

    event = read_event(body, NOW)

    assert [a.id for a in event.annotations] == [a["id"] for a in body["annotation"]]
    assert [t.id for t in event.tasks] == [t["id"] for t in body["task"]]


def test_deleted_annotations_are_ids_only():
    body = body_of("webhook-annotations-deleted")

    event = read_event(body, NOW)

    assert event.deleted_annotations == tuple(sorted(a["id"] for a in body["annotations"]))
    assert (event.annotations, event.tasks) == ((), ())


def test_deleted_tasks_are_ids_only():
    body = body_of("webhook-tasks-deleted")

    assert read_event(body, NOW).deleted_tasks == tuple(sorted(t["id"] for t in body["tasks"]))


@pytest.mark.parametrize("name", ["webhook-project-updated", "webhook-start-training"])
def test_an_event_about_the_project_alone_carries_its_label_config(name):
    event = read_event(body_of(name), NOW)

    assert "<Choices" in (event.label_config or "")
    assert not event.annotations
    assert not event.tasks
    assert not event.deleted_annotations
    assert not event.deleted_tasks


def test_new_tasks_are_read_with_their_data():
    body = body_of("webhook-tasks-created")

    event = read_event(body, NOW)

    assert [(t.id, t.data) for t in event.tasks] == [(t["id"], t["data"]) for t in body["tasks"]]
    assert event.annotations == ()


def test_what_is_about_no_project_of_ours_is_ignored():
    with pytest.raises(Ignored, match="PROJECT_CREATED changes no label"):
        read_event({"action": "PROJECT_CREATED", "project": {}}, NOW)


def test_an_action_without_a_payload_gets_advice():
    with pytest.raises(Ignored, match="Send payload"):
        read_event(body_of("webhook-action-only"), NOW)


def test_what_is_not_on_the_list_is_not_kept():
    kept = read_event(body_of("webhook-annotation-created"), NOW).to_json()

    for secret in (
        b"TOKEN",
        b"PASSWORD",
        b"token",
        b"password",
        b"parsed_label_config",
        b"draft_created_at",
    ):
        assert secret not in kept


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(9.03125, 9.031), (4, 4.0), (0, None), (-1.0, None), (1e300, None), ("4", None)],
)
def test_the_time_that_a_label_took_is_read_if_it_is_one(value, wanted):
    (row,) = read_event(changed("annotation.lead_time", value), NOW).annotations

    assert row.lead_time == wanted


def test_times_are_kept_so_that_texts_sort_as_times_do():
    whole = read_event(changed("annotation.updated_at", "2026-11-23T02:00:00Z"), NOW)
    later = read_event(changed("annotation.updated_at", "2026-11-23T03:00:00.000001+01:00"), NOW)

    assert whole.annotations[0].updated_at < later.annotations[0].updated_at


@pytest.mark.parametrize(
    "time", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00", "2026-11-23T12:05:00.000001Z"]
)
@pytest.mark.parametrize("path", ["annotation", "task"])
def test_a_row_dated_past_any_clock_is_dated_when_it_came(path, time):
    event = read_event(changed(f"{path}.updated_at", time), NOW)

    (row,) = event.annotations if path == "annotation" else event.tasks
    assert row.updated_at == event.received_at
    assert row.created_at < row.updated_at


def test_clocks_may_differ_by_minutes():
    event = read_event(changed("annotation.updated_at", "2026-11-23T12:05:00Z"), NOW)

    assert event.annotations[0].updated_at == "2026-11-23T12:05:00.000000+00:00"


def test_a_project_changed_in_the_year_9999_was_changed_when_it_came():
    event = read_event(changed("project.updated_at", "9999-01-01T00:00:00Z"), NOW)

    assert event.project_updated_at == event.received_at


def test_a_year_before_the_first_is_refused():
    with pytest.raises(Unprocessable, match="created_at: a time before the first"):
        read_event(changed("annotation.created_at", "0001-01-01T00:00:00+01:00"), NOW)


WHOLE_REGION: dict[str, Any] = {
    "id": "r1",
    "from_name": "box",
    "to_name": "image",
    "type": "rectanglelabels",
    "value": {"x": 1.5, "rectanglelabels": ["Car"]},
    "origin": "prediction-changed",
    "score": 0.25,
    "parentID": "r0",
    "item_index": 2,
    "original_width": 600,
    "original_height": 400,
    "image_rotation": 90,
    "meta": {"text": ["blurred"]},
    "readonly": True,
    "hidden": True,
}
RELATION: dict[str, Any] = {
    "type": "relation",
    "from_id": "r1",
    "to_id": "r2",
    "direction": "right",
    "labels": ["drives"],
}


def test_regions_and_relations_are_kept_whole_but_for_what_no_editor_writes():
    regions = [WHOLE_REGION, RELATION]
    odd = [one | {"access_token": "SECRET"} for one in regions]

    event = read_event(changed("annotation.result", odd), NOW)

    assert event.annotations[0].result == regions
    assert type(event).from_json(event.to_json()).annotations[0].result == regions
    assert b"SECRET" not in event.to_json()


def test_of_a_project_what_decides_about_its_labels_is_kept():
    settings = read_event(body_of("webhook-annotation-created"), NOW).settings

    assert settings.keys() == {"control_weights", "maximum_annotations", "skip_queue", "title"}
    assert settings["maximum_annotations"] == 1


@pytest.mark.parametrize(("overlap", "own"), [(1, None), (3, 3), (None, None), (0, None)])
def test_of_a_task_its_number_of_annotators_is_kept_where_it_is_not_the_projects(overlap, own):
    event = read_event(changed("task.overlap", overlap), NOW)

    assert event.tasks[0].overlap == own


def test_what_an_annotator_has_drawn_is_read_with_what_is_to_be_predicted():
    asked = read_predict(body_of("predict-predict-interactive"))

    assert [one["value"] for one in asked.context["result"]] == [{"choices": ["Negative"]}]
    assert read_predict(body_of("predict-predict")).context == {}


@pytest.mark.parametrize("params", [7, {"context": 7}, {"context": {"result": [7]}}])
def test_a_context_that_no_label_studio_sends_is_refused(params):
    with pytest.raises(Unprocessable, match="params"):
        read_predict(body_of("predict-predict") | {"params": params})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("action", ...),
        ("action", 7),
        ("action", "ANNOTATION_EATEN"),
        ("project", ...),
        ("project", None),
        ("project", [1]),
        ("project.id", ...),
        ("project.id", "38"),
        ("project.id", -1),
        ("project.id", True),
        ("project.id", 2**70),
        ("project.created_at", "yesterday"),
        ("project.created_at", "0001-01-01T00:00:00+14:00"),
        ("project.updated_at", 7),
        ("project.label_config", {"a": 1}),
        ("annotation", ...),
        ("annotation", "a"),
        ("annotation", [7]),
        ("annotation.id", None),
        ("annotation.task", ...),
        ("annotation.updated_at", None),
        ("annotation.result", ...),
        ("annotation.result", [7]),
        ("task", ...),
        ("task.data", "text"),
        ("task.id", 1.5),
    ],
)
def test_a_body_that_no_label_studio_sends_is_refused_by_the_name_of_what_is_wrong(path, value):
    with pytest.raises(Unprocessable, match=path.split(".")[-1]):
        read_event(changed(path, value), NOW)


@pytest.mark.parametrize("levels", [100, 500, 980, 990, 5_000])
@pytest.mark.parametrize("path", ["task.data", "annotation.result"])
def test_data_nested_deeper_than_any_later_step_could_follow_is_refused(path, levels):
    deep: Any = "x"
    for _ in range(levels):
        deep = [deep]
    value = {"text": "t", "deep": deep} if path == "task.data" else [{"value": {"deep": deep}}]

    with pytest.raises(Unprocessable, match="nested"):
        read_event(changed(path, value), NOW)


def test_data_nested_as_people_nest_it_is_kept():
    data = {"text": "t", "pages": [{"lines": [["a"]]}]}

    assert read_event(changed("task.data", data), NOW).tasks[0].data == data


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.sampled_from(
        ["project", "annotation", "annotation.result", "task", "task.data", "project.id"]
    ),
)
def test_whatever_stands_in_a_field_the_answer_is_an_event_or_a_refusal(value, path):
    try:
        event = read_event(changed(path, value), NOW)
    except Unprocessable:
        return
    assert type(event).from_json(event.to_json()) is not None


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", BadRequest),
        (b"{", BadRequest),
        (b"\xff\xfe", BadRequest),
        (b"[]", BadRequest),
        (b"null", BadRequest),
        (b"[" * 100_000, BadRequest),
        (b'{"a":' * 100_000, BadRequest),
        (b'{"a": ' + b"9" * 5_000 + b"}", BadRequest),
        (b" " * (MOST_BODY_BYTES + 1), TooLarge),
    ],
    ids=range(9),
)
def test_a_body_that_is_no_json_object_is_refused(body, error):
    with pytest.raises(error):
        read_json(body)


@pytest.mark.parametrize(
    "key",
    [
        None,
        38,
        "",
        "38",
        "38.",
        *("38.1", "0038.1795398621", "38.01795398621", "0.1795398621", "38.0795398621"),
        *("38.1795398621/..", "../x", "٣.٣", "38.1795398621\n", ["38.1795398621"]),
    ],
)
def test_a_project_that_is_not_named_as_label_studio_does_is_refused(key):
    with pytest.raises(Unprocessable, match="project"):
        project_key(key)


@pytest.mark.parametrize(
    ("value", "params"),
    [(None, {}), ({"a": 1}, {"a": 1}), ('{"a": 1}', {"a": 1}), ("", {}), (" \n", {}), ("null", {})],
)
def test_extra_params_are_an_object_or_its_json_text(value, params):
    assert read_extra_params(value) == params


@pytest.mark.parametrize("value", [7, [1], "a", "[1]", "[" * 100_000])
def test_other_extra_params_are_refused(value):
    with pytest.raises(LabelloopError, match="extra_params"):
        read_extra_params(value)

"""Label Studio's payloads: from the bodies it sends to events, keeping allow-listed fields only.

Bodies carry secrets (the project's token, the storage password, an access token), so nothing is
copied but what is named here. The payloads are those of Label Studio 1.23.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from labelloop.domain.events import Annotation, Event, Task
from labelloop.errors import BadRequest, Ignored, TooLarge, Unprocessable

MOST_BODY_BYTES: Final = 6_000_000  # Lambda takes 6 MB of the escaped event
UNTRAINED: Final = "untrained"  # the version of a project without a model

_ABOUT_ANNOTATIONS: Final = frozenset(
    {"ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_CREATED"}
)
STORED: Final = _ABOUT_ANNOTATIONS | {
    "ANNOTATIONS_DELETED",
    "TASKS_CREATED",
    "TASKS_DELETED",
    "PROJECT_UPDATED",
    "START_TRAINING",
}
# Nothing to learn from these: they are about other things than a project's tasks and labels.
IGNORED: Final = frozenset(
    {
        "PROJECT_CREATED",
        "PROJECT_DELETED",
        "LABEL_LINK_CREATED",
        "LABEL_LINK_UPDATED",
        "LABEL_LINK_DELETED",
    }
)
PROJECT_PATTERN: Final = "[0-9]{1,18}[.][0-9]{1,18}"
_PROJECT = re.compile(PROJECT_PATTERN)
_MOST_LEVELS: Final = 64
_REGION_FIELDS = ("from_name", "to_name", "type", "value")


def read_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body; TooLarge or BadRequest says what is wrong with it."""
    if len(body) > MOST_BODY_BYTES:
        raise TooLarge(f"a body of {len(body):,} bytes; at most {MOST_BODY_BYTES:,} are taken")
    try:
        value = json.loads(body)
    except RecursionError:
        raise BadRequest("the JSON is nested too deeply") from None
    except ValueError:  # bad JSON, bad UTF-8, or a number of too many digits
        raise BadRequest("the body is not JSON") from None
    if not isinstance(value, dict):
        raise BadRequest("the body is not a JSON object")
    return value


def project_key(value: Any) -> str:
    """Return a checked `<id>.<created>`, the name that ML calls give a project."""
    if isinstance(value, str) and _PROJECT.fullmatch(value):
        return value
    raise Unprocessable("project: expected '<id>.<created>', as Label Studio sends it")


def read_event(body: Mapping[str, Any], received_at: datetime) -> Event:
    """Return the event of a webhook body.

    Ignored says why there is nothing to store of it; Unprocessable what no Label Studio sends.
    """
    action = body.get("action")
    if not isinstance(action, str):
        raise Unprocessable("action: expected a text")
    if action in IGNORED:
        raise Ignored(f"{action} changes no label")
    if action not in STORED:
        raise Unprocessable("action: unknown")
    if set(body) == {"action"}:
        raise Ignored("no payload: switch on 'Send payload' in the webhook's settings")
    project = _mapping(body.get("project"), "project")
    return Event(
        action=action,
        project=key_of(project),
        received_at=_text(received_at),
        label_config=_text_or_none(project.get("label_config"), "project.label_config"),
        project_updated_at=_time(project.get("updated_at"), "project.updated_at"),
        annotations=_annotations(action, body),
        tasks=_tasks(action, body),
        deleted_annotations=_deleted_ids(action, "ANNOTATIONS_DELETED", body, "annotations"),
        deleted_tasks=_deleted_ids(action, "TASKS_DELETED", body, "tasks"),
    )


def read_export(
    project: str,
    tasks: Any,
    received_at: datetime,
    label_config: Any = None,
) -> Event:
    """Return the event that stands for tasks of an export; those without annotations are left out.

    An export doesn't say when the label config was changed: it is the one of the time it came.
    """
    rows = [_mapping(task, "task") for task in _list(tasks, "tasks")]
    labelled = [row for row in rows if _list(row.get("annotations"), "task.annotations")]
    annotations = [
        _annotation(_mapping(one, "annotation") | {"task": row.get("id")})
        for row in labelled
        for one in row["annotations"]
    ]
    return Event(
        action="BACKFILL",
        project=project_key(project),
        received_at=_text(received_at),
        label_config=_text_or_none(label_config, "label_config"),
        project_updated_at=_text(received_at),
        annotations=tuple(annotations),
        tasks=tuple(_task(row) for row in labelled),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What Label Studio wants to know of /predict. Tasks are taken as they come."""

    project: str
    tasks: list[Any]
    label_config: str


def read_predict(body: Mapping[str, Any]) -> Asked:
    """Return what a body of /predict asks; Unprocessable names what is off."""
    label_config = body.get("label_config")
    if not isinstance(label_config, str):
        raise Unprocessable("label_config: expected a text")
    return Asked(project_key(body.get("project")), _list(body.get("tasks"), "tasks"), label_config)


def key_of(project: Mapping[str, Any]) -> str:
    """Return the name that ML calls give a project of a webhook or of the API."""
    created = datetime.fromisoformat(_time(project.get("created_at"), "project.created_at"))
    return project_key(f"{_id(project.get('id'), 'project.id')}.{int(created.timestamp())}")


def _annotations(action: str, body: Mapping[str, Any]) -> tuple[Annotation, ...]:
    if action not in _ABOUT_ANNOTATIONS:
        return ()
    return tuple(_annotation(a) for a in _one_or_many(body.get("annotation"), "annotation"))


def _annotation(value: Any) -> Annotation:
    fields = _mapping(value, "annotation")
    annotator = fields.get("completed_by")
    if isinstance(annotator, dict):  # as exports may write it
        annotator = annotator.get("id")
    return Annotation(
        id=_id(fields.get("id"), "annotation.id"),
        task=_id(fields.get("task"), "annotation.task"),
        created_at=_time(fields.get("created_at"), "annotation.created_at"),
        updated_at=_time(fields.get("updated_at"), "annotation.updated_at"),
        result=[_region(r) for r in _list(fields.get("result"), "annotation.result")],
        skipped=fields.get("was_cancelled") is True,
        ground_truth=fields.get("ground_truth") is True,
        annotator=annotator if type(annotator) is int else None,
    )


def _region(value: Any) -> dict[str, Any]:
    fields = _mapping(value, "annotation.result")
    region = {name: fields[name] for name in _REGION_FIELDS if name in fields}
    return _shallow(region, "annotation.result")


def read_tasks(values: Any) -> list[Task]:
    """Return the tasks of a list in Label Studio's JSON; Unprocessable if it is none."""
    return [_task(value) for value in _list(values, "tasks")]


def _tasks(action: str, body: Mapping[str, Any]) -> tuple[Task, ...]:
    if action == "TASKS_CREATED":
        return tuple(read_tasks(body.get("tasks")))
    if action not in _ABOUT_ANNOTATIONS:
        return ()
    return tuple(_task(t) for t in _one_or_many(body.get("task"), "task"))


def _task(value: Any) -> Task:
    fields = _mapping(value, "task")
    return Task(
        id=_id(fields.get("id"), "task.id"),
        created_at=_time(fields.get("created_at"), "task.created_at"),
        updated_at=_time(fields.get("updated_at"), "task.updated_at"),
        data=_shallow(dict(_mapping(fields.get("data"), "task.data")), "task.data"),
    )


def _deleted_ids(action: str, wanted: str, body: Mapping[str, Any], name: str) -> tuple[int, ...]:
    if action != wanted:
        return ()
    rows = [_mapping(row, name) for row in _list(body.get(name), name)]
    return tuple(sorted({_id(row.get("id"), f"{name}.id") for row in rows}))


def _one_or_many(value: Any, name: str) -> list[Any]:
    """ANNOTATIONS_CREATED carries lists under the singular names."""
    return value if isinstance(value, list) else [_mapping(value, name)]


def _mapping(value: Any, name: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Unprocessable(f"{name}: expected an object")


def _list(value: Any, name: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise Unprocessable(f"{name}: expected a list")


def _shallow(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a value that no later step runs out of stack with."""
    level: list[Any] = [value]
    for _ in range(_MOST_LEVELS):
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for values in inner for one in values if isinstance(one, dict | list)]
        if not level:
            return value
    raise Unprocessable(f"{name}: nested in more than {_MOST_LEVELS} levels")


def _id(value: Any, name: str) -> int:
    if type(value) is int and 0 < value < 2**63:
        return value
    raise Unprocessable(f"{name}: expected a positive whole number")


def _text_or_none(value: Any, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise Unprocessable(f"{name}: expected a text")


def _time(value: Any, name: str) -> str:
    """Return a time as UTC text with microseconds, so that texts sort as times do."""
    try:
        time = datetime.fromisoformat(value)
        return _text(time if time.tzinfo else time.replace(tzinfo=UTC))
    except (TypeError, ValueError, OverflowError):
        raise Unprocessable(f"{name}: expected a time in ISO 8601") from None


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def read_extra_params(value: Any) -> dict[str, Any]:
    """Return a backend's extra parameters: an object, or its JSON text when typed into the UI."""
    if isinstance(value, str):
        if not value.strip():
            return {}
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise Unprocessable("extra_params: not JSON") from None
    if value is None:
        return {}
    return dict(_mapping(value, "extra_params"))

"""Label Studio's payloads: from the bodies it sends to events, keeping allow-listed fields only.

Bodies carry secrets (the project's token, the storage password, an access token), so only the
fields named here are copied. The payloads are those of Label Studio 1.23.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from labelloop.domain.intake.events import Annotation, Event, Task, text_of
from labelloop.domain.project_key import is_project_key
from labelloop.errors import BadRequest, Ignored, TooLarge, Unprocessable
from labelloop.labelstudio.fields import (
    id_of,
    list_of,
    mapping,
    read_annotation,
    read_region,
    read_settings,
    read_task,
    text_or_none,
    time_of,
)
from labelloop.observability import logger

MOST_BODY_BYTES: Final = 6_000_000  # Lambda takes 6 MB of the escaped event

_CONTEXT_IDS: Final = ("annotation_id", "draft_id", "user_id")
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
# Nothing to learn from these: they are not about a project's tasks and labels.
IGNORED: Final = frozenset(
    {
        "PROJECT_CREATED",
        "PROJECT_DELETED",
        "LABEL_LINK_CREATED",
        "LABEL_LINK_UPDATED",
        "LABEL_LINK_DELETED",
    }
)
NO_SETTINGS: Final[Mapping[str, Any]] = MappingProxyType({})


def read_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body; raises TooLarge or BadRequest with the reason."""
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
    """Return a checked project key, `<id>.<created>`; Unprocessable if it is none."""
    if isinstance(value, str) and is_project_key(value):
        return value
    raise Unprocessable("project: expected '<id>.<created>', as Label Studio sends it")


def read_event(body: Mapping[str, Any], received_at: datetime) -> Event:
    """Return the event of a webhook body.

    Raises Ignored if there is nothing to store, Unprocessable for what no Label Studio sends.
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
    project = mapping(body.get("project"), "project")
    settings = read_settings(project)
    return Event(
        action=action,
        project=key_of(project),
        received_at=text_of(received_at),
        label_config=text_or_none(project.get("label_config"), "project.label_config"),
        project_updated_at=time_of(project.get("updated_at"), "project.updated_at"),
        annotations=_annotations(action, body),
        tasks=_tasks(action, body, settings),
        deleted_annotations=_deleted_ids(action, "ANNOTATIONS_DELETED", body, "annotations"),
        deleted_tasks=_deleted_ids(action, "TASKS_DELETED", body, "tasks"),
        settings=settings,
    )


def read_export(
    project: str,
    tasks: Any,
    received_at: datetime,
    label_config: Any = None,
    settings: Mapping[str, Any] = NO_SETTINGS,
) -> Event:
    """Return the event for the tasks of an export; those without annotations are left out.

    `settings`: the project as Label Studio's API shows it. The API doesn't say when it was changed,
    so it counts as changed when it was received.
    """
    rows = [mapping(task, "task") for task in list_of(tasks, "tasks")]
    labelled = [row for row in rows if list_of(row.get("annotations"), "task.annotations")]
    project_settings = read_settings(settings)
    read, annotations = read_page(labelled, project_settings)
    return Event(
        action="BACKFILL",
        project=project_key(project),
        received_at=text_of(received_at),
        label_config=text_or_none(label_config, "label_config"),
        project_updated_at=text_of(received_at),
        annotations=tuple(annotations),
        tasks=tuple(read),
        settings=project_settings,
    )


@dataclass(frozen=True, slots=True)
class PredictRequest:
    """A request to /predict. The tasks are not checked.

    `context`: what an annotator has drawn so far, empty unless the editor asks for a prediction
    while they draw: `result`, its regions, whole, and the ids that Label Studio sends with it.
    """

    project: str
    tasks: list[Any]
    label_config: str
    context: dict[str, Any]


def read_predict(body: Mapping[str, Any]) -> PredictRequest:
    """Return the request of a body of /predict; Unprocessable names what is wrong."""
    label_config = body.get("label_config")
    if not isinstance(label_config, str):
        raise Unprocessable("label_config: expected a text")
    return PredictRequest(
        project_key(body.get("project")),
        list_of(body.get("tasks"), "tasks"),
        label_config,
        _context(body.get("params")),
    )


def _context(params: Any) -> dict[str, Any]:
    given = mapping({} if params is None else params, "params").get("context")
    context = mapping(given or {}, "params.context")
    drawn = list_of(context.get("result") or [], "params.context")
    ids = {name: context[name] for name in _CONTEXT_IDS if type(context.get(name)) is int}
    regions = [read_region(one, "params.context") for one in drawn]
    return {"result": regions, **ids} if regions else {}


def key_of(project: Mapping[str, Any]) -> str:
    """Return the project key of a project in a webhook's or the API's JSON."""
    created = datetime.fromisoformat(time_of(project.get("created_at"), "project.created_at"))
    return project_key(f"{id_of(project.get('id'), 'project.id')}.{int(created.timestamp())}")


def _annotations(action: str, body: Mapping[str, Any]) -> tuple[Annotation, ...]:
    if action not in _ABOUT_ANNOTATIONS:
        return ()
    return tuple(read_annotation(a) for a in _one_or_many(body.get("annotation"), "annotation"))


def read_tasks(values: Any, settings: Mapping[str, Any] = NO_SETTINGS) -> list[Task]:
    """Return the tasks of a list in Label Studio's JSON; Unprocessable if it is none."""
    return [read_task(value, settings) for value in list_of(values, "tasks")]


def read_page(
    values: Any, settings: Mapping[str, Any] = NO_SETTINGS
) -> tuple[list[Task], list[Annotation]]:
    """Return the tasks of a list, and the annotations in them; Unprocessable if it is none."""
    rows = [mapping(value, "task") for value in list_of(values, "tasks")]
    return [read_task(row, settings) for row in rows], [
        _annotation_of(row, one)
        for row in rows
        for one in list_of(row.get("annotations"), "task.annotations")
    ]


@dataclass(slots=True)
class Readable:
    """The readable rows of a list of tasks, and the ids of the others."""

    tasks: list[Task] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)
    unread_tasks: set[int] = field(default_factory=set)
    unread_annotations: set[int] = field(default_factory=set)


def read_what_can_be(values: Any, settings: Mapping[str, Any]) -> Readable:
    """Return the readable rows of a list of tasks; the others are logged and named by id.

    Raises Unprocessable if a row has no id: that row would seem to have been deleted.
    """
    readable = Readable()
    for row in [mapping(value, "task") for value in list_of(values, "tasks")]:
        id_ = id_of(row.get("id"), "task.id")
        try:
            readable.tasks.append(read_task(row, settings))
        except Unprocessable as exc:
            readable.unread_tasks.add(id_)
            logger().error("task not read", extra={"task": id_, "why": str(exc)})
        for value in list_of(row.get("annotations"), "task.annotations"):
            one = mapping(value, "annotation")
            annotation_id = id_of(one.get("id"), "annotation.id")
            try:
                readable.annotations.append(_annotation_of(row, one))
            except Unprocessable as exc:
                readable.unread_annotations.add(annotation_id)
                logger().error("annotation not read", extra={"task": id_, "why": str(exc)})
    return readable


def _annotation_of(task: Mapping[str, Any], value: Any) -> Annotation:
    return read_annotation(mapping(value, "annotation") | {"task": task.get("id")})


def _tasks(action: str, body: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[Task, ...]:
    if action == "TASKS_CREATED":
        return tuple(read_tasks(body.get("tasks"), settings))
    if action not in _ABOUT_ANNOTATIONS:
        return ()
    return tuple(read_task(t, settings) for t in _one_or_many(body.get("task"), "task"))


def _deleted_ids(action: str, wanted: str, body: Mapping[str, Any], name: str) -> tuple[int, ...]:
    if action != wanted:
        return ()
    rows = [mapping(row, name) for row in list_of(body.get(name), name)]
    return tuple(sorted({id_of(row.get("id"), f"{name}.id") for row in rows}))


def _one_or_many(value: Any, name: str) -> list[Any]:
    """ANNOTATIONS_CREATED carries lists under the singular names."""
    return value if isinstance(value, list) else [mapping(value, name)]


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
    return dict(mapping(value, "extra_params"))

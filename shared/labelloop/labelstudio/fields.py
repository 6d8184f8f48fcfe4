"""The parts of Label Studio's payloads, checked: rows with allow-listed fields, ids, times."""

from collections.abc import Mapping
from datetime import MAXYEAR, UTC, datetime
from typing import Any, Final

from labelloop.domain.intake.events import Annotation, Task, text_of
from labelloop.errors import Unprocessable

_MOST_LEVELS: Final = 64
_MOST_SECONDS: Final = 1e9
_MOST_LETTERS: Final = 100  # of a title; Label Studio takes 50
# All that Label Studio's editor writes into a region or a relation between two.
_REGION_FIELDS: Final[tuple[str, ...]] = (
    *("id", "from_name", "to_name", "type", "value", "origin", "score", "parentID", "item_index"),
    *("original_width", "original_height", "original_length", "image_rotation"),
    *("meta", "readonly", "hidden", "locked"),
    *("from_id", "to_id", "direction", "labels"),
)


def read_annotation(value: Any) -> Annotation:
    """Return an annotation; Unprocessable names the field that is wrong."""
    fields = mapping(value, "annotation")
    result = fields.get("result", "")
    annotator = fields.get("completed_by")
    if isinstance(annotator, dict):  # as exports may write it
        annotator = annotator.get("id")
    return Annotation(
        id=id_of(fields.get("id"), "annotation.id"),
        task=id_of(fields.get("task"), "annotation.task"),
        created_at=time_of(fields.get("created_at"), "annotation.created_at"),
        updated_at=time_of(fields.get("updated_at"), "annotation.updated_at"),
        result=[
            read_region(one, "annotation.result")
            # None: a skip over the API without a result
            for one in list_of([] if result is None else result, "annotation.result")
        ],
        skipped=fields.get("was_cancelled") is True,
        ground_truth=fields.get("ground_truth") is True,
        annotator=annotator if type(annotator) is int else None,
        lead_time=_seconds(fields.get("lead_time")),
    )


def read_region(value: Any, name: str) -> dict[str, Any]:
    """Return a region, or a relation between two, with all that Label Studio's editor writes."""
    fields = mapping(value, name)
    return _shallow({field: fields[field] for field in _REGION_FIELDS if field in fields}, name)


def read_task(value: Any, settings: Mapping[str, Any]) -> Task:
    """Return a task of a project with these settings; Unprocessable names the field that is wrong.

    `overlap` is read only if it differs from the project's number of annotators: when that changes,
    Label Studio changes the tasks with the same number, and leaves the others.
    """
    fields, most = mapping(value, "task"), settings.get("maximum_annotations")
    overlap = fields.get("overlap")
    is_own = type(overlap) is int and overlap > 0 and most is not None and overlap != most
    return Task(
        id=id_of(fields.get("id"), "task.id"),
        created_at=time_of(fields.get("created_at"), "task.created_at"),
        updated_at=time_of(fields.get("updated_at"), "task.updated_at"),
        data=_shallow(fields.get("data"), "task.data"),
        overlap=overlap if is_own else None,
    )


def read_settings(project: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that decide what a project's labels mean, and which tasks are done.

    And its title, which people know it by. Those that are not set are left out. Nothing else is
    taken: a project has secrets.
    """
    title = project.get("title")
    most, skips = project.get("maximum_annotations"), project.get("skip_queue")
    weights = project.get("control_weights")
    settings = {
        "control_weights": _shallow(weights, "control_weights") if weights else None,
        "maximum_annotations": most if type(most) is int and most > 0 else None,
        "skip_queue": skips if isinstance(skips, str) else None,
        "title": title[:_MOST_LETTERS] if isinstance(title, str) else None,
    }
    return {name: value for name, value in settings.items() if value}


def mapping(value: Any, name: str) -> dict[str, Any]:
    """Return an object; Unprocessable if the value is none."""
    if isinstance(value, dict):
        return value
    raise Unprocessable(f"{name}: expected an object")


def list_of(value: Any, name: str) -> list[Any]:
    """Return a list; Unprocessable if the value is none."""
    if isinstance(value, list):
        return value
    raise Unprocessable(f"{name}: expected a list")


def id_of(value: Any, name: str) -> int:
    """Return an id; Unprocessable if the value is none."""
    if type(value) is int and 0 < value < 2**63:
        return value
    raise Unprocessable(f"{name}: expected a positive whole number")


def text_or_none(value: Any, name: str) -> str | None:
    """Return a text or None; Unprocessable if the value is neither."""
    if value is None or isinstance(value, str):
        return value
    raise Unprocessable(f"{name}: expected a text")


def time_of(value: Any, name: str) -> str:
    """Return a time as UTC text with microseconds: such texts sort as times do."""
    try:
        time = datetime.fromisoformat(value)
        return text_of(time if time.tzinfo else time.replace(tzinfo=UTC))
    except OverflowError:
        if time.year == MAXYEAR:  # later than all others, in any zone
            return text_of(datetime.max.replace(tzinfo=UTC))
        raise Unprocessable(f"{name}: a time before the first") from None
    except (TypeError, ValueError):
        raise Unprocessable(f"{name}: expected a time in ISO 8601") from None


def _seconds(value: Any) -> float | None:
    """Return a time that somebody took, None for what is none: it decides nothing."""
    is_time = type(value) in (int, float) and 0 < value < _MOST_SECONDS
    return round(float(value), 3) if is_time else None


def _shallow(value: Any, name: str) -> dict[str, Any]:
    """Return an object that is not nested too deeply for later steps' stack."""
    level: list[Any] = [mapping(value, name)]
    for _ in range(_MOST_LEVELS):
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for values in inner for one in values if isinstance(one, dict | list)]
        if not level:
            return dict(value)
    raise Unprocessable(f"{name}: nested in more than {_MOST_LEVELS} levels")

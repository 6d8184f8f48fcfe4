"""What is stored of a Label Studio event: the allow-list, as types."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from sys import intern
from typing import Any, Final, Self

_CLOCKS_DIFFER_BY: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotator's answer to one task. Times are UTC texts that sort by time.

    `lead_time`: the seconds it took, by Label Studio; None where it does not say, and in rows of
    earlier releases. `as_of`: when Label Studio was read and had this row, whatever the row's own
    times are.
    """

    id: int
    task: int
    created_at: str
    updated_at: str
    result: list[dict[str, Any]]
    skipped: bool
    ground_truth: bool
    annotator: int | None
    lead_time: float | None = None
    as_of: str = ""

    def __post_init__(self) -> None:
        _demand(int, self.id, self.task)
        _demand(float, self.lead_time or 0.0)
        _demand_times(self.created_at, self.updated_at, self.as_of or self.updated_at)
        _demand(list, self.result)
        object.__setattr__(self, "result", [_slim(region) for region in self.result])


@dataclass(frozen=True, slots=True)
class Task:
    """The data of one task, as it was at `updated_at`; `as_of` as an annotation's.

    `overlap`: how many annotators it needs, where that is not its project's number.
    """

    id: int
    created_at: str
    updated_at: str
    data: dict[str, Any]
    overlap: int | None = None
    as_of: str = ""

    def __post_init__(self) -> None:
        _demand(int, self.id, self.overlap or 0)
        _demand_times(self.created_at, self.updated_at, self.as_of or self.updated_at)
        _demand(dict, self.data)


@dataclass(frozen=True, slots=True)
class Event:
    """One accepted call of Label Studio about one project; `received_at` is a time of our clock.

    `settings`: the project's, without its label config. `as_of`: when Label Studio was read and the
    deleted rows were gone. A row dated well after `received_at` gets that time: otherwise no later
    row could ever replace it.
    """

    action: str
    project: str
    received_at: str
    label_config: str | None = None
    project_updated_at: str = ""
    annotations: tuple[Annotation, ...] = ()
    tasks: tuple[Task, ...] = ()
    deleted_annotations: tuple[int, ...] = ()
    deleted_tasks: tuple[int, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    as_of: str = ""

    def __post_init__(self) -> None:
        _demand(str, self.action, self.project, self.project_updated_at, self.label_config or "")
        _demand_times(self.received_at, self.as_of or self.received_at)
        _demand(int, *self.deleted_annotations, *self.deleted_tasks)
        _demand(dict, self.settings)
        now, latest = self.received_at, latest_at(self.received_at)
        for name in ("annotations", "tasks"):
            rows = tuple(dated(row, latest, now) for row in getattr(self, name))
            object.__setattr__(self, name, rows)
        for name in ("project_updated_at", "as_of"):
            if getattr(self, name) > latest:
                object.__setattr__(self, name, now)

    def to_json(self) -> bytes:
        """Return the event as it is stored."""
        stored = {f.name: getattr(self, f.name) for f in fields(self)}
        rows = {"annotations": self.annotations, "tasks": self.tasks}
        lists = {name: [row_of(value) for value in values] for name, values in rows.items()}
        return canonical(stored | lists).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Return a stored event; KeyError, TypeError or ValueError for other bytes."""
        stored = json.loads(body)
        lists = {
            "annotations": tuple(read_row(Annotation, row) for row in stored["annotations"]),
            "tasks": tuple(read_row(Task, row) for row in stored["tasks"]),
            "deleted_annotations": tuple(stored["deleted_annotations"]),
            "deleted_tasks": tuple(stored["deleted_tasks"]),
        }
        return read_row(cls, stored | lists)


def latest_at(time: str) -> str:
    """Return the latest time that a row received at `time` may have: clocks differ."""
    return text_of(datetime.fromisoformat(time) + _CLOCKS_DIFFER_BY)


def dated[Row: (Annotation, Task)](row: Row, latest: str, instead: str) -> Row:
    """Return a row with each time that is later than `latest` replaced by `instead`."""
    if max(row.created_at, row.updated_at, row.as_of) <= latest:
        return row
    names = ("created_at", "updated_at", "as_of")
    later: dict[str, Any] = {name: instead for name in names if getattr(row, name) > latest}
    return replace(row, **later)


def text_of(time: datetime) -> str:
    """Return a time as UTC text with microseconds, so that texts sort as times do."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def row_of(value: Any) -> dict[str, Any]:
    """Return a row's fields by name, not copied: `asdict` would copy all that they hold.

    Fields that a later release added are left out while they have no value, so that the bytes of
    older rows stay the same.
    """
    kind: Any = type(value)
    always, optional = _names(kind)
    row = {name: getattr(value, name) for name in always}
    return row | {name: extra for name in optional if (extra := getattr(value, name))}


@cache
def _names(kind: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    optional = tuple(f.name for f in fields(kind) if f.default is not MISSING)
    return tuple(f.name for f in fields(kind) if f.name not in optional), optional


def read_row[T](kind: type[T], stored: Mapping[str, Any]) -> T:
    """Return a stored row, without the fields that only a newer release knows."""
    names = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in stored.items() if name in names})


def _slim(region: dict[str, Any]) -> dict[str, Any]:
    """Return a region that shares equal values with others: a million labels have few of them."""
    _demand(dict, region)
    texts = ((intern(name), value) for name, value in region.items())
    return {name: _once(canonical(value)) if name != "id" else value for name, value in texts}


@lru_cache(maxsize=4_096)
def _once(value: str) -> Any:
    return json.loads(value)


def _demand(kind: type, *values: object) -> None:
    """Raise TypeError for values of another type: they would break every later fold."""
    for value in values:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, not {type(value).__name__}")


def _demand_times(*texts: object) -> None:
    _demand(str, *texts)
    for text in texts:
        if datetime.fromisoformat(str(text)).tzinfo is None:
            raise ValueError("expected a time with its zone")


def canonical(value: Any) -> str:
    """Return the JSON text of a value, with sorted keys: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))

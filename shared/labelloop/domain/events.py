"""What is kept of a Label Studio event: the allow-list, as types."""

import json
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotator's answer to one task. Times are UTC texts that sort by time."""

    id: int
    task: int
    created_at: str
    updated_at: str
    result: list[dict[str, Any]]
    skipped: bool
    ground_truth: bool
    annotator: int | None

    def __post_init__(self) -> None:
        _demand(int, self.id, self.task)
        _demand_times(self.created_at, self.updated_at)
        _demand(list, self.result)
        object.__setattr__(self, "result", _once(canonical(self.result)))


@dataclass(frozen=True, slots=True)
class Task:
    """The data of one task, as it was at `updated_at`."""

    id: int
    created_at: str
    updated_at: str
    data: dict[str, Any]

    def __post_init__(self) -> None:
        _demand(int, self.id)
        _demand_times(self.created_at, self.updated_at)
        _demand(dict, self.data)


@dataclass(frozen=True, slots=True)
class Event:
    """One accepted call of Label Studio about one project, received at a time of our clock."""

    action: str
    project: str
    received_at: str
    label_config: str | None = None
    project_updated_at: str = ""
    annotations: tuple[Annotation, ...] = ()
    tasks: tuple[Task, ...] = ()
    deleted_annotations: tuple[int, ...] = ()
    deleted_tasks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _demand(str, self.action, self.project, self.project_updated_at, self.label_config or "")
        _demand_times(self.received_at)
        _demand(int, *self.deleted_annotations, *self.deleted_tasks)

    def to_json(self) -> bytes:
        """Return the event as it is stored."""
        rows = {"annotations": self.annotations, "tasks": self.tasks}
        lists = {name: [row_of(one) for one in values] for name, values in rows.items()}
        return canonical(row_of(self) | lists).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Return a stored event; KeyError, TypeError or ValueError if it is none."""
        stored = json.loads(body)
        lists = {
            "annotations": tuple(_read(Annotation, row) for row in stored["annotations"]),
            "tasks": tuple(_read(Task, row) for row in stored["tasks"]),
            "deleted_annotations": tuple(stored["deleted_annotations"]),
            "deleted_tasks": tuple(stored["deleted_tasks"]),
        }
        return _read(cls, stored | lists)


def row_of(value: Any) -> dict[str, Any]:
    """Return a row's fields by name, not copied: `asdict` would walk through all that they hold."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _read[T](kind: type[T], stored: dict[str, Any]) -> T:
    """Ignore what is not known here: an event may wait through a deployment of an older version."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in stored.items() if name in known})


@lru_cache(maxsize=2_048)
def _once(result: str) -> Any:
    """Return one value for all equal results: a million labels have few different ones."""
    return json.loads(result)


def _demand(kind: type, *values: object) -> None:
    """A row of another type would break every later fold: TypeError sends it to quarantine."""
    for value in values:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, not {type(value).__name__}")


def _demand_times(*texts: object) -> None:
    _demand(str, *texts)
    for text in texts:
        if datetime.fromisoformat(str(text)).tzinfo is None:
            raise ValueError("expected a time with its zone")


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))

"""Folding: events, in any order and number, become one dataset.

Each part of a dataset is a join: the newest state of an annotation, of a task's data and of the
label config wins (ties by content), and a delete is final. Joins commute and repeat without effect,
so duplicates, reordering, replay and reconciliation all end in the same dataset, byte for byte
(Shapiro et al. 2011, Conflict-free Replicated Data Types).
"""

import gzip
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from labelloop.domain.events import Annotation, Event, Task, canonical, row_of

# Label Studio on SQLite gives the ids of deleted rows to imported ones. A delete carries no time
# but ours, a row only Label Studio's: their clocks may differ by less than this.
_REUSED_AFTER: Final = timedelta(seconds=5)


@dataclass
class Dataset:
    """All that is known of a project's labels."""

    label_config: str | None = None
    label_config_at: str = ""
    annotations: dict[int, Annotation] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)
    deleted_annotations: dict[int, str] = field(default_factory=dict)
    deleted_tasks: dict[int, str] = field(default_factory=dict)

    def live_annotations(self) -> list[Annotation]:
        """Return the annotations that still count, by id: their tasks are known and not deleted."""
        return [a for _, a in sorted(self.annotations.items()) if self._is_live(a)]

    def done_tasks(self) -> set[int]:
        """Return the tasks that nobody is to label any more: labelled, skipped or deleted."""
        return {row.task for row in self.live_annotations()} | self.deleted_tasks.keys()

    def _is_live(self, row: Annotation) -> bool:
        deleted_at = self.deleted_tasks.get(row.task)
        return row.task in self.tasks and not _is_deleted(row.created_at, deleted_at)

    def to_lines(self) -> bytes:
        """Return the canonical JSON lines: equal datasets give equal bytes."""
        config = {"kind": "label_config", "at": self.label_config_at, "xml": self.label_config}
        rows: list[dict[str, Any]] = [config]
        rows += [
            {"kind": "annotation"} | row_of(self.annotations[i]) for i in sorted(self.annotations)
        ]
        rows += [{"kind": "task"} | row_of(self.tasks[i]) for i in sorted(self.tasks)]
        for kind, deleted in (
            ("deleted_annotation", self.deleted_annotations),
            ("deleted_task", self.deleted_tasks),
        ):
            rows += [{"kind": kind, "id": id_, "at": at} for id_, at in sorted(deleted.items())]
        return "\n".join(map(canonical, rows)).encode() + b"\n"

    @classmethod
    def from_lines(cls, lines: bytes) -> Self:
        """Return the dataset that `to_lines` wrote."""
        dataset = cls()
        for line in lines.splitlines():
            row = json.loads(line)
            match row.pop("kind"):
                case "label_config":
                    dataset.label_config, dataset.label_config_at = row["xml"], row["at"]
                case "annotation":
                    dataset.annotations[row["id"]] = Annotation(**row)
                case "task":
                    dataset.tasks[row["id"]] = Task(**row)
                case "deleted_annotation":
                    dataset.deleted_annotations[row["id"]] = row["at"]
                case "deleted_task":
                    dataset.deleted_tasks[row["id"]] = row["at"]
        return dataset


def fold(dataset: Dataset, events: Iterable[Event]) -> Dataset:
    """Return the dataset with the events folded in; the given one is not to be used any more."""
    for event in events:
        _fold_label_config(dataset, event)
        for annotation in event.annotations:
            _keep_newest(dataset.annotations, annotation)
        for task in event.tasks:
            _keep_newest(dataset.tasks, task)
        _keep_last(dataset.deleted_annotations, event.deleted_annotations, event.received_at)
        _keep_last(dataset.deleted_tasks, event.deleted_tasks, event.received_at)
    _drop_deleted(dataset)
    return dataset


def checksum(lines: bytes) -> str:
    """Return the SHA-256 of a dataset's lines: its name, whatever the compression."""
    return hashlib.sha256(lines).hexdigest()


def compress(lines: bytes) -> bytes:
    """Return the stored form of a dataset's lines."""
    return gzip.compress(lines, compresslevel=6, mtime=0)


def decompress(body: bytes) -> bytes:
    """Return the lines of a stored dataset."""
    return gzip.decompress(body)


def _fold_label_config(dataset: Dataset, event: Event) -> None:
    if event.label_config is None:
        return
    known = (dataset.label_config_at, dataset.label_config or "")
    if (event.project_updated_at, event.label_config) > known:
        dataset.label_config = event.label_config
        dataset.label_config_at = event.project_updated_at


def _keep_newest[Row: (Annotation, Task)](rows: dict[int, Row], row: Row) -> None:
    known = rows.get(row.id)
    if known is None or _is_newer(row, known):
        rows[row.id] = row


def _is_newer(row: Annotation | Task, known: Annotation | Task) -> bool:
    """Rows made later come first: then a delete means the oldest rows of an id, in any order."""
    times, known_times = (row.created_at, row.updated_at), (known.created_at, known.updated_at)
    if times != known_times:
        return times > known_times
    return row != known and canonical(row_of(row)) > canonical(row_of(known))


def _keep_last(deleted: dict[int, str], ids: Iterable[int], at: str) -> None:
    for id_ in ids:
        deleted[id_] = max(at, deleted.get(id_, ""))


def _drop_deleted(dataset: Dataset) -> None:
    for task in list(dataset.tasks.values()):
        if _is_deleted(task.created_at, dataset.deleted_tasks.get(task.id)):
            del dataset.tasks[task.id]
    for row in list(dataset.annotations.values()):
        if _is_deleted(row.created_at, dataset.deleted_annotations.get(row.id)):
            del dataset.annotations[row.id]


def _is_deleted(created_at: str, deleted_at: str | None) -> bool:
    """Say whether a delete meant this row, and not an earlier one of the same id."""
    if deleted_at is None:
        return False
    return datetime.fromisoformat(created_at) <= datetime.fromisoformat(deleted_at) + _REUSED_AFTER

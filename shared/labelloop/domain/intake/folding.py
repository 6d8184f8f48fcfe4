"""Folding: events, in any order and number, become one dataset.

Each part of a dataset is a join: the newest state of an annotation, of a task's data and of the
label config wins (ties by their size, then by content), and a delete is final. Joins commute and
repeat without effect, so duplicates, reordering, replay and reconciliation all end in the same
dataset, byte for byte (Shapiro et al. 2011, Conflict-free Replicated Data Types).

A row that was read from Label Studio `as_of` a time replaces all that is dated up to then: rows of
its id, and deletes. The time is stored, so that older ones that come late change nothing.
"""

import gzip
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final, Self

from labelloop.domain.intake.events import (
    Annotation,
    Event,
    Task,
    canonical,
    dated,
    latest_at,
    read_row,
    row_of,
    text_of,
)

# Label Studio on SQLite gives the ids of deleted rows to imported ones. The time of a delete is by
# our clock, that of a row by Label Studio's: the clocks may differ by less than this.
_REUSED_AFTER: Final = timedelta(seconds=5)


@dataclass
class Dataset:
    """All that is known of a project's labels.

    `corrected_...`: for each row that was read from Label Studio, when. `settings`: see `Event`.
    """

    label_config: str | None = None
    label_config_at: str = ""
    annotations: dict[int, Annotation] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)
    deleted_annotations: dict[int, str] = field(default_factory=dict)
    deleted_tasks: dict[int, str] = field(default_factory=dict)
    corrected_annotations: dict[int, str] = field(default_factory=dict)
    corrected_tasks: dict[int, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    settings_at: str = ""

    def live_annotations(self) -> list[Annotation]:
        """Return the annotations that count, by id: their tasks are known and not deleted."""
        return [a for _, a in sorted(self.annotations.items()) if self._is_live(a)]

    def labelled_tasks(self) -> set[int]:
        """Return the tasks that have been labelled or skipped."""
        return {row.task for row in self.live_annotations()}

    @property
    def title(self) -> str:
        """The project's title, empty if no event has named it yet."""
        return str(self.settings.get("title", ""))

    def done_tasks(self) -> set[int]:
        """Return the tasks that Label Studio takes for labelled and serves to no annotator.

        They have labels by as many annotators as they need; a skip counts only where the project
        ignores skips (Label Studio 1.23.2, `tasks/mixins.py`).
        """
        skips_count = self.settings.get("skip_queue") == "IGNORE_SKIPPED"
        annotators: dict[int, set[int | None]] = {}
        for row in self.live_annotations():
            if skips_count or not row.skipped:
                annotators.setdefault(row.task, set()).add(row.annotator)
        most = self.settings.get("maximum_annotations", 1)
        return {id_ for id_, by in annotators.items() if len(by) >= self._overlap(id_, most)}

    def _overlap(self, id_: int, most: int) -> int:
        return self.tasks[id_].overlap or most

    def deleted_until(self) -> dict[int, str]:
        """Return by deleted task the time up to which a row of its id is of that task."""
        times = {id_: datetime.fromisoformat(at) for id_, at in self.deleted_tasks.items()}
        return {id_: text_of(at + _REUSED_AFTER) for id_, at in times.items()}

    def lost_task_at(self, row: Annotation) -> str | None:
        """Return when an annotation's task was deleted, None if it is not gone.

        It is not if the annotation was read from Label Studio since: tasks get the ids of deleted
        ones, and annotations may be moved to them.
        """
        deleted_at = self.deleted_tasks.get(row.task, "")
        return deleted_at if deleted_at > self.corrected_annotations.get(row.id, "") else None

    def _is_live(self, row: Annotation) -> bool:
        return row.task in self.tasks and not is_deleted(row.created_at, self.lost_task_at(row))

    def latest(self) -> str:
        """Return the latest time in it, deletes apart: their times are by our clock."""
        rows: Iterable[Annotation | Task] = chain(self.annotations.values(), self.tasks.values())
        return max(chain((self.label_config_at, self.settings_at), map(dated_at, rows)))

    def dated(self, now: str) -> "Dataset":
        """Return the dataset with no row dated well after `now`, when it was stored."""
        latest = latest_at(now)
        self.annotations = {i: dated(row, latest, now) for i, row in self.annotations.items()}
        self.tasks = {i: dated(row, latest, now) for i, row in self.tasks.items()}
        self.label_config_at = min(self.label_config_at, now)
        self.settings_at = min(self.settings_at, now)
        return self

    def to_lines(self) -> bytes:
        """Return the canonical JSON lines: equal datasets give equal bytes."""
        config = {"kind": "label_config", "at": self.label_config_at, "xml": self.label_config}
        settings = {"kind": "settings", "at": self.settings_at, "settings": self.settings}
        rows: list[dict[str, Any]] = [config, settings] if self.settings else [config]
        rows += [
            {"kind": "annotation"} | row_of(self.annotations[i]) for i in sorted(self.annotations)
        ]
        rows += [{"kind": "task"} | row_of(self.tasks[i]) for i in sorted(self.tasks)]
        for kind, times in self._times().items():
            rows += [{"kind": kind, "id": id_, "at": at} for id_, at in sorted(times.items())]
        return "\n".join(map(canonical, rows)).encode() + b"\n"

    @classmethod
    def from_lines(cls, lines: bytes) -> Self:
        """Return the dataset that `to_lines` wrote. Kinds of lines that came later are skipped."""
        dataset = cls()
        times = dataset._times()
        for line in lines.splitlines():
            row = json.loads(line)
            match kind := row.pop("kind"):
                case "label_config":
                    dataset.label_config, dataset.label_config_at = row["xml"], row["at"]
                case "settings":
                    dataset.settings, dataset.settings_at = row["settings"], row["at"]
                case "annotation":
                    dataset.annotations[row["id"]] = read_row(Annotation, row)
                case "task":
                    dataset.tasks[row["id"]] = read_row(Task, row)
                case _ if kind in times:
                    times[kind][row["id"]] = row["at"]
        return dataset

    def _times(self) -> dict[str, dict[int, str]]:
        return {
            "deleted_annotation": self.deleted_annotations,
            "deleted_task": self.deleted_tasks,
            "corrected_annotation": self.corrected_annotations,
            "corrected_task": self.corrected_tasks,
        }


def fold(dataset: Dataset, events: Iterable[Event]) -> Dataset:
    """Return the dataset with the events folded in; don't use the given one again."""
    for event in events:
        _fold_config(dataset, event.label_config, event.project_updated_at)
        _fold_settings(dataset, event.settings, event.project_updated_at)
        for annotation in event.annotations:
            _fold_row(dataset.annotations, dataset.corrected_annotations, annotation)
        for task in event.tasks:
            _fold_row(dataset.tasks, dataset.corrected_tasks, task)
        deleted_at = event.as_of or event.received_at
        _keep_last(dataset.deleted_annotations, event.deleted_annotations, deleted_at)
        _keep_last(dataset.deleted_tasks, event.deleted_tasks, deleted_at)
    _drop_deleted(dataset.annotations, dataset.corrected_annotations, dataset.deleted_annotations)
    _drop_deleted(dataset.tasks, dataset.corrected_tasks, dataset.deleted_tasks)
    return dataset


def joined(one: Dataset, other: Dataset) -> Dataset:
    """Return all that is in two datasets of a project; don't use either of them again."""
    _fold_config(one, other.label_config, other.label_config_at)
    _fold_settings(one, other.settings, other.settings_at)
    for kind, times in other._times().items():
        for id_, at in times.items():
            if kind.startswith("deleted"):
                _keep_last(one._times()[kind], [id_], at)
    _join_rows(
        one.annotations, one.corrected_annotations, other.annotations, other.corrected_annotations
    )
    _join_rows(one.tasks, one.corrected_tasks, other.tasks, other.corrected_tasks)
    _drop_deleted(one.annotations, one.corrected_annotations, one.deleted_annotations)
    _drop_deleted(one.tasks, one.corrected_tasks, one.deleted_tasks)
    return one


def checksum(lines: bytes) -> str:
    """Return the SHA-256 of a dataset's lines: its name, whatever the compression."""
    return hashlib.sha256(lines).hexdigest()


def compress(lines: bytes) -> bytes:
    """Return the stored form of a dataset's lines."""
    return gzip.compress(lines, compresslevel=6, mtime=0)


def decompress(body: bytes) -> bytes:
    """Return the lines of a stored dataset."""
    return gzip.decompress(body)


def dated_at(row: Annotation | Task) -> str:
    """Return the time at which Label Studio had the row like this."""
    return max(row.created_at, row.updated_at)


def _size(row: Annotation | Task) -> int:
    """Return the number of a row's fields: earlier releases stored fewer."""
    if isinstance(row, Annotation):
        return sum(len(region) for region in row.result) + (row.lead_time is not None)
    return len(row_of(row))


def is_deleted(created_at: str, deleted_at: str | None) -> bool:
    """Say whether a delete was of this row, and not of an earlier one with the same id."""
    if not deleted_at:
        return False
    return datetime.fromisoformat(created_at) <= datetime.fromisoformat(deleted_at) + _REUSED_AFTER


def _fold_config(dataset: Dataset, config: str | None, at: str) -> None:
    current = (dataset.label_config_at, dataset.label_config or "")
    if config is not None and (at, config) > current:
        dataset.label_config_at, dataset.label_config = at, config


def _fold_settings(dataset: Dataset, settings: dict[str, Any], at: str) -> None:
    current = (dataset.settings_at, canonical(dataset.settings))
    if settings and (at, canonical(settings)) > current:
        dataset.settings_at, dataset.settings = at, settings


def _join_rows[Row: (Annotation, Task)](
    rows: dict[int, Row], corrected: dict[int, str], others: dict[int, Row], times: dict[int, str]
) -> None:
    """Fold in the rows of another dataset, each as of the time of its correction there, if any."""
    for id_, row in others.items():
        _fold_row(rows, corrected, replace(row, as_of=times.get(id_, "")))
    for id_, as_of in times.items():
        if as_of > corrected.get(id_, ""):  # the corrected row was deleted since
            corrected[id_] = as_of
            if id_ in rows and dated_at(rows[id_]) <= as_of:
                del rows[id_]


def _fold_row[Row: (Annotation, Task)](
    rows: dict[int, Row], corrected: dict[int, str], row: Row
) -> None:
    """Keep the row unless the current one is above it. Rows are kept without their `as_of`."""
    current, corrected_at = rows.get(row.id), corrected.get(row.id, "")
    as_of, row = (row.as_of, replace(row, as_of="")) if row.as_of else ("", row)
    if dated_at(row) > as_of:  # its own time is later than the reading
        stands = dated_at(row) > corrected_at and (
            current is None or dated_at(current) <= corrected_at or is_newer(row, current)
        )
    elif as_of > corrected_at:
        corrected[row.id] = as_of
        stands = current is None or dated_at(current) <= as_of
    else:
        stands = as_of == corrected_at and (
            current is None or (dated_at(current) <= as_of and is_newer(row, current))
        )
    if stands:
        rows[row.id] = row


def is_newer(row: Annotation | Task, current: Annotation | Task) -> bool:
    """Say whether a row replaces another of its id; ties are decided by size, then by content.

    Rows created later come first, so that a delete is of the oldest rows of an id, in any order.
    """
    times = row.created_at, row.updated_at
    current_times = current.created_at, current.updated_at
    if times != current_times:
        return times > current_times
    if row == current:
        return False
    return (_size(row), canonical(row_of(row))) > (_size(current), canonical(row_of(current)))


def _keep_last(deleted: dict[int, str], ids: Iterable[int], at: str) -> None:
    for id_ in ids:
        deleted[id_] = max(at, deleted.get(id_, ""))


def _drop_deleted(
    rows: dict[int, Annotation] | dict[int, Task],
    corrected: dict[int, str],
    deleted: dict[int, str],
) -> None:
    """Drop deleted rows, and the deletes of rows that Label Studio was read with since."""
    for id_ in corrected.keys() & deleted.keys():
        if corrected[id_] >= deleted[id_]:
            del deleted[id_]
    for id_ in deleted.keys() & rows.keys():
        if is_deleted(rows[id_].created_at, deleted[id_]):
            del rows[id_]

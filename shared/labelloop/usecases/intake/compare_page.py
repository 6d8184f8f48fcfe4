"""Compare a page of Label Studio's tasks with what pool and dataset have of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from labelloop.bucket.pool_index import PoolIndex, within
from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Annotation, Event, Task, dated, latest_at, text_of
from labelloop.domain.intake.folding import Dataset
from labelloop.errors import Unprocessable
from labelloop.labelstudio.fields import read_settings, read_task
from labelloop.labelstudio.project import Surveyed
from labelloop.observability import logger
from labelloop.usecases.intake.reconcile import compared


class KnownRows:
    """A project's tasks and labels, as pool and dataset have them, for a range of ids at a time."""

    def __init__(self, project: Project, index: PoolIndex) -> None:
        self._key, self.index = project.key, index
        self._dataset = project.dataset(project.dataset_pointer().value)
        self._labels: dict[int, list[Annotation]] = defaultdict(list)
        for row in self._dataset.annotations.values():
            self._labels[row.task].append(row)
        self._labelled = sorted(self._dataset.tasks.keys() | self._labels.keys())
        self._listed = index.ids()
        self._deleted_until = self._dataset.deleted_until()

    def has_labels(self, task: int) -> bool:
        """Say whether a task had labels."""
        return task in self._labels

    def event(
        self,
        page: Surveyed,
        covers: tuple[int, int],
        tasks: Sequence[Task],
        as_of: datetime,
        now: datetime,
    ) -> Event | None:
        """Return the event that makes pool and dataset equal to a page; None if they are."""
        difference = self._compared(page, covers, as_of, now)
        ids = {row["id"] for row in page.tasks}
        gone, back = self._gone(ids, *covers), self._back(tasks, text_of(as_of))
        event = difference or Event("COMPARED", self._key, text_of(now), as_of=text_of(as_of))
        in_event = {one.id for one in event.tasks}
        event = replace(
            event,
            deleted_tasks=tuple(sorted({*event.deleted_tasks, *gone})),
            tasks=(*event.tasks, *(one for one in back if one.id not in in_event)),
        )
        # Once, not with each page.
        if event.label_config is not None:
            self._dataset.label_config = event.label_config
            self._dataset.label_config_at = event.project_updated_at
        if event.settings:
            self._dataset.settings = event.settings
            self._dataset.settings_at = event.project_updated_at
        return event if difference or gone or back else None

    def _compared(
        self, page: Surveyed, covers: tuple[int, int], as_of: datetime, now: datetime
    ) -> Event | None:
        part = self._part(page.tasks, *covers)
        try:
            return compared(self._key, part, page.tasks, covers, as_of, now, page.settings)
        except Unprocessable as exc:  # the labels of other pages are compared all the same
            logger().error("labels not compared", extra={"project": self._key, "why": str(exc)})
            return None

    def _part(self, rows: Sequence[Mapping[str, Any]], after: int, upto: int) -> Dataset:
        """Return the dataset's part for a page: comparing with the whole dataset takes minutes."""
        ids, dataset = within(self._labelled, after, upto), self._dataset
        annotations = {row.id: row for id_ in ids for row in self._labels.get(id_, ())}
        for row in rows:
            for one in row["annotations"]:  # it may belong to another task in the dataset
                if (moved := dataset.annotations.get(one.get("id"))) is not None:
                    annotations[moved.id] = moved
        tasks = {id_: dataset.tasks[id_] for id_ in ids if id_ in dataset.tasks}
        others = {row.task for row in annotations.values()} - tasks.keys()
        tasks |= {id_: dataset.tasks[id_] for id_ in others if id_ in dataset.tasks}
        return replace(dataset, annotations=annotations, tasks=tasks)

    def _gone(self, seen: set[int], after: int, upto: int) -> set[int]:
        """Return the tasks of the pool that Label Studio no longer has, and no event deleted.

        Where its clock is ahead, a task may be dated after its own delete: it is deleted again.
        """
        listed, deleted = within(self._listed, after, upto), self._dataset.deleted_tasks
        until = self._deleted_until
        gone = (id_ for id_ in listed if id_ not in seen)
        return {id_ for id_ in gone if id_ not in deleted or self.index.is_after(id_, until[id_])}

    def _back(self, tasks: Sequence[Task], as_of: str) -> list[Task]:
        """Return the deleted tasks that Label Studio has: restored, or others with their ids."""
        deleted = self._dataset.deleted_tasks
        return [
            replace(task, as_of=as_of)
            for task in tasks
            if task.id in deleted and deleted[task.id] <= as_of
        ]


def without_deletes(event: Event | None) -> Event | None:
    """Return an event without its deletes, as not all may be listed; None if nothing remains."""
    if event is None:
        return None
    event = replace(event, deleted_annotations=(), deleted_tasks=())
    remains = event.annotations or event.tasks or event.settings or event.label_config is not None
    return event if remains else None


def readable(
    rows: Sequence[Mapping[str, Any]], settings: Mapping[str, Any], now: str
) -> list[Task]:
    """Return the readable tasks of a page, none dated in the future; log the others."""
    tasks, latest = [], latest_at(now)
    for row in rows:
        try:
            tasks.append(dated(read_task(row, read_settings(settings)), latest, now))
        except Unprocessable as exc:
            logger().error("task not read", extra={"task": row.get("id"), "why": str(exc)})
    return tasks

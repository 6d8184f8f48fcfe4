"""A project of Label Studio that lives: people label, rename, merge, delete and restore.

It sends what Label Studio sends, and keeps silent where Label Studio does.
"""

import copy
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from labelloop.domain.intake.events import Event
from labelloop.domain.intake.folding import Dataset
from labelloop.labelstudio.payloads import key_of, read_event
from labelloop.usecases.intake.reconcile import ALL_ABOVE, compared
from tests.builders import LABELS, label_config, region

_START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LOUD = ("label", "label", "label", "skip", "change", "delete", "delete_task", "import", "edit")
SILENT = (
    *("rename", "merge", "edit_silently", "configure"),
    *("ask_more", "ask_more_of_some", "count_skips"),
)


class LivingProject:
    """Ten seconds pass between two things that happen. Ids of deleted rows are given again."""

    def __init__(self, chance: random.Random) -> None:
        self.now = _START
        self.chance = chance
        self.tasks: dict[int, dict[str, Any]] = {}
        self.annotations: dict[int, dict[str, Any]] = {}
        self.project = {"id": 38, "created_at": self._time(), "updated_at": self._time()}
        self.project |= {"label_config": label_config(), "maximum_annotations": 1}
        self.project |= {"skip_queue": "REQUEUE_FOR_OTHERS", "control_weights": {}}
        self.backup = self._copy()
        for _ in range(3):
            self._import()

    @property
    def key(self) -> str:
        return key_of(self.project)

    def live(self, what: str) -> list[Event]:
        """Let something happen; return what Label Studio tells of it."""
        self.now += timedelta(seconds=10)
        bodies = getattr(self, f"_{what}")()
        return [read_event(body | {"project": dict(self.project)}, self.now) for body in bodies]

    def survey(self, dataset: Dataset) -> list[Event]:
        """Compare page by page, as the sweep does."""
        self.now += timedelta(seconds=10)
        ids = sorted(self.tasks)
        cut = ids[len(ids) // 2] if ids else 1
        found = []
        for after, upto in ((0, cut), (cut, ALL_ABOVE)):
            page = [self._row(id_) for id_ in ids if after < id_ <= upto]
            as_of = self.now - timedelta(seconds=1)
            shown = {name: one for name, one in self.project.items() if name != "updated_at"}
            args = self.key, dataset, page, (after, upto), as_of, self.now, shown
            found.append(compared(*args))
        return [event for event in found if event]

    def known(self) -> tuple[dict[int, Any], dict[int, Any], Any]:
        """Return the labels, the labelled texts and the settings that are true."""
        labels = {
            id_: (one["task"], one["result"], one["was_cancelled"])
            for id_, one in self.annotations.items()
        }
        texts = {one["task"]: self.tasks[one["task"]]["data"] for one in self.annotations.values()}
        most = self.project["maximum_annotations"]
        return labels, texts, (self.project["label_config"], most)

    def is_labeled(self) -> set[int]:
        """Return the tasks that Label Studio calls labelled."""
        counts_all = self.project["skip_queue"] == "IGNORE_SKIPPED"
        finished = [
            one for one in self.annotations.values() if counts_all or not one["was_cancelled"]
        ]
        who = {
            id_: {one["completed_by"] for one in finished if one["task"] == id_}
            for id_ in self.tasks
        }
        return {id_ for id_, row in self.tasks.items() if len(who[id_]) >= row["overlap"]}

    def _row(self, id_: int) -> dict[str, Any]:
        mine = [dict(one) for one in self.annotations.values() if one["task"] == id_]
        return self.tasks[id_] | {"annotations": mine}

    # -- what happens --------------------------------------------------------------------------

    def _label(self, **fields: Any) -> list[dict[str, Any]]:
        if not self.tasks:
            return self._import()
        id_, task = max(self.annotations, default=0) + 1, self.chance.choice(list(self.tasks))
        times = {"created_at": self._time(), "updated_at": self._time()}
        one = {"id": id_, "task": task, "result": self._result()} | times
        one |= {"completed_by": self.chance.randint(1, 3)}
        self.annotations[id_] = one | {"was_cancelled": False} | fields
        return [self._told("ANNOTATION_CREATED", id_)]

    def _skip(self) -> list[dict[str, Any]]:
        return self._label(was_cancelled=True)

    def _change(self) -> list[dict[str, Any]]:
        if not self.annotations:
            return self._label()
        id_ = self.chance.choice(list(self.annotations))
        self.annotations[id_] |= {"result": self._result(), "updated_at": self._time()}
        return [self._told("ANNOTATION_UPDATED", id_)]

    def _delete(self) -> list[dict[str, Any]]:
        if not self.annotations:
            return []
        id_ = self.chance.choice(list(self.annotations))
        del self.annotations[id_]
        return [{"action": "ANNOTATIONS_DELETED", "annotations": [{"id": id_}]}]

    def _delete_task(self) -> list[dict[str, Any]]:
        return self._drop_task(self.chance.choice(list(self.tasks))) if self.tasks else []

    def _import(self) -> list[dict[str, Any]]:
        id_ = max(self.tasks, default=0) + 1
        row = {"id": id_, "data": {"text": f"text {id_} of {self._time()}"}, "overlap": 1}
        row["overlap"] = self.project["maximum_annotations"]
        self.tasks[id_] = row | {"created_at": self._time(), "updated_at": self._time()}
        return []  # what has no label is the pool's

    def _edit(self) -> list[dict[str, Any]]:
        if self.tasks:
            id_ = self.chance.choice(list(self.tasks))
            edited = {"data": {"text": f"edited {self._time()}"}, "updated_at": self._time()}
            self.tasks[id_] = self.tasks[id_] | edited
        return []

    def _edit_silently(self) -> list[dict[str, Any]]:
        if self.tasks:
            id_ = self.chance.choice(list(self.tasks))
            self.tasks[id_] = self.tasks[id_] | {"data": {"text": f"edited {self._time()}"}}
        return []

    def _rename(self) -> list[dict[str, Any]]:
        old, new = self.chance.sample(LABELS, 2)
        for id_, one in self.annotations.items():
            if one["result"] == [region(old)]:
                self.annotations[id_] = one | {"result": [region(new)]}
        return []

    def _merge(self) -> list[dict[str, Any]]:
        """Remove Duplicated Tasks: labels go to another task, the task is deleted."""
        if len(self.tasks) < 2:
            return []
        kept, gone = self.chance.sample(list(self.tasks), 2)
        for id_, one in self.annotations.items():
            if one["task"] == gone:
                self.annotations[id_] = one | {"task": kept}
        return self._drop_task(gone)

    def _configure(self) -> list[dict[str, Any]]:
        self.project |= {"label_config": label_config("A", self._time())}
        return []  # the event is lost

    def _ask_more(self) -> list[dict[str, Any]]:
        self.project |= {"maximum_annotations": self.chance.choice((1, 2, 3))}
        for row in self.tasks.values():
            row["overlap"] = self.project["maximum_annotations"]
        return []

    def _ask_more_of_some(self) -> list[dict[str, Any]]:
        for id_, row in self.tasks.items():
            self.tasks[id_] = row | {"overlap": self.chance.randint(1, 3)}
        return []

    def _count_skips(self) -> list[dict[str, Any]]:
        self.project |= {"skip_queue": self.chance.choice(("IGNORE_SKIPPED", "REQUEUE_FOR_ME"))}
        return []

    def _save(self) -> list[dict[str, Any]]:
        self.backup = self._copy()
        return []

    def _restore(self) -> list[dict[str, Any]]:
        self.tasks, self.annotations = copy.deepcopy(self.backup)
        return []

    def _drop_task(self, id_: int) -> list[dict[str, Any]]:
        del self.tasks[id_]
        mine = [one["id"] for one in self.annotations.values() if one["task"] == id_]
        self.annotations = {i: one for i, one in self.annotations.items() if i not in mine}
        return [{"action": "TASKS_DELETED", "tasks": [{"id": id_}]}]

    def _told(self, action: str, id_: int) -> dict[str, Any]:
        one = self.annotations[id_]
        task = self.tasks[one["task"]]
        return {"action": action, "annotation": dict(one), "task": dict(task)}

    def _result(self) -> list[dict[str, Any]]:
        return [region(self.chance.choice(LABELS))]

    def _copy(self) -> Any:
        return copy.deepcopy((self.tasks, self.annotations)) if hasattr(self, "tasks") else ({}, {})

    def _time(self) -> str:
        return self.now.isoformat(timespec="microseconds")

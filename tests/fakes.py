"""In-memory ports. They answer questions; the contract suite makes them believable."""

from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import batched, islice
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.errors import Conflict, Denied, NotFound, Rejected, Unavailable
from labelloop.messages import Message
from labelloop.ports import Listed, Stored, TaskPage
from labelloop.recipes import control_of
from labelloop.recipes.protocol import Control, Trained
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.probabilities import answers_of


class Clock:
    """Time that stands still until told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def lengths_of(seen: Columns) -> NDArray[np.float32]:
    """Return the lengths of texts of one word each, n letters: it has 3 n + 1 terms."""
    bags = Features.of(seen).bags
    terms = np.concatenate([np.zeros(1), np.cumsum(bags.counts)])[bags.starts]
    return np.maximum(0, np.diff(terms) - 1).astype(np.float32) / 3


def trained(
    artefact: bytes, facts: dict[str, Any], classes: Sequence[str], out_of_fold: NDArray[Any]
) -> "Ready":
    """Return what a trainer of tests gives: a model that is an artefact already."""
    return Ready(Trained(artefact, facts, answers_of(out_of_fold, classes)))


@dataclass(frozen=True)
class Ready:
    """A fitted model that is an artefact already, and answers as what that is loaded as."""

    made: Trained
    load: Callable[[bytes], Any] | None = None

    def packed(self) -> Trained:
        return self.made

    def answer(self, seen: Columns) -> Answers:
        assert self.load is not None
        return self.load(self.made.artefact).answer(seen)


class Classifier:
    """A model of tests. Subclasses say `predict_proba(seen)`, shape (n, classes)."""

    names: Sequence[str] = ()
    encoder = ""
    needs = ("bags", "vectors")

    def predict_proba(self, seen: Columns) -> NDArray[Any]:
        raise NotImplementedError

    def answer(self, seen: Columns) -> Answers:
        return answers_of(self.predict_proba(seen), self.names)


def learning_by(fit: Callable[..., Any], load: Callable[[bytes], Any]) -> Callable[[str], Control]:
    """Return what reads label configs, and learns in another way than the recipe.

    `fit(seen, labels, pool=None)` gives what is `Ready`.
    """

    def control(label_config: str) -> Control:
        return cast(Control, _Learning(control_of(label_config), fit, load))

    return control


@dataclass(frozen=True)
class _Learning:
    control: Control
    fits: Callable[..., Any]
    load: Callable[[bytes], Any]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.control, name)

    def fit(self, labels: Any, seen: Any, pool: Any = None, tools: Any = None) -> Any:
        found = self.fits(seen, labels, pool=pool)
        return replace(found, load=self.load) if isinstance(found, Ready) else found


class MemoryStore:
    """An object store in a dict. `down` makes it fail as a store that can't be reached."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self._clock = clock or Clock()
        self._objects: dict[str, tuple[Stored, datetime]] = {}
        self._writes = 0
        self.down = False
        self.reads = 0

    def __contains__(self, key: str) -> bool:
        return key in self._objects

    def keys(self, part: str = "") -> list[str]:
        return sorted(key for key in self._objects if part in key)

    def body(self, key: str) -> bytes:
        return self._objects[key][0].body

    def everything(self) -> bytes:
        return b"\n".join(key.encode() + stored.body for key, (stored, _) in self._objects.items())

    def tamper(self, key: str, body: bytes) -> None:
        self._write(key, body)

    def get(self, key: str) -> Stored | None:
        self._answer()
        self.reads += 1
        found = self._objects.get(key)
        return found[0] if found else None

    def get_changed(self, key: str, etag: str) -> Stored | None:
        stored = self.get(key)
        return None if stored is None or stored.etag == etag else stored

    def create(self, key: str, body: bytes) -> str:
        self._answer()
        if key in self._objects:
            return self._ours(key, body)
        return self._write(key, body)

    def replace(self, key: str, body: bytes, etag: str) -> str:
        self._answer()
        if key not in self._objects:
            raise Conflict(key)
        if self._objects[key][0].etag != etag:
            return self._ours(key, body)
        return self._write(key, body)

    def delete(self, keys: Iterable[str]) -> None:
        self._answer()
        for key in keys:
            self._objects.pop(key, None)

    def list(self, prefix: str) -> Iterator[Listed]:
        self._answer()
        for key in sorted(self._objects):
            if key.startswith(prefix):
                yield Listed(key, self._objects[key][1].replace(microsecond=0))

    def folders(self, prefix: str) -> Iterator[str]:
        self._answer()
        below = (key.removeprefix(prefix) for key in self.keys() if key.startswith(prefix))
        yield from OrderedDict.fromkeys(key.partition("/")[0] for key in below if "/" in key)

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("the store is down")

    def _ours(self, key: str, body: bytes) -> str:
        stored = self._objects[key][0]
        if stored.body != body:
            raise Conflict(key)
        return stored.etag

    def _write(self, key: str, body: bytes) -> str:
        self._writes += 1
        etag = f'"{self._writes}"'
        self._objects[key] = Stored(body, etag), self._clock()
        return etag


class MemoryQueue:
    """Wake-ups sent, with their delays."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, int]] = []
        self.down = False

    def __len__(self) -> int:
        return len(self.sent)

    def send(self, message: Message, delay_s: int) -> None:
        if self.down:
            raise Unavailable("the queue is down")
        self.sent.append((message, delay_s))


_MADE_AT = "2026-11-23T09:00:00.000000Z"


class MemoryLabelStudio:
    """Label Studio with what its API does and does not do, as measured on 1.23.2.

    `down` and `denied` make every call fail. A label in `labels` is one the project's config has.
    """

    def __init__(
        self,
        labels: Iterable[str] = ("Positive", "Negative"),
        page_size: int = 500,
        clock: Callable[[], datetime] | None = None,
    ):
        self.labels = set(labels)
        self._clock = clock
        self._answered_at: datetime | None = None
        self.page_size = page_size
        self.calls: list[str] = []
        self.down = False
        self.denied = False
        self.backend_title: str | None = None
        self._projects: dict[int, dict[str, Any]] = {}
        self._tasks: dict[int, dict[str, Any]] = {}
        self._annotations: dict[int, list[dict[str, Any]]] = {}
        self._predictions: list[dict[str, Any]] = []
        self._last_id = 0

    def create_project(self, id_: int = 0, **settings: Any) -> int:
        id_ = id_ or self._new_id()
        defaults = {"model_version": "", "sampling": "Sequential sampling", "label_config": ""}
        defaults |= {"created_at": _MADE_AT, "updated_at": _MADE_AT}
        self._projects[id_] = defaults | {"id": id_, "title": "fake"} | settings
        return id_

    def delete_project(self, id_: int) -> None:
        del self._projects[id_]

    def import_tasks(self, id_: int, data: Iterable[dict[str, Any]]) -> list[int]:
        rows = list(data)
        made = [self._new_id() for _ in rows]
        for task, row in zip(made, rows, strict=True):
            fields = {"created_at": _MADE_AT, "updated_at": _MADE_AT, "is_labeled": False}
            fields |= {"overlap": 1}
            self._tasks[task] = {"id": task, "project": id_, "data": row} | fields
            self._annotations[task] = []
        return made

    def annotate(self, task: int, label: str, **fields: Any) -> int:
        self._tasks[task]["is_labeled"] = True
        id_ = self._new_id()
        result = [{"from_name": "label", "type": "choices", "value": {"choices": [label]}}]
        made = {"id": id_, "result": result, "was_cancelled": False, "ground_truth": False}
        made |= {"created_at": _MADE_AT, "updated_at": _MADE_AT, "completed_by": 1}
        self._annotations[task].append(made | fields)
        return id_

    def rename(self, id_: int, label: str) -> None:
        """Rename Labels: the result changes, and no time does."""
        for rows in self._annotations.values():
            for place, one in enumerate(rows):
                if one["id"] == id_:
                    (part,) = one["result"]
                    rows[place] = one | {"result": [part | {"value": {"choices": [label]}}]}

    def delete_annotation(self, id_: int) -> None:
        for rows in self._annotations.values():
            rows[:] = [one for one in rows if one["id"] != id_]

    def delete_task(self, task: int) -> None:
        del self._tasks[task], self._annotations[task]
        self._predictions = [kept for kept in self._predictions if kept["task"] != task]

    def next_task(self, id_: int) -> int | None:
        """Return the unlabelled task whose prediction of the active version has the lowest score.

        Tasks without such a prediction come last; theirs is the order of their ids here.
        """
        active = self._projects[id_]["model_version"]
        scores: dict[int, float] = {}
        for kept in self.predictions_of(id_, active):
            score = float("-inf") if kept["score"] is None else kept["score"]  # SQLite: nulls first
            scores[kept["task"]] = min(score, scores.get(kept["task"], float("inf")))
        left = [task for task in self._of(id_) if not task["is_labeled"]]
        left.sort(key=lambda task: (scores.get(task["id"], float("inf")), task["id"]))
        return left[0]["id"] if left else None

    def predictions_of(self, id_: int, version: str | None = None) -> list[dict[str, Any]]:
        ours = {task["id"] for task in self._of(id_)}
        return [
            kept
            for kept in self._predictions
            if kept["task"] in ours and version in (None, kept["model_version"])
        ]

    def now(self) -> datetime | None:
        return self._answered_at

    def project(self, id_: int, fields: Sequence[str] = ()) -> dict[str, Any]:
        self._answer("project", id_)
        known = self._projects[id_]
        if not fields:
            return known | self._counts(id_)
        if counted := {*fields} - known.keys():
            known = known | {"task_number": self._number(id_)}
        wanted = known | (self._counts(id_) if counted - {"task_number"} else {})
        return {name: wanted[name] for name in fields if name in wanted}

    def _number(self, id_: int) -> int:
        return sum(task["project"] == id_ for task in self._tasks.values())

    def _counts(self, id_: int) -> dict[str, int]:
        tasks = self._of(id_)
        rows = [one for task in tasks for one in self._annotations[task["id"]]]
        skipped = sum(one["was_cancelled"] for one in rows)
        return {
            "task_number": self._number(id_),
            "total_annotations_number": len(rows) - skipped,
            "skipped_annotations_number": skipped,
        }

    def change_project(self, id_: int, **settings: Any) -> None:
        self._answer("change_project", id_)
        version = settings.get("model_version")
        if version and version != self.backend_title and not self.predictions_of(id_, version):
            raise Rejected("Label Studio answered 400: no such model version")
        self._projects[id_] |= settings

    def tasks(self, id_: int) -> Iterator[list[dict[str, Any]]]:
        self._answer("tasks", id_)
        for page in batched(self._of(id_), self.page_size, strict=False):
            yield [self._listed(task) for task in page]

    def tasks_after(self, id_: int, last: int) -> TaskPage:
        self._answer("tasks_after", id_)
        left = list(self._above(id_, last))
        page = [self._listed(task) for task in left[: self.page_size]]
        return TaskPage(page, page[-1]["id"] if len(left) > len(page) else None, len(left))

    def exported(self, id_: int, tasks: Sequence[int]) -> list[dict[str, Any]]:
        self._answer("exported", id_)
        ours = [self._tasks[task] for task in tasks if task in self._tasks]
        return [
            self._exported(task)
            for task in ours
            if task["project"] == id_ and self._annotations[task["id"]]
        ]

    def export(self, id_: int) -> Iterator[list[dict[str, Any]]]:
        self._answer("export", id_)
        annotated = [task for task in self._of(id_) if self._annotations[task["id"]]]
        for page in batched(annotated, self.page_size, strict=False):
            yield [self._exported(task) for task in page]

    def _listed(self, task: dict[str, Any]) -> dict[str, Any]:
        rows = self._annotations[task["id"]]
        skipped = sum(one["was_cancelled"] for one in rows)
        counts = {"total_annotations": len(rows) - skipped, "cancelled_annotations": skipped}
        return task | counts

    def _exported(self, task: dict[str, Any]) -> dict[str, Any]:
        return self._listed(task) | {"annotations": list(self._annotations[task["id"]])}

    def add_predictions(self, id_: int, predictions: list[dict[str, Any]]) -> int:
        self._answer("add_predictions", id_)
        ours = {task["id"] for task in self._of(id_)}
        if any(item["task"] not in ours for item in predictions):
            raise Rejected("Label Studio answered 400: unknown task")
        taken = [item for item in predictions if self._is_valid(item)]
        for item in taken:
            made = {"id": self._new_id(), "model_version": "undefined", "score": None}
            self._predictions.append(made | item)
        return len(taken)

    def add_prediction(self, prediction: dict[str, Any]) -> None:
        task = prediction["task"]
        if all(task != one["id"] for id_ in self._projects for one in self._of(id_)):
            raise Rejected("Label Studio answered 400: unknown task")
        self._predictions.append({"id": self._new_id(), "score": None} | prediction)

    def predictions(self, id_: int) -> list[dict[str, Any]]:
        self._answer("predictions", id_)
        return self.predictions_of(id_)

    def delete_prediction(self, prediction: int) -> None:
        self._answer("delete_prediction", None)
        self._predictions = [kept for kept in self._predictions if kept["id"] != prediction]

    def prediction_counts(self, id_: int) -> dict[str, int]:
        self._answer("prediction_counts", id_)
        return dict(Counter(kept["model_version"] for kept in self.predictions_of(id_)))

    def delete_predictions(self, id_: int, version: str) -> None:
        self._answer("delete_predictions", id_)
        gone = {kept["id"] for kept in self.predictions_of(id_, version)}
        self._predictions = [kept for kept in self._predictions if kept["id"] not in gone]
        active = self._projects[id_]["model_version"]
        if active in (version, self.backend_title):
            self._projects[id_]["model_version"] = None

    def _answer(self, call: str, id_: int | None) -> None:
        self.calls.append(call)
        if self.down:
            raise Unavailable("Label Studio is down")
        if self.denied:
            raise Denied("Label Studio refuses the token")
        if id_ is not None and id_ not in self._projects:
            raise NotFound(f"Label Studio has no project {id_}")
        if self._clock:
            self._answered_at = self._clock().replace(microsecond=0)

    def _of(self, id_: int) -> list[dict[str, Any]]:
        return list(self._above(id_, 0))

    def _above(self, id_: int, last: int) -> Iterator[dict[str, Any]]:
        ids = sorted(self._tasks)
        tasks = (self._tasks[id] for id in islice(ids, bisect_right(ids, last), None))
        return (task for task in tasks if task["project"] == id_)

    def _is_valid(self, item: dict[str, Any]) -> bool:
        score = item.get("score")
        chosen = [label for part in item["result"] for label in part["value"].get("choices", [])]
        # A nested choice, which is a list, is refused for one that the config doesn't have.
        is_offered = all(isinstance(one, str) and one in self.labels for one in chosen)
        return (score is None or isinstance(score, int | float)) and is_offered

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

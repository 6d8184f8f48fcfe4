"""The record of a version's training, stored beside it, and the last version that was rejected.

    projects/<id>.<created>/
      models/<version>/evidence.npz     labels learnt, and answers out of fold; immutable
      models/<version>/doubts.json      labels worth a second look, best first; immutable
      models/<version>/alike.json       tasks that are alike and labelled differently, if any
      gate.json                         the last rejection                   (compare-and-swap)

Both files of a version are stored before its card. If they are missing or damaged, the version is
served all the same, and the next one is compared with nothing.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.features import DAMAGED, arrays_of
from labelloop.bucket.objects import PROJECTS, swap
from labelloop.bucket.pointers import Tagged
from labelloop.domain.answers import Answers, Label
from labelloop.domain.columns import Columns
from labelloop.domain.intake.events import canonical
from labelloop.domain.judging.hold import Hold
from labelloop.ports import ObjectStore

MOST_ROWS: Final = 20_000  # 3 MB of 77 classes; the newest ones
MOST_DOUBTS: Final = 200
_ANSWERS: Final = "answers:"  # before the names of their arrays


@dataclass(frozen=True, slots=True)
class SamplePredictions:
    """What a version predicted for a sample of the pool: a label for each task.

    `labels`: how many it was trained on.
    """

    labels: int
    tasks: NDArray[np.int64]
    predicted: list[Label]


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """What a version learnt: tasks by id, their labels, and its answers out of fold.

    `sample`: this version's predictions, or an older one's where too few labels lie in between;
    `tuned`: those of the tasks that the encoder was tuned to, ascending.
    """

    tasks: NDArray[np.int64]
    labels: list[Label]
    out_of_fold: Answers
    sample: SamplePredictions
    tuned: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Whether a task's answer out of fold tells how good the version is. Shape (tasks,)."""
        return self.out_of_fold.columns.are_finite() & ~np.isin(self.tasks, self.tuned)

    @classmethod
    def without_labels(cls, answers: Answers) -> Self:
        """Return the record of a version that came before any label. `answers`: for 0 tasks."""
        nothing = np.empty(0, np.int64)
        return cls(nothing, [], answers, SamplePredictions(0, nothing, []))


@dataclass(frozen=True, slots=True)
class Rejection:
    """The last version that was rejected, and its champion; empty = there is none.

    `since`: a time as text; labels updated later are new to the first version that was rejected.
    """

    champion: str = ""
    version: str = ""
    reason: str = ""
    since: str = ""
    at: str = ""
    hold: Hold = field(default_factory=Hold)  # earlier releases stored none


class EvidenceFiles:
    """The evidence of one project's versions. Raises what the store raises."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._root = f"{PROJECTS}{key}/"

    def store(
        self,
        version: str,
        record: TrainingRecord,
        doubts: Sequence[dict[str, Any]],
        alike: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Store the record of a version that has no card yet, and what it says of labels."""
        self._store.create(self._key(version, "evidence.npz"), _packed(record))
        body = canonical(list(doubts[:MOST_DOUBTS])).encode()
        self._store.create(self._key(version, "doubts.json"), body)
        if alike:
            body = canonical(list(alike[:MOST_DOUBTS])).encode()
            self._store.create(self._key(version, "alike.json"), body)

    def of(self, version: str) -> TrainingRecord | None:
        """Return a version's record; None if it is missing or damaged."""
        stored = self._store.get(self._key(version, "evidence.npz"))
        try:
            return _unpacked(arrays_of(stored.body)) if stored else None
        except DAMAGED:
            return None

    def doubts(self, version: str) -> list[dict[str, Any]]:
        """Return the labels worth a second look, best first; none if missing or damaged."""
        return self._rows(version, "doubts.json")

    def alike(self, version: str) -> list[dict[str, Any]]:
        """Return pairs of tasks that are alike and labelled differently; none if damaged."""
        return self._rows(version, "alike.json")

    def rejection(self, champion: str) -> Tagged[Rejection]:
        """Return the last rejection if it was in favour of this version, else an empty one.

        So a switch, by a training or by hand, ends a rejection without a write of its own.
        """
        stored = self._store.get(f"{self._root}gate.json")
        if stored is None:
            return Tagged(Rejection(), "")
        try:
            fields = json.loads(stored.body)
            last = Rejection(**fields | {"hold": Hold(**fields.get("hold", {}))})
        except (ValueError, TypeError, AttributeError):
            last = Rejection()
        return Tagged(last if last.champion == champion else Rejection(), stored.etag)

    def set_rejection(self, after: Tagged[Rejection], to: Rejection) -> None:
        """Store a rejection; Conflict if another one was stored meanwhile."""
        key, body = f"{self._root}gate.json", canonical(asdict(to)).encode()
        swap(self._store, key, body, after.etag)

    def forget_rejection(self, champion: str) -> None:
        """Forget a rejection in favour of this version: its labels are again the current ones."""
        last = self.rejection(champion)
        if last.value != Rejection():
            self.set_rejection(last, Rejection())

    def _rows(self, version: str, name: str) -> list[dict[str, Any]]:
        stored = self._store.get(self._key(version, name))
        try:
            return list(json.loads(stored.body)) if stored else []
        except (ValueError, TypeError):
            return []

    def _key(self, version: str, name: str) -> str:
        return f"{self._root}models/{version}/{name}"


def _packed(record: TrainingRecord) -> bytes:
    known, labels = _coded(record.labels)
    sample_known, predicted = _coded(record.sample.predicted)
    arrays: dict[str, Any] = {
        "names": np.array(record.out_of_fold.names, np.str_),
        "tasks": record.tasks,
        "known": known,
        "labels": labels,
        "look_labels": np.array(record.sample.labels),
        "look_tasks": record.sample.tasks,
        "look_known": sample_known,
        "look_said": predicted,
    }
    if len(record.tuned):
        arrays["tuned"] = record.tuned
    for name, array in record.out_of_fold.columns.to_arrays().items():
        arrays[f"{_ANSWERS}{name}"] = array.astype(np.float16) if array.dtype.kind == "f" else array
    body = io.BytesIO()
    np.savez_compressed(body, **arrays)
    return body.getvalue()


def _unpacked(arrays: dict[str, NDArray[Any]]) -> TrainingRecord:
    if "known" not in arrays:
        arrays = _as_now(arrays)
    tasks = arrays["tasks"].astype(np.int64)
    answers = {
        name.removeprefix(_ANSWERS): array.astype(np.float32) if array.dtype.kind == "f" else array
        for name, array in arrays.items()
        if name.startswith(_ANSWERS)
    }
    if not len(tasks) or (np.diff(tasks) <= 0).any():
        raise ValueError("the tasks are not by id, or there are none")
    out_of_fold = Answers(tuple(arrays["names"].tolist()), Columns.from_arrays(len(tasks), answers))
    sample_tasks = arrays["look_tasks"].astype(np.int64)
    predicted = _decoded(arrays["look_known"], arrays["look_said"], len(sample_tasks))
    sample = SamplePredictions(int(arrays["look_labels"]), sample_tasks, predicted)
    labels = _decoded(arrays["known"], arrays["labels"], len(tasks))
    tuned = arrays.get("tuned", np.empty(0)).astype(np.int64)
    return TrainingRecord(tasks, labels, out_of_fold, sample, tuned)


def _as_now(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the arrays of the previous release, which stored labels as places among names."""
    names, look_names = arrays["classes"], arrays["look_classes"]
    if arrays["out_of_fold"].shape != (len(arrays["tasks"]), len(names)):
        raise ValueError("the arrays don't fit each other")
    return arrays | {
        "names": names,
        "known": np.array([canonical(name) for name in names.tolist()], np.str_),
        "look_known": np.array([canonical(name) for name in look_names.tolist()], np.str_),
        f"{_ANSWERS}probabilities": arrays["out_of_fold"],
    }


def _coded(labels: Sequence[Label]) -> tuple[NDArray[np.str_], NDArray[np.int32]]:
    """Return the different labels as texts, and the place of each label among them."""
    texts = [canonical(label) for label in labels]
    known = sorted(set(texts))
    place = {text: number for number, text in enumerate(known)}
    return np.array(known, np.str_), np.array([place[text] for text in texts], np.int32)


def _decoded(known: NDArray[np.str_], codes: NDArray[Any], rows: int) -> list[Label]:
    labels = [json.loads(text) for text in known.tolist()]
    if codes.shape != (rows,) or (rows and not 0 <= codes.min() <= codes.max() < len(labels)):
        raise ValueError("the labels don't fit the tasks")
    return [labels[code] for code in codes.tolist()]

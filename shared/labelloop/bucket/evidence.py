"""What a version said when it was trained, kept beside it, and the last version that was refused.

    projects/<id>.<created>/
      models/<version>/evidence.npz     labels learnt, and answers out of fold; immutable
      models/<version>/doubts.json      labels worth a second look, best first; immutable
      gate.json                         the last refusal                     (compare-and-swap)

Both files of a version are stored before its card. Without them, or with damaged ones, a version
is served all the same; the next one is then compared with nothing.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.features import DAMAGED, arrays_of
from labelloop.bucket.objects import PROJECTS
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
    """What a version said of a sample of the pool: a label for each task.

    `labels`: how many it was trained on.
    """

    labels: int
    tasks: NDArray[np.int64]
    said: list[Label]


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """What a version learnt: tasks by id, their labels, and its answers out of fold.

    `look`: of this version, or of an older one where too few labels lie in between.
    """

    tasks: NDArray[np.int64]
    labels: list[Label]
    out_of_fold: Answers
    look: SamplePredictions


@dataclass(frozen=True, slots=True)
class Rejection:
    """The last version that was refused, by the one it was to replace; empty = there is none.

    `since`: labels updated after this text are newer than all that the first refused version knew.
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

    def keep(self, version: str, kept: TrainingRecord, doubts: Sequence[dict[str, Any]]) -> None:
        """Store what belongs to a version that has no card yet."""
        self._store.create(self._key(version, "evidence.npz"), _packed(kept))
        body = canonical(list(doubts[:MOST_DOUBTS])).encode()
        self._store.create(self._key(version, "doubts.json"), body)

    def of(self, version: str) -> TrainingRecord | None:
        """Return what is kept of a version, None if nothing that can be read."""
        stored = self._store.get(self._key(version, "evidence.npz"))
        try:
            return _unpacked(arrays_of(stored.body)) if stored else None
        except DAMAGED:
            return None

    def doubts(self, version: str) -> list[dict[str, Any]]:
        """Return the labels worth a second look, best first; none if nothing can be read."""
        stored = self._store.get(self._key(version, "doubts.json"))
        try:
            return list(json.loads(stored.body)) if stored else []
        except (ValueError, TypeError):
            return []

    def refusal(self, champion: str) -> Tagged[Rejection]:
        """Return the last refusal if it was by this version, else an empty one.

        So a switch, by a training or by hand, ends a refusal without a write of its own.
        """
        stored = self._store.get(f"{self._root}gate.json")
        if stored is None:
            return Tagged(Rejection(), "")
        try:
            fields = json.loads(stored.body)
            found = Rejection(**fields | {"hold": Hold(**fields.get("hold", {}))})
        except (ValueError, TypeError, AttributeError):
            found = Rejection()
        return Tagged(found if found.champion == champion else Rejection(), stored.etag)

    def set_rejection(self, after: Tagged[Rejection], to: Rejection) -> None:
        """Remember a refusal; Conflict if somebody else refused meanwhile."""
        key, body = f"{self._root}gate.json", canonical(asdict(to)).encode()
        if after.etag:
            self._store.replace(key, body, after.etag)
        else:
            self._store.create(key, body)

    def forget_rejection(self, champion: str) -> None:
        """Forget a refusal by this version: the labels are again those that it learnt."""
        known = self.refusal(champion)
        if known.value != Rejection():
            self.set_rejection(known, Rejection())

    def _key(self, version: str, name: str) -> str:
        return f"{self._root}models/{version}/{name}"


def _packed(kept: TrainingRecord) -> bytes:
    known, labels = _coded(kept.labels)
    look_known, said = _coded(kept.look.said)
    arrays: dict[str, Any] = {
        "names": np.array(kept.out_of_fold.names, np.str_),
        "tasks": kept.tasks,
        "known": known,
        "labels": labels,
        "look_labels": np.array(kept.look.labels),
        "look_tasks": kept.look.tasks,
        "look_known": look_known,
        "look_said": said,
    }
    for name, array in kept.out_of_fold.columns.to_arrays().items():
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
    look_tasks = arrays["look_tasks"].astype(np.int64)
    said = _decoded(arrays["look_known"], arrays["look_said"], len(look_tasks))
    look = SamplePredictions(int(arrays["look_labels"]), look_tasks, said)
    return TrainingRecord(
        tasks, _decoded(arrays["known"], arrays["labels"], len(tasks)), out_of_fold, look
    )


def _as_now(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return what the release before stored, which knew labels by their places among names."""
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

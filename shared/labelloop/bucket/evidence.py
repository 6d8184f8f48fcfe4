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
from labelloop.domain.intake.events import canonical
from labelloop.domain.judging.hold import Hold
from labelloop.ports import ObjectStore

MOST_ROWS: Final = 20_000  # 3 MB of 77 classes; the newest ones
MOST_DOUBTS: Final = 200


@dataclass(frozen=True, slots=True)
class Look:
    """What a version made of a sample of the pool: a class (its place in `classes`) for each task.

    `labels`: how many it was trained on.
    """

    labels: int
    classes: list[str]
    tasks: NDArray[np.int64]
    said: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a version learnt: tasks by id, labels (places in `classes`), answers out of fold (n, k).

    `look`: of this version, or of an older one where too few labels lie in between.
    """

    classes: list[str]
    tasks: NDArray[np.int64]
    labels: NDArray[np.int64]
    out_of_fold: NDArray[np.float32]
    look: Look


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last version that was refused, by the one it was to replace; empty = there is none.

    `since`: labels updated after this text are newer than all that the first refused version knew.
    """

    champion: str = ""
    version: str = ""
    reason: str = ""
    since: str = ""
    at: str = ""
    hold: Hold = field(default_factory=Hold)  # earlier releases stored none


class KeptEvidence:
    """The evidence of one project's versions. Raises what the store raises."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._root = f"{PROJECTS}{key}/"

    def keep(self, version: str, kept: Kept, doubts: Sequence[dict[str, Any]]) -> None:
        """Store what belongs to a version that has no card yet."""
        self._store.create(self._key(version, "evidence.npz"), _packed(kept))
        body = canonical(list(doubts[:MOST_DOUBTS])).encode()
        self._store.create(self._key(version, "doubts.json"), body)

    def of(self, version: str) -> Kept | None:
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

    def refusal(self, champion: str) -> Tagged[Refusal]:
        """Return the last refusal if it was by this version, else an empty one.

        So a switch, by a training or by hand, ends a refusal without a write of its own.
        """
        stored = self._store.get(f"{self._root}gate.json")
        if stored is None:
            return Tagged(Refusal(), "")
        try:
            fields = json.loads(stored.body)
            found = Refusal(**fields | {"hold": Hold(**fields.get("hold", {}))})
        except (ValueError, TypeError, AttributeError):
            found = Refusal()
        return Tagged(found if found.champion == champion else Refusal(), stored.etag)

    def set_refusal(self, after: Tagged[Refusal], to: Refusal) -> None:
        """Remember a refusal; Conflict if somebody else refused meanwhile."""
        key, body = f"{self._root}gate.json", canonical(asdict(to)).encode()
        if after.etag:
            self._store.replace(key, body, after.etag)
        else:
            self._store.create(key, body)

    def forget_refusal(self, champion: str) -> None:
        """Forget a refusal by this version: the labels are again those that it learnt."""
        known = self.refusal(champion)
        if known.value != Refusal():
            self.set_refusal(known, Refusal())

    def _key(self, version: str, name: str) -> str:
        return f"{self._root}models/{version}/{name}"


def _packed(kept: Kept) -> bytes:
    body = io.BytesIO()
    np.savez_compressed(
        body,
        classes=np.array(kept.classes, np.str_),
        tasks=kept.tasks,
        labels=kept.labels.astype(np.int32),
        out_of_fold=kept.out_of_fold.astype(np.float16),
        look_labels=np.array(kept.look.labels),
        look_classes=np.array(kept.look.classes, np.str_),
        look_tasks=kept.look.tasks,
        look_said=kept.look.said.astype(np.int32),
    )
    return body.getvalue()


def _unpacked(arrays: dict[str, NDArray[Any]]) -> Kept:
    classes, labels = arrays["classes"].tolist(), arrays["labels"].astype(np.int64)
    tasks, rows = arrays["tasks"].astype(np.int64), arrays["out_of_fold"].astype(np.float32)
    if rows.shape != (len(tasks), len(classes)) or labels.shape != tasks.shape:
        raise ValueError("the arrays don't fit each other")
    look = Look(
        int(arrays["look_labels"]),
        arrays["look_classes"].tolist(),
        arrays["look_tasks"].astype(np.int64),
        arrays["look_said"].astype(np.int64),
    )
    if look.said.shape != look.tasks.shape:
        raise ValueError("the arrays don't fit each other")
    if not len(tasks) or (np.diff(tasks) <= 0).any():
        raise ValueError("the tasks are not by id, or there are none")
    if not 0 <= labels.min() <= labels.max() < len(classes):
        raise ValueError("a label is none of the classes")
    if look.said.size and not 0 <= look.said.min() <= look.said.max() < len(look.classes):
        raise ValueError("an answer is none of the classes")
    return Kept(classes, tasks, labels, rows, look)

"""What a part of the pool brings to the queue: the tasks that may come next, as arrays.

A part of a large pool holds many tasks that can't get into the head of the queue. It brings those
that any strategy may choose: the unsure ones, a fair sample for strategies that must see all, and
the next of the random share. The sample goes on in the random order where the share ends, so the
samples of all parts, cut where the first of them ends, are a fair sample of all.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.learning.features import Bags, Features, joined
from labelloop.domain.ordering.random_share import EVERY, SHARE, places
from labelloop.domain.ordering.selection import Floats, margin
from labelloop.domain.ordering.typicality import MOST_POINTS

_SPARE: Final = 100  # beyond the head, for strategies that pass tasks over
_LEAST: Final = 200
_EXACT_PARTS: Final = 20  # of more parts each brings less: the unsure ones are spread over all


@dataclass(frozen=True, slots=True)
class Candidates:
    """Some tasks: ids, probabilities of shape (tasks, classes), and features.

    No classes before the first model. `sampled_to`: outside the random share no task is missing
    whose place in the random order is below.
    """

    tasks: NDArray[np.int64]
    probabilities: Floats
    features: Features
    sampled_to: float = 1.0

    def __len__(self) -> int:
        """Return how many tasks there are."""
        return len(self.tasks)

    def take(self, rows: Sequence[int] | NDArray[np.integer]) -> "Candidates":
        """Return some of the tasks, in the order asked for."""
        rows = np.asarray(rows, np.int64)
        probabilities, features = self.probabilities[rows], self.features.take(rows)
        return Candidates(self.tasks[rows], probabilities, features, self.sampled_to)

    def is_sampled(self, salt: str) -> NDArray[np.bool_]:
        """Say which, of those outside the random share, are a fair sample of the pool's."""
        return places(self.tasks, salt) < self.sampled_to

    def to_bytes(self) -> bytes:
        """Return what `from_bytes` reads. Bags are kept only where there are no vectors."""
        arrays: dict[str, Any] = {
            "tasks": self.tasks,
            "probabilities": self.probabilities,
            "sampled_to": self.sampled_to,
        }
        if self.features.vectors is None:
            bags = self.features.bags
            arrays |= {"ids": bags.ids, "counts": bags.counts, "starts": bags.starts}
        else:
            arrays |= {"vectors": self.features.vectors}
        body = io.BytesIO()
        np.savez(body, **arrays)  # vectors are not worth compressing
        return body.getvalue()

    @classmethod
    def from_bytes(cls, body: bytes) -> "Candidates":
        """Return the candidates of a part."""
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            arrays: dict[str, Any] = dict(file)
        tasks, vectors = arrays["tasks"], arrays.get("vectors")
        bags = (
            _no_bags(len(tasks))
            if vectors is not None
            else Bags(arrays["ids"], arrays["counts"], arrays["starts"])
        )
        sampled_to = float(arrays.get("sampled_to", 1.0))  # an older part does not tell
        return cls(tasks, arrays["probabilities"], Features(bags, vectors), sampled_to)


def merged(parts: Sequence[Candidates]) -> Candidates:
    """Return the candidates of all parts, one or more, each task once: its newest part counts."""
    tasks = np.concatenate([part.tasks for part in parts])
    all_ = Candidates(
        tasks,
        np.concatenate([part.probabilities for part in parts]),
        joined([part.features for part in parts]),
        min(part.sampled_to for part in parts),
    )
    last = len(tasks) - 1 - np.unique(tasks[::-1], return_index=True)[1]
    return all_.take(last)


def worth_a_place(found: Candidates, size: int, parts: int, salt: str) -> Candidates:
    """Return those that may be among the first `size` of a queue made of so many parts."""
    at = places(found.tasks, salt)
    order = np.argsort(at, kind="stable")
    random, chosen = np.split(order, [np.count_nonzero(at < SHARE)])
    most = size + _SPARE
    if parts > _EXACT_PARTS:
        most = min(most, max(_LEAST, most * _EXACT_PARTS // parts))
    # Some more than an equal share: all samples are cut where the first of them ends.
    sample, left = np.split(chosen, [max(most, MOST_POINTS) // parts + _SPARE // 2])
    worth = [random[: size // EVERY + _SPARE], sample]
    if found.probabilities.shape[1] >= 2:
        unsure = np.argsort(margin(found.probabilities[chosen]), kind="stable")[:most]
        worth.append(chosen[unsure])
    sampled_to = float(at[left[0]]) if len(left) else 1.0
    return replace(found.take(np.unique(np.concatenate(worth))), sampled_to=sampled_to)


def _no_bags(texts: int) -> Bags:
    empty = np.empty(0, np.uint32), np.empty(0, np.float32)
    return Bags.of([empty] * texts)

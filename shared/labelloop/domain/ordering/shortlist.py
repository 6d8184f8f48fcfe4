"""The shortlist of a part of the pool: its tasks that may come next, as arrays.

Most tasks of a large pool can't get into the queue. The shortlist has those that any strategy may
choose: the unsure ones, a fair sample for strategies that compare all tasks, and the next of the
random share. The sample follows the random order from where the share ends, so the samples of all
parts, cut where the first of them ends, are a fair sample of the pool.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Reading, joined_answers
from labelloop.domain.columns import Columns, Rows, joined
from labelloop.domain.measure import Measure
from labelloop.domain.ordering.random_share import EVERY, SHARE, places
from labelloop.domain.ordering.typicality import MOST_POINTS

_SPARE: Final = 100  # beyond the queue, for strategies that pass tasks over
_LEAST: Final = 200
_EXACT_PARTS: Final = 20  # with more parts each has fewer: unsure tasks are spread over all
_OWN: Final = ("tasks", "sampled_to", "names")
_SEEN, _ANSWERS = "seen:", "answers:"


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Some tasks: ids, features and, once there is a model, answers.

    `sampled_to`: outside the random share, the shortlist has all tasks of its part whose place in
    the random order is below this number.
    """

    tasks: NDArray[np.int64]
    features: Columns
    answers: Answers | None
    sampled_to: float = 1.0

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.tasks)

    def take(self, rows: Rows) -> "Shortlist":
        """Return the tasks of some rows, in the order of `rows`."""
        rows = np.asarray(rows, np.int64)
        answers = None if self.answers is None else self.answers.take(rows)
        return Shortlist(self.tasks[rows], self.features.take(rows), answers, self.sampled_to)

    def is_sampled(self, project_key: str) -> NDArray[np.bool_]:
        """Say for each task outside the random share whether it is in the fair sample of them."""
        return places(self.tasks, project_key) < self.sampled_to

    def reading(self, measure: Measure) -> Reading | None:
        """Return the reading of the answers, None before the first model."""
        return None if self.answers is None else measure.reading(self.answers)

    def to_bytes(self) -> bytes:
        """Return the shortlist as it is stored; `from_bytes` reads it."""
        arrays: dict[str, Any] = {"tasks": self.tasks, "sampled_to": self.sampled_to}
        arrays |= _prefixed(_SEEN, self.features)
        if self.answers is not None:
            arrays["names"] = np.array(self.answers.names, np.str_)
            arrays |= _prefixed(_ANSWERS, self.answers.columns)
        body = io.BytesIO()
        np.savez(body, **arrays)  # vectors are not worth compressing
        return body.getvalue()

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """Return a stored shortlist.

        Raises one of `bucket.features.DAMAGED` for other bytes; KeyError, which is one, for the
        shortlist of a release that stored other arrays.
        """
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            arrays: dict[str, Any] = dict(file)
        for name in arrays:
            if name not in _OWN and not name.startswith((_SEEN, _ANSWERS)):
                raise KeyError(name)
        tasks = arrays["tasks"]
        stored = _without(_SEEN, arrays)
        answers = None
        if "names" in arrays:
            columns = Columns.from_arrays(len(tasks), _without(_ANSWERS, arrays))
            answers = Answers(tuple(arrays["names"].tolist()), columns)
        features = Columns.from_arrays(len(tasks), stored)
        return cls(tasks, features, answers, float(arrays["sampled_to"]))


def merged(parts: Sequence[Shortlist]) -> Shortlist:
    """Return the shortlists of all parts, one or more, as one; of a task the last part counts.

    All have answers, by the same names, or none has.
    """
    tasks = np.concatenate([part.tasks for part in parts])
    answers = [part.answers for part in parts if part.answers is not None]
    all_ = Shortlist(
        tasks,
        joined([part.features for part in parts]),
        joined_answers(answers) if answers else None,
        min(part.sampled_to for part in parts),
    )
    last = len(tasks) - 1 - np.unique(tasks[::-1], return_index=True)[1]
    return all_.take(last)


def worth_a_place(
    part: Shortlist, reading: Reading | None, size: int, parts: int, project_key: str
) -> Shortlist:
    """Return the shortlist of a part: tasks that may be among the first `size` of all parts' queue.

    `part`: all tasks of the part, with the features that `Control.apart` names; `reading`: of their
    answers; `parts`: how many there are.
    """
    numbers = places(part.tasks, project_key)
    order = np.argsort(numbers, kind="stable")
    random, chosen = np.split(order, [np.count_nonzero(numbers < SHARE)])
    most = size + _SPARE
    if parts > _EXACT_PARTS:
        most = min(most, max(_LEAST, most * _EXACT_PARTS // parts))
    # Some more than an equal share, as all samples are cut where the first of them ends.
    sample, others = np.split(chosen, [max(most, MOST_POINTS) // parts + _SPARE // 2])
    worth = [random[: size // EVERY + _SPARE], sample]
    if reading is not None:
        unsure = np.argsort(reading.sureness()[chosen], kind="stable")[:most]
        worth.append(chosen[unsure])
    sampled_to = float(numbers[others[0]]) if len(others) else 1.0
    return replace(part.take(np.unique(np.concatenate(worth))), sampled_to=sampled_to)


def _prefixed(prefix: str, columns: Columns) -> dict[str, NDArray[Any]]:
    return {f"{prefix}{name}": array for name, array in columns.to_arrays().items()}


def _without(prefix: str, arrays: dict[str, Any]) -> dict[str, NDArray[Any]]:
    return {n.removeprefix(prefix): array for n, array in arrays.items() if n.startswith(prefix)}

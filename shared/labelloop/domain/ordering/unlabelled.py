"""The pool for strategies: unlabelled tasks in one order, each input once."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Floats, Reading

type Rows = NDArray[np.int64]

_PROJECTIONS: Final = 4
_CLOSE: Final = 1e-5  # between projections: unit vectors are right to some 1e-7


@dataclass(frozen=True, slots=True)
class SelectionInput:
    """Tasks that may be labelled, n of them, and those that are labelled already.

    `tasks`: ids; `vectors`: unit length, shape (n, dimensions); `labelled`: vectors of labelled
    tasks, the newest first; `reading`: of the model's answers, None before the first
    model; `is_sampled`: which tasks are a fair sample, where the others are there for being unsure;
    None if all are.
    """

    tasks: NDArray[np.int64]
    vectors: Floats
    labelled: Floats
    reading: Reading | None = None
    is_sampled: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """The tasks to choose from, by id. A strategy returns places in these arrays.

    `rows`: the row of each in the pool; `repeats`: pool rows of tasks that are like one of these or
    like a labelled one; `labelled`: vectors of the labelled tasks; `sample`: places of a fair
    sample, not empty unless all are.
    """

    rows: Rows
    repeats: Rows
    vectors: Floats
    labelled: Floats
    reading: Reading | None
    sample: Rows

    def __len__(self) -> int:
        """Return the number of tasks to choose from."""
        return len(self.rows)

    @property
    def labels(self) -> int:
        """The number of labelled tasks."""
        return len(self.labelled)

    def sampled(self) -> "Unlabelled":
        """Return the tasks of the sample alone."""
        return replace(
            self,
            rows=self.rows[self.sample],
            vectors=self.vectors[self.sample],
            reading=None if self.reading is None else self.reading.take(self.sample),
            sample=np.arange(len(self.sample)),
        )


def unlabelled(pool: SelectionInput) -> Unlabelled:
    """Return the tasks to choose from, the same for any order of the pool's rows."""
    is_usable = np.isfinite(pool.vectors).all(axis=1)
    if pool.reading is not None:
        is_usable &= np.isfinite(pool.reading.confidence)
    labelled = pool.labelled[np.isfinite(pool.labelled).all(axis=1)]
    usable = np.flatnonzero(is_usable)
    usable = usable[np.argsort(pool.tasks[usable], kind="stable")]
    usable = usable[np.unique(pool.tasks[usable], return_index=True)[1]]
    groups = _alike(np.concatenate([_projections(labelled), _projections(pool.vectors[usable])]))
    first = np.unique(groups, return_index=True)[1]
    is_first = np.isin(np.arange(len(labelled) + len(usable)), first)[len(labelled) :]
    rows = usable[is_first]
    sample = (
        np.arange(len(rows)) if pool.is_sampled is None else np.flatnonzero(pool.is_sampled[rows])
    )
    return Unlabelled(
        rows,
        usable[~is_first],
        pool.vectors[rows],
        labelled,
        None if pool.reading is None else pool.reading.take(rows),
        sample if len(sample) else np.arange(len(rows)),
    )


def _projections(vectors: Floats) -> Floats:
    """Return where vectors lie in some random directions, shape (n, d) -> (n, _PROJECTIONS)."""
    weights = np.random.default_rng(0).standard_normal((vectors.shape[1], _PROJECTIONS))
    return vectors @ weights.astype(np.float32)


def _alike(projections: Floats) -> Rows:
    """Return a number for each vector, the same for vectors of the same input only.

    They may differ in their last bits, so they are close in each of some random projections; other
    vectors are apart in one or another. Rounding would set apart some that are close.
    """
    groups = np.zeros(len(projections), np.int64)
    for projection in projections.T:
        order = np.lexsort((projection, groups))
        is_other = (np.diff(groups[order]) > 0) | (np.diff(projection[order]) > _CLOSE)
        groups[order[1:]] = np.cumsum(is_other)
    return groups

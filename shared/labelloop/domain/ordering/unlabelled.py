"""The pool as strategies see it: unlabelled tasks in one order, each text once."""

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
    """Tasks that may be labelled, n of them, and what is labelled already.

    `tasks`: ids; `vectors`: unit length, shape (n, dimensions); `labelled`: vectors of labelled
    tasks, in the order of labelling; `reading`: of the model's answers, None before the first
    model; `is_sampled`: which tasks are a fair sample, where the others were taken for being
    unsure, None where all are.
    """

    tasks: NDArray[np.int64]
    vectors: Floats
    labelled: Floats
    reading: Reading | None = None
    is_sampled: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """The tasks to choose from, by id: a strategy's answer is places in these arrays.

    `rows`: where each is in the pool; `repeats`: pool rows of tasks that are like one that is here
    or labelled already; `labelled`: vectors of the labelled tasks, as many as the caller gave;
    `sample`: places of a fair sample, never empty.
    """

    rows: Rows
    repeats: Rows
    vectors: Floats
    labelled: Floats
    reading: Reading | None
    sample: Rows

    def __len__(self) -> int:
        """Return how many tasks there are to choose from."""
        return len(self.rows)

    @property
    def labels(self) -> int:
        """How many tasks are labelled."""
        return len(self.labelled)

    def sampled(self) -> "Unlabelled":
        """Return the sample alone."""
        return replace(
            self,
            rows=self.rows[self.sample],
            vectors=self.vectors[self.sample],
            reading=None if self.reading is None else self.reading.take(self.sample),
            sample=np.arange(len(self.sample)),
        )


def unlabelled(pool: SelectionInput) -> Unlabelled:
    """Return what there is to choose from, the same for any order of the pool's rows."""
    is_usable = np.isfinite(pool.vectors).all(axis=1)
    if pool.reading is not None:
        is_usable &= np.isfinite(pool.reading.confidence)
    done = pool.labelled[np.isfinite(pool.labelled).all(axis=1)]
    left = np.flatnonzero(is_usable)
    left = left[np.argsort(pool.tasks[left], kind="stable")]
    left = left[np.unique(pool.tasks[left], return_index=True)[1]]
    first = np.unique(_alike(np.concatenate([done, pool.vectors[left]])), return_index=True)[1]
    is_first = np.isin(np.arange(len(done) + len(left)), first)[len(done) :]
    rows = left[is_first]
    sample = (
        np.arange(len(rows)) if pool.is_sampled is None else np.flatnonzero(pool.is_sampled[rows])
    )
    return Unlabelled(
        rows,
        left[~is_first],
        pool.vectors[rows],
        done,
        None if pool.reading is None else pool.reading.take(rows),
        sample if len(sample) else np.arange(len(rows)),
    )


def _alike(vectors: Floats) -> Rows:
    """Return a number for each vector, the same for those of the same input only.

    An input's vectors differ in their last bits, so they are close by each of some projections;
    others part by one or the next. Rounding would part some that are close.
    """
    weights = np.random.default_rng(0).standard_normal((vectors.shape[1], _PROJECTIONS))
    found = np.zeros(len(vectors), np.int64)
    for at in (vectors @ weights.astype(np.float32)).T:
        order = np.lexsort((at, found))
        is_other = (np.diff(found[order]) > 0) | (np.diff(at[order]) > _CLOSE)
        found[order[1:]] = np.cumsum(is_other)
    return found

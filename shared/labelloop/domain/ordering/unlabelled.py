"""The pool as strategies see it: unlabelled tasks in one order, each text once."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.learning.features import Bags

type Floats = NDArray[np.floating]
type Rows = NDArray[np.int64]

_PROJECTIONS: Final = 4
_CLOSE: Final = 1e-5  # between projections: unit vectors are right to some 1e-7
_DIMENSIONS: Final = 256  # of sketches: distances within some 6 %


@dataclass(frozen=True, slots=True)
class Pool:
    """All tasks of a project that can be told apart, labelled ones too.

    `tasks`: ids; `vectors`: unit length, shape (tasks, dimensions); `is_labelled`: booleans;
    `probabilities`: shape (tasks, classes), None before the first model; `is_sampled`: which of
    the unlabelled tasks are a fair sample, where the others were taken for their probabilities.
    """

    tasks: NDArray[np.int64]
    vectors: Floats
    is_labelled: NDArray[np.bool_]
    probabilities: Floats | None = None
    is_sampled: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """The tasks to choose from, by id: a strategy's answer is places in these arrays.

    `rows`: where each is in the pool; `repeats`: pool rows of texts that are here or labelled
    already; `labelled`: vectors of the labelled tasks, as many as the caller gave; `sample`: places
    of a fair sample, never empty.
    """

    rows: Rows
    repeats: Rows
    vectors: Floats
    labelled: Floats
    probabilities: Floats
    sample: Rows

    def __len__(self) -> int:
        """Return how many tasks there are to choose from."""
        return len(self.rows)

    @property
    def labels(self) -> int:
        """How many tasks are labelled."""
        return len(self.labelled)

    @property
    def classes(self) -> int:
        """How many classes the model knows, 0 without a model."""
        return int(self.probabilities.shape[1])

    def sampled(self) -> "Unlabelled":
        """Return the sample alone."""
        return replace(
            self,
            rows=self.rows[self.sample],
            vectors=self.vectors[self.sample],
            probabilities=self.probabilities[self.sample],
            sample=np.arange(len(self.sample)),
        )


def unlabelled(pool: Pool) -> Unlabelled:
    """Return what there is to choose from, the same for any order of the pool's rows."""
    p = np.empty((len(pool.tasks), 0)) if pool.probabilities is None else pool.probabilities
    finite = np.isfinite(pool.vectors).all(axis=1) & np.isfinite(p).all(axis=1)
    done = np.flatnonzero(pool.is_labelled & np.isfinite(pool.vectors).all(axis=1))
    done = done[np.argsort(pool.tasks[done], kind="stable")]
    left = np.flatnonzero(~pool.is_labelled & finite)
    left = left[np.argsort(pool.tasks[left], kind="stable")]
    left = left[np.unique(pool.tasks[left], return_index=True)[1]]
    known = np.concatenate([done, left])
    first = np.unique(_texts(pool.vectors[known]), return_index=True)[1]
    is_first = np.isin(np.arange(len(known)), first)[len(done) :]
    rows = left[is_first]
    sample = (
        np.arange(len(rows)) if pool.is_sampled is None else np.flatnonzero(pool.is_sampled[rows])
    )
    return Unlabelled(
        rows,
        left[~is_first],
        pool.vectors[rows],
        pool.vectors[done],
        p[rows],
        sample if len(sample) else np.arange(len(rows)),
    )


def _texts(vectors: Floats) -> Rows:
    """Return a number for each vector, the same for the same text only.

    A text's vectors differ in their last bits, so they are close by each of some projections;
    others part by one or the next. Rounding would part some that are close.
    """
    weights = np.random.default_rng(0).standard_normal((vectors.shape[1], _PROJECTIONS))
    found = np.zeros(len(vectors), np.int64)
    for at in (vectors @ weights.astype(np.float32)).T:
        order = np.lexsort((at, found))
        is_other = (np.diff(found[order]) > 0) | (np.diff(at[order]) > _CLOSE)
        found[order[1:]] = np.cumsum(is_other)
    return found


def sketches(bags: Bags) -> NDArray[np.float32]:
    """Return vectors for a stack without an encoder: random projections of TF-IDF, unit length.

    Each term is added to one place, with a sign (Charikar et al. 2002); terms that most texts hold
    weigh little. A text without terms is the zero vector.
    """
    terms, which, texts = np.unique(bags.ids, return_inverse=True, return_counts=True)
    idf = np.log((1 + len(bags)) / (1 + texts)) + 1
    mixed = terms.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    place, sign = (mixed >> np.uint64(40)) % np.uint64(_DIMENSIONS), (mixed >> np.uint64(63))
    values = (1 + np.log(bags.counts)) * (idf * np.where(sign, 1.0, -1.0))[which]
    text = np.repeat(np.arange(len(bags)), np.diff(bags.starts))
    cells = text * _DIMENSIONS + place.astype(np.int64)[which]
    sums = np.bincount(cells, values, minlength=len(bags) * _DIMENSIONS)
    rows = sums.reshape(len(bags), _DIMENSIONS)
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)).astype(
        np.float32
    )

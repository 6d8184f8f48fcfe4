"""The odds that scores of candidates make, for many tasks at once."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.columns import Rows
from labelloop.recipes.candidates.answers import values_of

type Scores = NDArray[np.float64]

_MOST_PAIRS: Final = 4_000_000  # numbers at once: 32 MB


def by_size(answers: Answers) -> Iterator[tuple[Rows, Scores]]:
    """Yield rows of tasks with as many candidates, and their scores; all pairs fit in memory."""
    values, starts = values_of(answers)
    sizes = np.diff(starts)
    for size in np.unique(sizes).tolist():
        rows = np.flatnonzero(sizes == size)
        for some in np.array_split(rows, 1 + len(rows) * size**2 // _MOST_PAIRS):
            yield some, values[starts[some][:, None] + np.arange(size)]


def numbers_of(of: Callable[[Scores], Floats], answers: Answers, columns: int = 1) -> Floats:
    """Return what a function says of each task, shape (n, columns), or (n,) for one."""
    found = np.empty((len(answers), columns))
    for rows, scores in by_size(answers):
        found[rows] = of(scores).reshape(-1, columns)
    return found if columns > 1 else found[:, 0]


def lead(scores: Scores) -> Floats:
    """Return the gap between the odds of the two first ones, each against the other."""
    if scores.shape[1] < 2:
        return np.ones(len(scores))
    top = np.partition(scores, -2, axis=1)
    return np.asarray(2 * sigmoid(top[:, -1] - top[:, -2]) - 1)


def gaps(scores: Scores) -> Scores:
    """Return the difference of all pairs, shape (tasks, candidates) -> (tasks, pairs)."""
    above, below = np.triu_indices(scores.shape[1], 1)
    return scores[:, above] - scores[:, below]


def softmax(scores: Scores) -> Scores:
    """Return the odds of each candidate to be the first (Plackett and Luce 1959)."""
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True, initial=-np.inf))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def sigmoid(gaps: Any) -> Any:
    """Return the odds of one before another by the gap of their scores."""
    return np.exp(-np.logaddexp(0, -gaps))

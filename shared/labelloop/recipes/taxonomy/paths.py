"""Answers about paths, and how alike paths are.

Answers hold a share of each path, shape (n, k), rows sum to 1, in the block `probabilities`; their
names are the paths' names. The block `usual`, shape (n,), holds how many paths a label has in the
mean: 1 where all are single paths. A path is chosen with about its share times that.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.columns import Columns
from labelloop.recipes.text.probabilities import PROBABILITIES

_USUAL: Final = "usual"
_CHOSEN: Final = 0.5  # as likely as not

type Codes = tuple[int, ...]  # columns of answers


def answers_of(
    shares: NDArray[Any], names: Sequence[str], usual: NDArray[Any] | float = 1.0
) -> Answers:
    """Return shares of paths, shape (n, k), as answers."""
    numbers = np.broadcast_to(np.asarray(usual, np.float32), len(shares)).copy()
    return Answers(tuple(names), Columns(len(shares), {PROBABILITIES: shares, _USUAL: numbers}))


def usual_of(answers: Answers) -> Floats:
    """Return how many paths a label has in the mean, shape (n,)."""
    usual = answers.columns.array(_USUAL)
    return np.ones(len(answers)) if usual is None else np.asarray(usual, np.float64)


def chances(shares: Floats, usual: Floats) -> Floats:
    """Return how likely each path is chosen, shape (n, k)."""
    likely: Floats = np.minimum(shares * usual[:, None], 1.0)
    return likely


def counts(likely: Floats, most: int) -> NDArray[np.int64]:
    """Return how many paths to predict for each task: those likelier than not, 1 to `most`."""
    return np.clip((likely > _CHOSEN).sum(axis=1), 1, most)


def predicted(likely: Floats, most: int) -> list[Codes]:
    """Return the columns to predict for each task: the likeliest, and all likelier than not.

    None where there are no columns.
    """
    if not likely.shape[1]:
        return [()] * len(likely)
    found: list[Codes] = [(code,) for code in likely.argmax(axis=1).tolist()]
    how_many = counts(likely, most)
    for row in np.flatnonzero(how_many > 1).tolist():
        found[row] = tuple(np.argsort(-likely[row], kind="stable")[: how_many[row]].tolist())
    return found


def likeness(ones: Sequence[Sequence[str]], others: Sequence[Sequence[str]]) -> Floats:
    """Return the share of the path that is right, shape (ones, others), 0 to 1.

    The depth to which two paths are the same, by the depth of the longer one.
    """
    prefixes: dict[tuple[str, ...], int] = {}
    deepest = max(map(len, [*ones, *others]), default=0)

    def numbered(paths: Sequence[Sequence[str]], nothing: int) -> NDArray[np.int64]:
        rows = np.full((len(paths), deepest), nothing, np.int64)
        for row, path in enumerate(paths):
            for depth in range(len(path)):
                rows[row, depth] = prefixes.setdefault(tuple(path[: depth + 1]), len(prefixes))
        return rows

    here, there = numbered(ones, -1), numbered(others, -2)
    shared = np.zeros((len(ones), len(others)))
    for depth in range(deepest):
        shared += here[:, None, depth] == there[None, :, depth]
    depths = [np.array(list(map(len, paths)), np.float64) for paths in (ones, others)]
    return np.asarray(shared / np.maximum(np.maximum.outer(*depths), 1))


def match(ones: Sequence[Sequence[str]], others: Sequence[Sequence[str]]) -> float:
    """Return how alike two labels are: of all their paths, the mean of each with its best match."""
    if not ones or not others:
        return 0.0
    alike = likeness(ones, others)
    best = np.concatenate([alike.max(axis=0), alike.max(axis=1)])
    return float(best.mean())

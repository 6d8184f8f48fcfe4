"""Answers about several labels: how likely each is, whatever the others are.

As answers: the blocks `probabilities`, shape (n, k), and `least`, shape (n,); their names are the
labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.columns import Columns, Rows

type Marked = NDArray[np.bool_]  # shape (n, k): which labels each task has

PROBABILITIES: Final = "probabilities"
LEAST: Final = "least"
LIKELY: Final = 0.5  # a label that is likelier is in the answer
# Points and weights of a Gauss-Legendre rule on 0..1, exact for polynomials up to a degree of 15.
_POINTS, _WEIGHTS = (half / 2 for half in np.polynomial.legendre.leggauss(8))
_POINTS = _POINTS + 0.5


@dataclass(frozen=True, slots=True)
class Marks:
    """How likely labels are, shape (n, k), and what an answer takes.

    `least`: the likeliest label is in the answer even if it is unlikely, from this probability on;
    0 where a task always has some label. Shape (n,).
    """

    probabilities: Floats
    least: Floats

    @classmethod
    def read(cls, answers: Answers) -> Self:
        """Return what answers hold."""
        shape = len(answers), len(answers.names)
        probabilities = answers.columns.array(PROBABILITIES)
        least = answers.columns.array(LEAST)
        return cls(
            np.empty(shape) if probabilities is None else probabilities,
            np.zeros(len(answers)) if least is None else least,
        )

    @classmethod
    def of(cls, probabilities: Floats, least: float) -> Self:
        """Return probabilities, shape (n, k), with one `least` for all."""
        return cls(probabilities, np.full(len(probabilities), least, np.float32))

    def answers(self, names: Sequence[str]) -> Answers:
        """Return them as answers."""
        blocks = {PROBABILITIES: self.probabilities, LEAST: self.least}
        return Answers(tuple(names), Columns(len(self.least), blocks))

    def take(self, rows: Rows) -> "Marks":
        """Return those of some rows, in the order of `rows`."""
        rows = np.asarray(rows, np.int64)
        return Marks(self.probabilities[rows], self.least[rows])

    def marked(self) -> Marked:
        """Return the labels that each task is said to have: the likely ones, or the likeliest."""
        return marked(self.probabilities, self.least)


def marked(probabilities: Floats, least: Any) -> Marked:
    """Return the labels above `LIKELY` or, if there is none, the likeliest from `least` on."""
    likely = probabilities > LIKELY
    if probabilities.shape[1]:
        rows, best = np.arange(len(likely)), probabilities.argmax(axis=1)
        likely[rows, best] |= probabilities[rows, best] >= least
    return likely


def matrix_of(labels: Sequence[Label], names: Sequence[str]) -> Marked:
    """Return which of the names each label has; what is none of them is left out."""
    place = {name: column for column, name in enumerate(names)}
    matrix = np.zeros((len(labels), len(names)), np.bool_)
    for row, label in enumerate(labels):
        matrix[row, [place[name] for name in label if name in place]] = True
    return matrix


def jaccard(one: Marked, other: Marked, unnamed: Any = 0) -> Floats:
    """Return how much two sets have in common of all they have (Jaccard 1901); 1 if both are empty.

    `unnamed`: how many labels of the other are in no column. Shape (n,).
    """
    union = (one | other).sum(axis=1) + unnamed
    common: Floats = (one & other).sum(axis=1) / np.maximum(union, 1)
    return np.where(union > 0, common, 1.0)


def expected_jaccard(probabilities: Floats, chosen: Marked) -> Floats:
    """Return the mean Jaccard index of chosen labels if labels are drawn by their probabilities.

    One by one, whatever the others are. Of a chosen labels, X are drawn, and of the others Z, so it
    is E[X] E[1 / (a + Z)], and 1 / (a + Z) is the integral of t^(a + Z - 1) over 0..1. Shape (n,).
    """
    count = chosen.sum(axis=1)
    others = np.where(chosen, 0.0, probabilities)
    share = sum(
        weight * point ** np.maximum(count - 1, 0) * np.prod(1 - others * (1 - point), axis=1)
        for point, weight in zip(_POINTS.tolist(), _WEIGHTS.tolist(), strict=True)
    )
    right = np.where(chosen, probabilities, 0.0).sum(axis=1) * share
    found: Floats = np.where(count > 0, right, np.prod(1 - others, axis=1))
    return np.clip(found, 0.0, 1.0)

"""Fit a linear model of vectors: ridge regression, calibrated on answers out of fold.

On an encoder's vectors it does as well as anything else with a few hundred labels. Penalty and
balance are tuned for each version by the labels' likelihood out of fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from labelloop.recipes.text.ridge import Codes, Floats, Goal, Ridge, Scorer

_CANDIDATES: Final = {"balance": (0.5, 0.0), "penalty": (0.1, 1.0, 3.0)}
_WORTH: Final = 2.0  # log-likelihood in all, out of fold, that another value has to gain
_MOST_TO_TUNE: Final = 400  # examples: more don't change what is chosen
_PRIOR_SHARPNESS: Final = 6.0  # before any label
_BOUNDS: Final = (-3.0, 5.0)  # of the logarithm of a sharpness


@dataclass(frozen=True, slots=True)
class Choices:
    """What is tuned. `balance`: 1 weighs all classes equally, 0 all examples."""

    penalty: float = 0.3
    balance: float = 1.0


@dataclass(frozen=True, slots=True)
class Fit:
    """Scores of classes: rows @ coefficients + intercepts, times a sharpness, are log-odds.

    `out_of_fold`: log-probabilities of each row by a fit without it; `loss`: of them, in all.
    """

    scorer: Scorer
    sharpness: float
    out_of_fold: Floats
    loss: float


@dataclass(frozen=True)
class Examples:
    """Rows of unit length and the code of each one's class, 0 to classes - 1."""

    rows: NDArray[np.float32]
    codes: Codes
    classes: int

    def tuned(self) -> Choices:
        """Return the choices that do best out of fold, tuned one after the other."""
        subset = self._subset()
        best = Choices()
        least = subset.fit(best).loss
        for name, candidates in _CANDIDATES.items():
            for value in candidates:
                tried = replace(best, **{name: value})
                loss = subset.fit(tried).loss
                if loss < least - _WORTH:
                    best, least = tried, loss
        return best

    def fit(self, by: Choices) -> Fit:
        """Fit the classes, and how sharp the scores are."""
        scorer = self._ridge.fit(Goal(np.eye(self.classes)[self.codes], by.balance), by.penalty)
        is_answered = np.bincount(self.codes)[self.codes] > 1  # not the only example of its class
        scores, codes = scorer.out_of_fold[is_answered], self.codes[is_answered]
        sharpness, loss = _sharpness(scores, codes)
        return Fit(scorer, sharpness, log_softmax(sharpness * scorer.out_of_fold, axis=1), loss)

    @cached_property
    def _ridge(self) -> Ridge:
        return Ridge(self.rows)

    def _subset(self) -> "Examples":
        """Return up to `_MOST_TO_TUNE` of the examples, each class by its share."""
        if len(self.codes) <= _MOST_TO_TUNE:
            return self
        order = np.argsort(self.codes, kind="stable")
        rows = order[np.linspace(0, len(order) - 1, _MOST_TO_TUNE).astype(np.int64)]
        return Examples(self.rows[rows], self.codes[rows], self.classes)


def codes_of(labels: Sequence[str]) -> tuple[tuple[str, ...], Codes]:
    """Return the classes among labels, sorted, and the code of each label."""
    classes, codes = np.unique(np.asarray(labels), return_inverse=True)
    return tuple(str(name) for name in classes), codes


def _sharpness(scores: Floats, codes: Codes) -> tuple[float, float]:
    """Return what to multiply scores by, and the log-loss that is left.

    Shrunk towards the prior, which weighs as much as one example: a handful of labels fits any.
    """
    rows, prior = np.arange(len(codes)), np.log(_PRIOR_SHARPNESS)

    def loss(log: float) -> float:
        log_p = log_softmax(np.exp(log) * scores, axis=1)
        return float((log - prior) ** 2 - log_p[rows, codes].sum())

    found = minimize_scalar(loss, bounds=_BOUNDS, method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x)), float(found.fun)

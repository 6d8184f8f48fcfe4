"""Experts on a text's terms, topics, numbers, vector and place on some axes, stacked.

Each is a ridge regression, and the answer is their weighted sum (stacking: Wolpert 1992). The
weights are learnt out of fold, are not negative (Breiman 1996), and are shrunk towards those that
did well elsewhere: a handful of labels would fit anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.optimize import nnls

from labelloop.recipes.text.ridge import RIDGE_LIMITS, Codes, Floats, Ridge, RidgeLimits, Scorer

# By expert: the weight before any label, and ridge penalties, the usual one first.
_WEIGHTS: Final = {"bag": 0.3, "topic": 0.1, "vector": 0.6, "axes": 0.3, "cells": 0.7}
_PENALTIES: Final = {
    "bag": (0.3, 0.1, 1.0),
    "topic": (0.1,),
    "vector": (3.0, 1.0, 10.0),
    "axes": (0.3,),
    "cells": (10.0, 3.0, 30.0),
}
_SHRINKAGE: Final = 3.0  # the weights before any label count as much as so many labels
_WORTH: Final = 2.0  # mean squared errors in all, out of fold, that another penalty has to gain
_FOLDS, _FOLDS_OF_MANY, _MANY = 10, 3, 1_000


@dataclass(frozen=True, slots=True)
class Numbers:
    """What to fit: numbers from 0 to 1, shape (n,). See `recipes.text.ridge.Target`."""

    numbers: Floats

    @property
    def targets(self) -> Floats:
        """The numbers, shape (n, 1)."""
        return self.numbers[:, None]

    @property
    def weights(self) -> Floats:
        """Equal ones."""
        return np.ones(len(self.numbers))

    def of(self, rows: Codes) -> "Numbers":
        """Return the numbers of some rows."""
        return Numbers(self.numbers[rows])

    def folds(self) -> list[tuple[Codes, Codes]]:
        """Return held-out rows and the others, low and high numbers spread over the folds."""
        count = len(self.numbers)
        folds = min(count, _FOLDS if count <= _MANY else _FOLDS_OF_MANY)
        fold = np.empty(count, np.int64)
        fold[np.argsort(self.numbers, kind="stable")] = np.arange(count) % folds
        return [(np.flatnonzero(fold == i), np.flatnonzero(fold != i)) for i in range(folds)]


@dataclass(frozen=True, slots=True)
class Stacked:
    """Experts and their weights; the intercept and the answers out of fold are of their sum."""

    scorers: Mapping[str, Scorer]
    weights: Mapping[str, float]
    penalties: Mapping[str, float]
    intercept: float
    out_of_fold: Floats

    def coefficients(self, name: str) -> Floats:
        """Return an expert's coefficients times its weight, shape (width,)."""
        found: Floats = self.weights[name] * self.scorers[name].coefficients[:, 0]
        return found


def stacked(
    inputs: Mapping[str, Any], numbers: Floats, limits: RidgeLimits = RIDGE_LIMITS
) -> Stacked:
    """Fit an expert to each of the inputs, shape (n, its width), and weigh them."""
    goal = Numbers(numbers)
    tuned = {
        name: _tuned(Ridge(rows, limits), goal, _PENALTIES[name]) for name, rows in inputs.items()
    }
    mean, names = float(numbers.mean()), [*tuned]
    scores = np.stack([scorer.out_of_fold[:, 0] for scorer, _ in tuned.values()], axis=1) - mean
    weights = _weights(scores, numbers - mean, np.array([_WEIGHTS[name] for name in names]))
    by_name = dict(zip(names, weights.tolist(), strict=True))
    rest = (by_name[n] * (scorer.intercepts[0] - mean) for n, (scorer, _) in tuned.items())
    return Stacked(
        {name: scorer for name, (scorer, _) in tuned.items()},
        by_name,
        {name: penalty for name, (_, penalty) in tuned.items()},
        mean + float(sum(rest)),
        np.clip(mean + scores @ weights, 0.0, 1.0),
    )


def _tuned(ridge: Ridge, goal: Numbers, penalties: tuple[float, ...]) -> tuple[Scorer, float]:
    """Return the fit with the penalty that does best out of fold, and the penalty."""
    best, chosen, least = ridge.fit(goal, penalties[0]), penalties[0], np.inf
    for penalty in penalties if len(penalties) > 1 else ():
        scorer = ridge.fit(goal, penalty)
        error = float(((scorer.out_of_fold - goal.targets) ** 2).sum())
        if error < least * (1 - _WORTH / len(goal.numbers)):
            best, chosen, least = scorer, penalty, error
    return best, chosen


def _weights(scores: Floats, numbers: Floats, prior: Floats) -> Floats:
    """Return the weights, not negative, of scores, shape (n, experts), whose sum is nearest."""
    pull = np.sqrt(_SHRINKAGE * max(float(numbers.var()), 1e-9))
    rows = np.concatenate([scores, pull * np.eye(len(prior))])
    weights: Floats = nnls(rows, np.concatenate([numbers, pull * prior]))[0]
    return weights

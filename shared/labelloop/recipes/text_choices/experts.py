"""Experts: each scorer on its own input, and the classes' names, pooled by what works out of fold.

A class's probability goes with the exponential of the sum of the experts' scores, each multiplied
by its sharpness (a product of experts: Hinton 2002).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from labelloop.recipes.text_choices.ridge import Codes, Floats, Goal, Ridge, Scorer

_PRIOR_SHARPNESS: Final = {"bag": 6.0, "topic": 3.0, "vector": 6.0, "name": 16.0}  # before labels
_BOUNDS: Final = (-3.0, 5.0)  # of the logarithm of a sharpness
_TOPIC_PENALTY: Final = 0.1
_MOST_TO_CHOOSE: Final = 400  # examples: more don't change what is chosen
_WORTH: Final = 2.0  # log-likelihood in all, out of fold, that another choice has to gain


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen for each project: ridge penalties, and how the classes are balanced.

    `balance`: 1 gives each class an equal share, 0 each example.
    """

    bag: float = 0.3
    vector: float = 3.0
    balance: float = 1.0


_OTHERS: Final = {"balance": (0.5, 0.0), "vector": (1.0, 10.0), "bag": (0.1, 1.0)}


@dataclass(frozen=True, slots=True)
class Pooled:
    """Heads and sharpness of the experts, by name; scores and log-loss out of fold, in all."""

    scorers: dict[str, Scorer]
    sharpness: dict[str, float]
    out_of_fold: Floats
    loss: float

    @property
    def weighted(self) -> dict[str, tuple[float, Scorer]]:
        """Each scorer beside its sharpness."""
        return {name: (self.sharpness[name], scorer) for name, scorer in self.scorers.items()}


@dataclass(frozen=True)
class Experts:
    """What the experts see of the examples, ready to learn with any choice.

    `seen`: each scorer's input, shape (examples, its width); `said`: the likeness of the examples
    to the classes' names, shape (examples, classes), which no label goes into, or None.
    """

    seen: Mapping[str, Any]
    said: Floats | None
    codes: Codes
    classes: int

    def chosen(self) -> Choices:
        """Return what does best out of fold, one choice after the other."""
        some = self._some()
        best = Choices()
        least = some.pooled(best).loss
        for name, others in _OTHERS.items():
            for value in others if name == "balance" or name in self.seen else ():
                tried = replace(best, **{name: value})
                loss = some.pooled(tried).loss
                if loss < least - _WORTH:
                    best, least = tried, loss
        return best

    def pooled(self, choices: Choices) -> Pooled:
        """Fit all scorers, and learn what to multiply each expert's scores by."""
        goal = Goal(self.codes, self.classes, choices.balance)
        penalties = {"bag": choices.bag, "topic": _TOPIC_PENALTY, "vector": choices.vector}
        scorers = {name: ridge.fit(goal, penalties[name]) for name, ridge in self._ridges.items()}
        names = [*scorers, *([] if self.said is None else ["name"])]
        said = [scorer.out_of_fold for scorer in scorers.values()]
        scores = np.stack(said if self.said is None else [*said, self.said])
        known = np.bincount(self.codes)[self.codes] > 1
        prior = np.log([_PRIOR_SHARPNESS[name] for name in names])
        sharpness, loss = _sharpness(scores[:, known], self.codes[known], prior)
        by_name = dict(zip(names, sharpness.tolist(), strict=True))
        return Pooled(scorers, by_name, np.tensordot(sharpness, scores, 1), loss)

    @cached_property
    def _ridges(self) -> dict[str, Ridge]:
        return {name: Ridge(rows) for name, rows in self.seen.items()}

    def _some(self) -> "Experts":
        """Return up to so many of the examples, each class by its share."""
        rows = np.argsort(self.codes, kind="stable")
        if len(rows) > _MOST_TO_CHOOSE:
            rows = rows[np.linspace(0, len(rows) - 1, _MOST_TO_CHOOSE).astype(np.int64)]
        seen = {name: every[rows] for name, every in self.seen.items()}
        said = None if self.said is None else self.said[rows]
        return Experts(seen, said, self.codes[rows], self.classes)


def _sharpness(scores: Floats, codes: Codes, prior: Floats) -> tuple[Floats, float]:
    """Return what to multiply each expert's scores by, and the log-loss that is left.

    `scores`: shape (experts, rows, classes). Shrunk towards the prior, as by one example: with a
    handful of labels anything fits.
    """
    at = np.arange(len(codes))

    def loss(logs: Floats) -> tuple[float, Floats]:
        sharp = np.exp(logs)
        log_p = log_softmax(np.tensordot(sharp, scores, 1), axis=1)
        errors = np.exp(log_p)
        errors[at, codes] -= 1
        slopes = sharp * (scores * errors).sum(axis=(1, 2))
        away = logs - prior
        return float(away @ away - log_p[at, codes].sum()), slopes + 2 * away

    found = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * len(prior))
    return np.exp(found.x), float(found.fun)

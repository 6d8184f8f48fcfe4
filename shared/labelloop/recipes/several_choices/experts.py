"""Experts for several labels: linear scorers and the labels' names, pooled out of fold.

The log-odds of each label are those of its base rate, plus each expert's score times the expert's
sharpness, which all labels share: rare ones have too few examples for one of their own. A scorer's
score is how far it is above the base rate, in standard deviations of the label. A name's score
counts for less, the more examples its label has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from labelloop.domain.answers import Floats
from labelloop.recipes.several_choices.marks import Marked, jaccard, marked
from labelloop.recipes.text.ridge import Codes, Ridge, Scorer

_PENALTIES: Final = {"bag": 0.3, "topic": 0.3, "vector": 0.5}  # of ridge
_PRIOR_SHARPNESS: Final = {"bag": 1.0, "topic": 1.0, "vector": 1.0, "name": 12.0}  # before labels
_NAME_EXAMPLES: Final = 5.0  # that a name is worth
_BOUNDS: Final = (-3.0, 5.0)  # of the logarithm of a sharpness
_BOUNDS_OF_RATE: Final = [(0.0, 3.0), (-10.0, 10.0)]  # what base rates are multiplied by, and added
_PRIOR_TASKS: Final = 20.0  # that each label's base rate is drawn to the mean of all with
_FEW, _FOLDS, _FOLDS_OF_MANY = 1_000, 10, 3
_LEASTS: Final = (0.01, 0.1, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class Marking:
    """What to fit with a ridge: which labels each row has. See `recipes.text.ridge.Target`."""

    given: Marked

    @property
    def targets(self) -> Floats:
        """1 for each label that a row has, 0 for the others, shape (rows, labels)."""
        return self.given.astype(np.float64)

    @property
    def weights(self) -> Floats:
        """All rows weigh the same."""
        return np.ones(len(self.given))

    def of(self, rows: Codes) -> "Marking":
        """Return the target of some rows."""
        return Marking(self.given[rows])

    def folds(self) -> list[tuple[Codes, Codes]]:
        """Return held-out rows and the others, for each fold; rows take turns."""
        folds = _FOLDS if len(self.given) <= _FEW else _FOLDS_OF_MANY
        fold = np.arange(len(self.given)) % folds
        parts = [(np.flatnonzero(fold == i), np.flatnonzero(fold != i)) for i in range(folds)]
        return [part for part in parts if len(part[0]) and len(part[1])]


@dataclass(frozen=True, slots=True)
class Pooled:
    """Experts in one: log-odds are the inputs times their coefficients, plus the intercepts.

    `coefficients`: by input, shape (its width, labels), and for `name` what the likeness to each
    label's name is multiplied by, shape (labels,); `intercepts`: shape (labels,);
    `out_of_fold`: probabilities of the examples, shape (n, labels); `least`: see `Marks`.
    """

    coefficients: Mapping[str, Floats]
    intercepts: Floats
    out_of_fold: Floats
    sharpness: dict[str, float]
    least: float


def pooled(inputs: Mapping[str, Any], given: Marked, likeness: Floats | None) -> Pooled:
    """Fit a scorer to each input, and learn how sharp each expert is.

    `inputs`: `bag`, maybe `topic` and `vector`, n rows each; `given`: shape (n, labels);
    `likeness`: of the rows to the labels' names, shape (n, labels).
    """
    scorers = {
        name: Ridge(rows).fit(Marking(given), _PENALTIES[name]) for name, rows in inputs.items()
    }
    mean, rates = given.mean(axis=0), _rates(given)
    unit = 1 / np.sqrt(rates * (1 - rates))
    scores = {name: (scorer.out_of_fold - mean) * unit for name, scorer in scorers.items()}
    if likeness is not None:
        scores["name"] = likeness * _worth_of_name(given.sum(axis=0) - given)
    prior = np.log([_PRIOR_SHARPNESS[name] for name in scores])
    found = _fitted(np.stack([*scores.values()]), _log_odds(_rates_without(given)), given, prior)
    slope, shift, sharp = found.slope, found.shift, dict(zip(scores, found.sharpness, strict=True))
    coefficients: dict[str, Floats] = {
        name: sharp[name] * unit * each.coefficients for name, each in scorers.items()
    }
    if likeness is not None:
        coefficients["name"] = sharp["name"] * _worth_of_name(given.sum(axis=0))
    return Pooled(
        coefficients,
        slope * _log_odds(rates) + shift + _from_means(scorers, sharp, unit, mean),
        found.out_of_fold,
        {"rate": slope, **sharp},
        _least(found.out_of_fold, given),
    )


def _from_means(
    scorers: Mapping[str, Scorer], sharp: Mapping[str, float], unit: Floats, mean: Floats
) -> Floats:
    """Return what the scorers' intercepts add to the log-odds."""
    parts = [sharp[name] * unit * (each.intercepts - mean) for name, each in scorers.items()]
    return np.asarray(sum(parts))


def _worth_of_name(examples: Any) -> Floats:
    """Return how much of a name's score counts beside so many examples of its label."""
    worth: Floats = _NAME_EXAMPLES / (_NAME_EXAMPLES + examples)
    return worth


def _rates(given: Marked) -> Floats:
    """Return the labels' base rates, drawn to their mean; never 0 or 1. Shape (labels,)."""
    rates: Floats = (given.sum(axis=0) + _PRIOR_TASKS * given.mean()) / (len(given) + _PRIOR_TASKS)
    return rates


def _rates_without(given: Marked) -> Floats:
    """Return the base rates for each row by all others: a rare label tells itself. Shape (n, k)."""
    others = given.sum(axis=0) - given + _PRIOR_TASKS * given.mean()
    rates: Floats = others / (len(given) - 1 + _PRIOR_TASKS)
    return rates


def _log_odds(rates: Floats) -> Floats:
    odds: Floats = np.log(rates) - np.log1p(-rates)
    return odds


@dataclass(frozen=True, slots=True)
class _Fit:
    slope: float
    shift: float
    sharpness: list[float]
    out_of_fold: Floats


def _fitted(scores: Floats, rates: Floats, given: Marked, prior: Floats) -> _Fit:
    """Return what makes the labels likeliest; shrunk to a prior that weighs as much as one example.

    `scores`: shape (experts, n, labels); `rates`: log-odds, shape (n, labels).
    """
    start = np.concatenate([[1.0, 0.0], prior])

    def log_odds(numbers: Floats) -> Floats:
        sum_ = np.tensordot(np.exp(numbers[2:]), scores, 1)
        return np.asarray(numbers[0] * rates + numbers[1] + sum_)

    def loss(numbers: Floats) -> tuple[float, Floats]:
        odds, away = log_odds(numbers), numbers - start
        errors = expit(odds) - given
        experts = np.exp(numbers[2:]) * (scores * errors).sum(axis=(1, 2))
        slopes = np.concatenate([[(errors * rates).sum(), errors.sum()], experts])
        total = (np.logaddexp(0, odds) - given * odds).sum() + away @ away
        return float(total), slopes + 2 * away

    bounds = [*_BOUNDS_OF_RATE, *[_BOUNDS] * len(prior)]
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    probabilities = np.asarray(expit(log_odds(best)), np.float32)
    return _Fit(float(best[0]), float(best[1]), np.exp(best[2:]).tolist(), probabilities)


def _least(out_of_fold: NDArray[np.floating], given: Marked) -> float:
    """Return from which probability on the likeliest label pays, by the Jaccard index out of fold.

    0 if no label is empty, and only then: a guess costs nothing.
    """
    if given.any(axis=1).all():
        return 0.0
    found = {tried: jaccard(marked(out_of_fold, tried), given).mean() for tried in _LEASTS}
    return max(found, key=lambda tried: (found[tried], tried))

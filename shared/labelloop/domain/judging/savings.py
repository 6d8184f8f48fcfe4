"""How many labels random order would have taken to reach the accuracy of now.

Nobody labels a project twice, so this can't be measured in one project; and a random share of some
30 labels says little about it (bench `savings`: no visible correlation with the truth). What is
known is how it went elsewhere: the smaller the error, the more an active order saves, as in theory
(Hanneke 2007: logarithmic in 1/error against linear). So the estimate is that law, fitted to
simulated projects on real texts, and its band is how far projects are from it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from labelloop.domain.judging.intervals import errors_for, wilson

# The law is used only where it was fitted: labels, errors, and how far random order went.
LEAST_LABELS: Final = 60  # below, both orders are at their random start
MOST_LABELS: Final = 1_000
LEAST_ERROR: Final = 0.003
MOST_ERROR: Final = 0.55
FOLLOWED: Final = 2_000  # labels in random order
_LEAST_FITTED: Final = 0.005  # smaller errors were rounded up to it
_BELIEVED_ROWS: Final = 30  # random labels that the model's confidence on the pool counts for


@dataclass(frozen=True, slots=True)
class Law:
    """What an active order saves, as fitted to a recipe's simulated projects.

    The log of the factor by which random order takes more labels: `at_one` at an error of 1 and 200
    labels, plus `per_log_error` and `per_log_labels` times the logs of the error and of labels /
    200; `spread`: its standard deviation between projects, and between runs of one.
    """

    at_one: float
    per_log_error: float
    per_log_labels: float
    spread: float


@dataclass(frozen=True, slots=True)
class Saving:
    """How many labels random order would take to the same accuracy, with a band.

    `most`: the limit of what is known: the number of tasks, or how far simulations went.
    """

    random_order: int
    low: int
    high: int
    most: int


def pooled_error(misses: float, rows: int, believed: float) -> float:
    """Return the error on the random share pooled with the one that the model expects."""
    return (misses + _BELIEVED_ROWS * believed) / (rows + _BELIEVED_ROWS)


def error_band(
    misses: float, rows: int, believed: float, confidence: float = 0.9
) -> tuple[float, float]:
    """Return the band of the pooled error: the expected one counts as `_BELIEVED_ROWS` rows."""
    return wilson(misses + _BELIEVED_ROWS * believed, rows + _BELIEVED_ROWS, confidence)


def saving(
    labels: int, error: float, tasks: int, law: Law, confidence: float = 0.9
) -> Saving | None:
    """Return how many labels in random order the labels are worth, at most the number of tasks.

    None where the law was not fitted, and where the band does not show that anything is saved.
    """
    is_fitted = LEAST_LABELS <= labels <= MOST_LABELS and LEAST_ERROR <= error <= MOST_ERROR
    if not is_fitted:
        return None
    error = max(error, _LEAST_FITTED)
    growth = law.per_log_labels * np.log(labels / 200)
    middle = law.at_one + law.per_log_error * np.log(error) + growth
    half = errors_for(confidence) * law.spread
    most = min(tasks, FOLLOWED)
    value, low, high = (
        min(most, round(float(labels * np.exp(middle + way * half)))) for way in (0, -1, 1)
    )
    # If not, the tasks end before a saving shows.
    is_known = value > labels and (value < most or low > labels)
    return Saving(value, low, high, most) if is_known else None

"""How many labels random order would have taken to what the project has now.

Nobody labels a project twice, so this can't be measured in one; and what a random share of some 30
labels tells of it is little (bench `savings`: no correlation with the truth that shows). What is
known is how it went elsewhere: the smaller the error, the more an active order saves, as theory has
it (Hanneke 2007: logarithmic in 1/error against linear). So the estimate is that law, fitted to
simulated projects on real texts, and its band is how far projects lie from it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from labelloop.domain.judging.intervals import errors_for, wilson

# The law is told of only where it was looked at: labels, errors, and how far random order went.
LEAST_LABELS: Final = 60  # before, both orders are at their random start
MOST_LABELS: Final = 1_000
LEAST_ERROR: Final = 0.003
MOST_ERROR: Final = 0.55
FOLLOWED: Final = 2_000  # labels in random order
_LEAST_FITTED: Final = 0.005  # smaller errors were taken for it
_BELIEVED_ROWS: Final = 30  # what the model believes of the pool counts as so many random labels


@dataclass(frozen=True, slots=True)
class Law:
    """What an active order saves, as a recipe's simulated projects show it.

    The log of how many times the labels random order takes: `at_one` at an error of 1 and 200
    labels, `per_log_error` and `per_log_labels` from there; `spread`: of it between projects, and
    between runs of one.
    """

    at_one: float
    per_log_error: float
    per_log_labels: float
    spread: float


@dataclass(frozen=True, slots=True)
class Saving:
    """How many labels random order would take to the same accuracy, with a band.

    `most`: from where on nothing is known; the number of tasks, or how far projects were followed.
    """

    random_order: int
    low: int
    high: int
    most: int


def pooled_error(misses: float, rows: int, believed: float) -> float:
    """Return the error by the random share and by what the model believes of the pool, pooled."""
    return (misses + _BELIEVED_ROWS * believed) / (rows + _BELIEVED_ROWS)


def error_band(
    misses: float, rows: int, believed: float, confidence: float = 0.9
) -> tuple[float, float]:
    """Return the band of the pooled error: belief is as uncertain as so many random labels."""
    return wilson(misses + _BELIEVED_ROWS * believed, rows + _BELIEVED_ROWS, confidence)


def saving(
    labels: int, error: float, tasks: int, law: Law, confidence: float = 0.9
) -> Saving | None:
    """Return what the labels are worth in random order, no more than there are tasks.

    None where the law was not looked at, and where it isn't known that anything is saved.
    """
    is_seen = LEAST_LABELS <= labels <= MOST_LABELS and LEAST_ERROR <= error <= MOST_ERROR
    if not is_seen:
        return None
    error = max(error, _LEAST_FITTED)
    growth = law.per_log_labels * np.log(labels / 200)
    middle = law.at_one + law.per_log_error * np.log(error) + growth
    half = errors_for(confidence) * law.spread
    most = min(tasks, FOLLOWED)
    at, low, high = (
        min(most, round(float(labels * np.exp(middle + way * half)))) for way in (0, -1, 1)
    )
    is_known = at > labels and (at < most or low > labels)  # else the tasks end before it shows
    return Saving(at, low, high, most) if is_known else None

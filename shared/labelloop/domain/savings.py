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

from labelloop.domain.intervals import errors_for

LEAST_LABELS: Final = 60  # before, both orders are at their random start
_SAVED: Final = -0.26  # log of the ratio at an error of 1 and 200 labels
_PER_LOG_ERROR: Final = -0.45
_PER_LOG_LABELS: Final = 0.14
_SPREAD: Final = 0.5  # of the log ratio between projects, and between runs of one
_BELIEVED_ROWS: Final = 30  # what the model believes of the pool counts as so many random labels


@dataclass(frozen=True, slots=True)
class Saving:
    """Labels, and how many of them random order would take to the same accuracy, with a band."""

    labels: int
    random_order: int
    low: int
    high: int


def pooled_error(misses: float, rows: int, believed: float) -> float:
    """Return the error by the random share and by what the model believes of the pool, pooled."""
    return (misses + _BELIEVED_ROWS * believed) / (rows + _BELIEVED_ROWS)


def saving(labels: int, error: float, confidence: float = 0.9) -> Saving | None:
    """Return what the labels are worth in random order; None while it is too early to say."""
    if labels < LEAST_LABELS:
        return None
    error = float(np.clip(error, 0.005, 0.9))
    middle = _SAVED + _PER_LOG_ERROR * np.log(error) + _PER_LOG_LABELS * np.log(labels / 200)
    half = errors_for(confidence) * _SPREAD
    at, low, high = (labels * np.exp(middle + way * half) for way in (0, -1, 1))
    return Saving(labels, round(float(at)), round(float(low)), round(float(high)))

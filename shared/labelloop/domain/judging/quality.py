"""The quality of a version on the random share: accuracy, parts, and what may be accepted."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Floats
from labelloop.domain.judging.intervals import chance_of_hits, wilson

LEAST_ROWS: Final = 30  # labels of the random share, before a threshold is computed
_WRONG: Final = 0.05  # the probability that a threshold is too low, at most
_MOST_STEPS: Final = 5


@dataclass(frozen=True, slots=True)
class Share:
    """A share of rows, and its interval; the share is None where there are no rows."""

    value: float | None
    low: float
    high: float
    rows: int


@dataclass(frozen=True, slots=True)
class PartQuality:
    """The precision and the recall of a part of labels."""

    precision: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The confidence from which on predictions may be accepted unseen, and how many these are.

    `threshold`: None if no confidence is shown to reach the wanted precision; `why`: why not.
    `precision`: on the random share; `coverage`: the share of the tasks without a label that are
    above the threshold, None if there is no sample of them.
    """

    threshold: float | None
    wanted: float
    precision: Share
    coverage: float | None
    why: str = ""


def accuracy(hits: Floats) -> Share:
    """Return the accuracy of predictions out of fold, by the hits of each, shape (n,)."""
    return share(float(hits.sum()), len(hits))


def acceptance(
    confidence: Floats, hits: Floats, pool_confidence: Floats, wanted: float = 0.95
) -> Acceptance:
    """Return the lowest confidence from which on the wanted precision is shown on a random sample.

    Shown: if it were lower, so few misses would be improbable. Each threshold has an equal part of
    the probability of an error, and that of the one before, stricter, if that was shown (fallback
    procedure, Wiens and Dmitrienko 2005). So trying many finds none by chance, and a miss among the
    surest does not end the search. `confidence` and `hits`: of predictions out of
    fold, shape (n,); an answer that is right in part counts as a miss. `pool_confidence`: of tasks
    without a label, shape (m,).
    """
    nothing, right = share(0.0, 0), hits >= 1
    if len(hits) < least_rows(wanted):
        why = (
            f"it takes {least_rows(wanted)} labels of the random share to show {wanted:.0%} right, "
            f"and there are {len(hits)}"
        )
        return Acceptance(None, wanted, nothing, 0.0, why)
    best: Acceptance | None = None
    thresholds, chance = _thresholds(confidence, wanted), 0.0
    for threshold in thresholds:
        above = confidence >= threshold
        count, rows = int(right[above].sum()), int(above.sum())
        chance += _WRONG / len(thresholds)
        if chance_of_hits(count, rows, wanted) > chance:
            chance = 0.0
            continue
        coverage = _coverage(pool_confidence, threshold)
        best = Acceptance(threshold, wanted, share(count, rows), coverage)
    return best or Acceptance(None, wanted, nothing, 0.0, _why(wanted, len(hits)))


def least_rows(wanted: float, chance: float = _WRONG) -> int:
    """Return how many rows, all of them right, it takes to show a precision."""
    return max(LEAST_ROWS, math.ceil(math.log(chance) / math.log(wanted)))


def _thresholds(confidence: NDArray[np.floating], wanted: float) -> list[float]:
    """Return a few thresholds, strictest first, for numbers of rows that about double each time.

    The first leaves just enough rows to show the precision by its part of the probability, the last
    leaves all rows.
    """
    ordered = np.sort(confidence)[::-1]
    steps = min(_MOST_STEPS, 1 + int(np.log2(len(ordered) / least_rows(wanted))))
    rows = np.geomspace(len(ordered), least_rows(wanted, _WRONG / steps), steps)[::-1]
    return [float(ordered[round(count) - 1]) for count in rows]


def _coverage(pool_confidence: Floats, threshold: float) -> float | None:
    return float((pool_confidence >= threshold).mean()) if len(pool_confidence) else None


def _why(wanted: float, rows: int) -> str:
    return f"no confidence shows {wanted:.0%} right on {rows} labels of the random share"


def share(right: float, rows: int) -> Share:
    """Return a share of rows and its 90 % interval."""
    low, high = wilson(right, rows)
    return Share(right / rows if rows else None, low, high, rows)

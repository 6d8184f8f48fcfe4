"""What the random share says about the active version: accuracy, classes, and what to accept."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Floats
from labelloop.domain.judging.intervals import chance_of_hits, wilson

LEAST_ROWS: Final = 30  # honest labels, before anything is accepted by them
_WRONG: Final = 0.05  # of the thresholds told are wrong, at most
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
    """How often a part of labels is right where it is predicted, and found where it is right."""

    precision: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class Acceptance:
    """From which confidence on predictions may be accepted unseen, and how many that are.

    `threshold` is None where no confidence is shown to reach the wanted precision; `why` says why
    not. `precision`: on the random sample; `coverage`: of the tasks without a label, None where
    none was looked at.
    """

    threshold: float | None
    wanted: float
    precision: Share
    coverage: float | None
    why: str = ""


def accuracy(hits: Floats) -> Share:
    """Return the share of honest predictions that are right, by the hits of each, shape (n,)."""
    return share(float(hits.sum()), len(hits))


def acceptance(
    confidence: Floats, hits: Floats, pool_confidence: Floats, wanted: float = 0.95
) -> Acceptance:
    """Return the lowest confidence above which the wanted precision is shown on a random sample.

    Shown: so few misses would be rare if it were lower. Of the chance to err each threshold has an
    equal part, and of the one before, stricter, if that was shown (fallback procedure, Wiens and
    Dmitrienko 2005): trying many does not find one by chance, and a miss among the surest does not
    end it. `confidence` and `hits`: of honest predictions, shape (n,); an answer that is right in
    part counts as a miss. `pool_confidence`: of the tasks without a label, shape (m,).
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
        found, rows = int(right[above].sum()), int(above.sum())
        chance += _WRONG / len(thresholds)
        if chance_of_hits(found, rows, wanted) > chance:
            chance = 0.0
            continue
        coverage = _coverage(pool_confidence, threshold)
        best = Acceptance(threshold, wanted, share(found, rows), coverage)
    return best or Acceptance(None, wanted, nothing, 0.0, _why(wanted, len(hits)))


def least_rows(wanted: float, chance: float = _WRONG) -> int:
    """Return how many rows, all right, show a precision at all."""
    return max(LEAST_ROWS, math.ceil(math.log(chance) / math.log(wanted)))


def _thresholds(confidence: NDArray[np.floating], wanted: float) -> list[float]:
    """Return a few thresholds, strictest first: one for all rows, and one a doubling of them.

    The first leaves just enough rows to show the precision by its part of the chance.
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
    """Return a share of rows and its interval of 90 %."""
    low, high = wilson(right, rows)
    return Share(right / rows if rows else None, low, high, rows)

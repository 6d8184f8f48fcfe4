"""What the random share says about the active version: accuracy, classes, and what to accept."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.comparison import Floats, Ints, hits
from labelloop.domain.intervals import wilson

LEAST_ROWS: Final = 30  # honest labels, before a share of them is worth showing


@dataclass(frozen=True, slots=True)
class Share:
    """A share of rows, and its interval; the share is None where there are no rows."""

    value: float | None
    low: float
    high: float
    rows: int


@dataclass(frozen=True, slots=True)
class ClassQuality:
    """How often a class is right where it is predicted, and found where it is right."""

    precision: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class Acceptance:
    """From which confidence on predictions may be accepted unseen, and how many that are.

    `threshold` is None where no confidence is shown to reach the precision; `why` says why not.
    """

    threshold: float | None
    precision: Share
    coverage: float
    why: str = ""


def accuracy(probabilities: Floats, labels: Ints, confidence: float = 0.9) -> Share:
    """Return the share of honest predictions that are right."""
    return _share(float(hits(probabilities, labels).sum()), len(labels), confidence)


def by_class(
    probabilities: Floats, labels: Ints, classes: int, confidence: float = 0.9
) -> list[ClassQuality]:
    """Return the quality of each class on honest predictions, shape (n, k), of a random sample."""
    predicted = probabilities.argmax(axis=1) if len(labels) else np.empty(0, np.int64)
    found = []
    for one in range(classes):
        right = float(((predicted == one) & (labels == one)).sum())
        precision = _share(right, int((predicted == one).sum()), confidence)
        found.append(ClassQuality(precision, _share(right, int((labels == one).sum()), confidence)))
    return found


def acceptance(
    probabilities: Floats, labels: Ints, pool_confidence: Floats, wanted: float = 0.95
) -> Acceptance:
    """Return the lowest confidence above which the wanted precision is shown on a random sample.

    Shown: the lower end of its 90 % interval reaches it. Thresholds are tried from the strictest
    down, and the first to fail ends it (fixed-sequence testing, Bauer 1991), so that trying many
    does not find one by chance. `pool_confidence`: of the tasks without a label, shape (m,).
    """
    nothing = _share(0.0, 0, 0.9)
    if len(labels) < LEAST_ROWS:
        return Acceptance(None, nothing, 0.0, f"{len(labels)} random labels of {LEAST_ROWS}")
    confidence, right = probabilities.max(axis=1), hits(probabilities, labels)
    best: Acceptance | None = None
    for threshold in _thresholds(confidence, wanted):
        above = confidence >= threshold
        shown = _share(float(right[above].sum()), int(above.sum()), 0.9)
        if shown.low < wanted:
            break
        best = Acceptance(threshold, shown, _coverage(pool_confidence, threshold))
    return best or Acceptance(None, nothing, 0.0, _why(wanted, len(labels)))


def least_rows(wanted: float) -> int:
    """Return how many rows, all right, show a precision at all."""
    return next(rows for rows in range(1, 100_000) if wilson(rows, rows)[0] >= wanted)


def _thresholds(confidence: NDArray[np.floating], wanted: float) -> list[float]:
    """Return a few thresholds, strictest first; the first leaves just enough rows to show it."""
    ordered = np.sort(confidence)[::-1]
    rows = np.unique(np.geomspace(least_rows(wanted) + 1, max(len(ordered), 2), 8).astype(int))
    return [float(ordered[count - 1]) for count in rows if count <= len(ordered)]


def _coverage(pool_confidence: Floats, threshold: float) -> float:
    return float((pool_confidence >= threshold).mean()) if len(pool_confidence) else 0.0


def _why(wanted: float, rows: int) -> str:
    return f"no confidence shows {wanted:.0%} on {rows} random labels"


def _share(right: float, rows: int, confidence: float) -> Share:
    low, high = wilson(right, rows, confidence)
    return Share(right / rows if rows else None, low, high, rows)

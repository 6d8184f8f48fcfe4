"""Accuracy by the number of labels, and what is read from it."""

from collections.abc import Sequence
from itertools import pairwise

type Curve = Sequence[tuple[int, float]]
"""Numbers of labels and the accuracy with each, ascending."""


def labels_to_reach(accuracy: float, curve: Curve) -> float | None:
    """Return the labels at which a curve first reaches an accuracy, interpolated; None if never."""
    if curve[0][1] >= accuracy:
        return float(curve[0][0])
    for (labels, low), (more, high) in pairwise(curve):
        if high >= accuracy:
            return labels + (accuracy - low) / (high - low) * (more - labels)
    return None

"""Accuracy by the number of labels, and what is read from it."""

from collections.abc import Sequence
from itertools import pairwise

type Curve = Sequence[tuple[int, float]]
"""Labels and the accuracy that they gave, by labels."""


def labels_to_reach(accuracy: float, curve: Curve) -> float | None:
    """Return where a curve first reaches an accuracy, between its points; None if it never does."""
    if curve[0][1] >= accuracy:
        return float(curve[0][0])
    for (labels, low), (more, high) in pairwise(curve):
        if high >= accuracy:
            return labels + (accuracy - low) / (high - low) * (more - labels)
    return None

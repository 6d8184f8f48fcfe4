"""Learning curves: a pool is labelled in the order a strategy asks for, and measured as it goes."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

type Curve = list[tuple[int, float]]  # labels, accuracy on the held-out texts
type Rows = NDArray[np.int64]
type Learn = Callable[[Rows], tuple[float, NDArray[np.floating] | None]]
"""Train on the labels of some rows: accuracy on the held-out rows, probabilities of the pool."""
type Choose = Callable[[Rows, NDArray[np.floating] | None, int], Rows]
"""Return so many rows of the pool that are not labelled; None: there is no model yet."""


def campaign(
    learn: Learn, choose: Choose, sizes: Sequence[int], start: Rows, labels: NDArray
) -> Curve:
    """Label a pool batch by batch up to each of the sizes; return what was measured there.

    A model needs two classes: until they are met there is nothing to measure.
    """
    labelled, probabilities = start, None
    curve: Curve = []
    for size in sizes:
        if size > len(labelled):
            asked = choose(labelled, probabilities, size - len(labelled))
            labelled = np.concatenate([labelled, asked])
        if len(set(labels[labelled])) > 1:
            accuracy, probabilities = learn(labelled)
            curve.append((len(labelled), accuracy))
    return curve


def mean(curves: Sequence[Curve]) -> Curve:
    """Return the mean curve, where all have a point."""
    points = [dict(curve) for curve in curves]
    common = sorted(set.intersection(*(set(one) for one in points)))
    return [(size, float(np.mean([one[size] for one in points]))) for size in common]


def area(curve: Curve) -> float:
    """Return the mean accuracy over the labels (AULC), by trapezoids."""
    labels, accuracies = np.array(curve).T
    return float(np.trapezoid(accuracies, labels) / (labels[-1] - labels[0]))

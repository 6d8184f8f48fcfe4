"""The learning curve of a project, and where it leads."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from labelloop.domain.judging.intervals import errors_for

# Errors fall as a power of the number of labels (Hestness et al. 2017). The few points of a
# project are combined with the power in other projects.
_USUAL_POWER: Final = 0.4
_USUAL_SPREAD: Final = 0.25
_NOISE: Final = 0.35  # of the log of an error around the law: 30 random labels are in it
_SPACING: Final = 1.25  # times the labels of the point before
_LATEST: Final = 4.0  # only points within this factor of the current labels: the law bends


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The error of a version with that many labels (`savings.pooled_error`), and its band.

    None on the cards of releases without a band.
    """

    labels: int
    error: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Gain:
    """Accuracy that further labels are expected to bring, with a band, as shares of 1."""

    labels: int
    value: float
    low: float
    high: float


def counted(labels: int) -> str:
    """Return a number of labels in words that follow "the next"."""
    return "label" if labels == 1 else f"{labels} labels"


def spaced(points: Iterable[CurvePoint]) -> list[CurvePoint]:
    """Return points that are a quarter of the labels apart, from the first on, and the newest.

    Those in between share nearly all random labels with their neighbours: they are no further
    evidence. About three for each doubling of the labels.
    """
    apart: list[CurvePoint] = []
    ordered = sorted(points, key=lambda point: point.labels)
    for point in ordered:
        if not apart or point.labels >= _SPACING * apart[-1].labels:
            apart.append(point)
    newest = ordered[-1:]
    return apart if apart[-1:] == newest else [*apart, *newest]


def expected_gain(points: Sequence[CurvePoint], more: int, confidence: float = 0.9) -> Gain:
    """Return the accuracy that `more` labels are expected to add, by one point or more."""
    points = spaced(points)
    now = points[-1]
    power, spread = _power([p for p in points if p.labels * _LATEST >= now.labels])
    error = _smoothed(points, now.labels, power)
    half = errors_for(confidence) * spread
    growth = (now.labels + more) / now.labels
    value, low, high = (
        error * (1 - growth ** -max(0.0, power + way * half)) for way in (0.0, -1.0, 1.0)
    )
    return Gain(more, float(value), float(low), float(high))


def labels_until(
    points: Sequence[CurvePoint], more: int, is_little: Callable[[int, float], bool], most: int
) -> int | None:
    """Return after how many further labels the next `more` bring little; None if not by `most`.

    `is_little`: of a number of labels and the accuracy that the next `more` then add. Found to a
    fortieth of the labels.
    """
    points = spaced(points)
    now = points[-1].labels
    power, _ = _power([p for p in points if p.labels * _LATEST >= now])
    power, error = max(0.0, power), _smoothed(points, now, power)
    further = 0
    while further <= most:
        labels = now + further
        gain = error * (labels / now) ** -power * (1 - ((labels + more) / labels) ** -power)
        if is_little(labels, gain):
            return further
        further += max(1, labels // 40)
    return None


def _power(points: Sequence[CurvePoint]) -> tuple[float, float]:
    """Return the power by which errors fall, and its standard error: ridge around the usual one."""
    x = np.log([point.labels for point in points])
    y = np.log([max(point.error, 1e-3) for point in points])
    x, y = x - x.mean(), y - y.mean()
    certainty = 1 / _USUAL_SPREAD**2 + (x @ x) / _NOISE**2
    power = (_USUAL_POWER / _USUAL_SPREAD**2 - (x @ y) / _NOISE**2) / certainty
    return float(power), float(certainty**-0.5)


def _smoothed(points: Sequence[CurvePoint], labels: int, power: float) -> float:
    """Return the current error: the mean of the latest points, each extrapolated to `labels`."""
    near = [point for point in points if 2 * point.labels >= labels]
    extrapolated = [point.error * (labels / point.labels) ** -power for point in near]
    return float(np.mean(extrapolated))

"""When further labels are not worth it: versions agree and the curve is flat, or nearly so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from labelloop.domain.judging.curve import CurvePoint, Gain, counted, labels_until

AGREEMENT: Final = 0.995  # 1 - disagreement
MOST_GAIN: Final = 0.005  # accuracy by the next labels
# Where labels contradict each other versions never agree, and curves rise for thousands of labels.
MANY_LABELS: Final = 1_000
_WORTH: Final = 0.01  # accuracy by the next labels, once there are `MANY_LABELS`
_VERSIONS: Final = 5
_STEP: Final = 25  # labels between two versions that are compared: closer ones always agree


@dataclass(frozen=True, slots=True)
class Advice:
    """Whether to stop, and why, in words."""

    stops: bool
    reason: str


ALL_LABELLED: Final = Advice(True, "all tasks are labelled")


def is_comparable(labels: int, labels_before: int) -> bool:
    """Say whether two versions are enough labels apart for their agreement to mean something."""
    return labels - labels_before >= _STEP


def per_step(disagreement: float, labels_between: int) -> float:
    """Return a `Measure.disagreement` of two versions as if they were `_STEP` labels apart."""
    return disagreement * min(1.0, _STEP / max(1, labels_between))


def labels_to_stop(points: Sequence[CurvePoint], more: int, unlabelled: int) -> int:
    """Return after how many further labels the curve lets people stop: at most all that are left.

    `points`: of the learning curve, one or more. Versions have to agree as well, which cannot be
    foreseen, so it may be later.
    """

    def is_little(labels: int, gain: float) -> bool:
        return gain <= (_WORTH if labels >= MANY_LABELS else MOST_GAIN)

    until = labels_until(points, more, is_little, unlabelled)
    return unlabelled if until is None else until


def advise(labels: int, disagreements: Sequence[float], gain: Gain | None) -> Advice:
    """Say whether to stop labelling.

    `disagreements`: of successive comparable versions, oldest first. Versions that agree on the
    whole pool have little left to learn (Bloodgood and Vijay-Shanker 2009), but with many classes
    they agree long before they are right: the curve has to be flat as well. With many labels it is
    enough that the next hundred, or all that remain, are worth less than a point. `gain`: None
    without any label of the random share.
    """
    if gain is None:
        return Advice(False, "no random label yet to see a curve by")
    points = f"{100 * gain.value:.1f} points"
    outlook = f"expected of the next {counted(gain.labels)}: {points}"
    if labels >= MANY_LABELS and gain.value <= _WORTH:
        return Advice(True, outlook)
    latest = disagreements[-_VERSIONS:]
    if len(latest) < _VERSIONS:
        return Advice(False, "too few versions to compare")
    mean = float(np.mean(latest))
    agree = mean <= 1 - AGREEMENT and gain.value <= MOST_GAIN
    return Advice(agree, f"the last {_VERSIONS} versions agree to {1 - mean:.3f}; {outlook}")

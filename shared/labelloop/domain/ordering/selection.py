"""The score of a prediction: a task's place in the queue or, without one, how sure the model is.

Label Studio serves the lowest score first, takes none outside 0..1, and shows it as a percentage,
which people read as confidence. So a place looks like one: 0.37 % is place 37. Behind all places,
from 50 % on, comes what has none. Each function maps probabilities, shape (n, k), k >= 2, to
numbers in 0..1, shape (n,), where 0 = most worth labelling.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.floating]

PLACED_BELOW: Final = 0.5  # tasks with a place in the queue come before those with a score alone
LABEL_FIRST: Final = PLACED_BELOW  # nothing is known about any task yet: all are worth labelling
LABEL_LAST: Final = 1.0  # a task that holds nothing to predict from
_SCALE: Final = 10_000  # two decimals of a percentage are the place


def score_of(place: int, size: int) -> float:
    """Return the score of a place, counted from 1, in a queue of at most so many tasks."""
    scale = _SCALE
    while size >= scale * PLACED_BELOW:
        scale *= 10
    return place / scale


def margin(probabilities: Floats) -> Floats:
    """Return the gap between the two likeliest classes (Scheffer et al. 2001)."""
    top = np.partition(probabilities, -2, axis=1)
    gaps: Floats = top[:, -1] - top[:, -2]
    return gaps


def entropy(probabilities: Floats) -> Floats:
    """Return 1 minus the entropy as a share of its maximum, log k (Shannon 1948)."""
    p = np.clip(probabilities, 1e-12, 1.0)
    share: Floats = 1.0 + (p * np.log(p)).sum(axis=1) / np.log(p.shape[1])
    return np.clip(share, 0.0, 1.0)


def least_confidence(probabilities: Floats) -> Floats:
    """Return the probability of the likeliest class (Lewis and Gale 1994)."""
    return np.max(probabilities, axis=1)


def place_of(strategy: str, probabilities: Floats) -> Floats:
    """Return the scores of tasks that no queue holds: behind all that have a place in one.

    By the strategy where it scores tasks one by one, else by margin.
    """
    sureness = SCORES.get(strategy, margin)(probabilities)
    return np.asarray(PLACED_BELOW + (1 - PLACED_BELOW) * sureness)


SCORES: Final[dict[str, Callable[[Floats], Floats]]] = {
    f.__name__: f for f in (margin, entropy, least_confidence)
}

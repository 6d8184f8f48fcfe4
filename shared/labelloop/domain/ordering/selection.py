"""The score of a prediction: a task's place in the queue or, without one, how sure the model is.

Label Studio serves the lowest score first, takes none outside 0..1, and shows it as a percentage,
which people read as confidence. So a place looks like one: 0.37 % is place 37. Behind all places,
from 50 % on, comes what has none; 0 = most worth labelling.
"""

from typing import Final

import numpy as np

from labelloop.domain.answers import Floats, Reading

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


def place_of(strategy: str, reading: Reading) -> Floats:
    """Return the scores of tasks that no queue holds: behind all that have a place in one.

    By the strategy where it scores tasks one by one, else as the recipe does. Shape (n,).
    """
    return np.asarray(PLACED_BELOW + (1 - PLACED_BELOW) * reading.sureness(strategy))

"""The score of a prediction: a task's place in the queue or, without one, how sure the model is.

Label Studio serves the lowest score first, accepts none outside 0..1, and shows it as a percentage,
which people read as confidence. So a place looks like one: 0.37 % is place 37. Tasks without a
place come behind all places, from 50 % on. 0 = most worth labelling.
"""

from typing import Final

import numpy as np

from labelloop.domain.answers import Floats, Reading

PLACED_BELOW: Final = 0.5  # tasks with a place in the queue come before those with a score alone
LABEL_FIRST: Final = PLACED_BELOW  # there is no model yet: all tasks are worth labelling
LABEL_LAST: Final = 1.0  # a task without an input
_SCALE: Final = 10_000  # two decimals of a percentage are the place


def score_of(place: int, size: int) -> float:
    """Return the score of a place, counted from 1, in a queue of up to `size` tasks."""
    scale = _SCALE
    while size >= scale * PLACED_BELOW:
        scale *= 10
    return place / scale


def place_of(strategy: str, reading: Reading) -> Floats:
    """Return the scores of n tasks that are not in the queue: behind all that are. Shape (n,).

    By the strategy's sureness if the recipe has it, else by the recipe's own.
    """
    return np.asarray(PLACED_BELOW + (1 - PLACED_BELOW) * reading.sureness(strategy))

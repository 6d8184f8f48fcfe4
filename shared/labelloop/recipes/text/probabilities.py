"""Answers that are probabilities, shape (n, k), in one block; their names are the k classes."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns

PROBABILITIES: Final = "probabilities"


def answers_of(probabilities: NDArray[Any], classes: Sequence[str]) -> Answers:
    """Return probabilities, shape (n, k), as answers."""
    return Answers(tuple(classes), Columns(len(probabilities), {PROBABILITIES: probabilities}))


def probabilities_of(answers: Answers) -> NDArray[Any]:
    """Return the probabilities of answers, shape (n, k)."""
    block = answers.columns.array(PROBABILITIES)
    return np.empty((len(answers), len(answers.names))) if block is None else block

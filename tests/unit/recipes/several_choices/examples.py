"""Answers, features and labels that models are tried with."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labelloop.domain.answers import Answers
from labelloop.recipes.several_choices.marks import Marks
from labelloop.recipes.text.bags import Features
from tests.kinds.several_choices import EXAMPLE
from tests.unit.recipes.text.examples import features_of

TEXTS = [data["text"] for data in EXAMPLE.tasks]
NAMES = ("Billing", "Delivery", "login", "Praise")


def answers(
    rows: Any,
    names: Sequence[str] = "abcdef",
    least: float = 0.0,
) -> Answers:
    probabilities = np.array(rows, np.float32)
    return Marks.of(probabilities, least).answers(list(names)[: probabilities.shape[1]])


def labelled(dimensions: int = 0) -> tuple[Features, np.ndarray]:
    """Return the example's features, and which of the names each task has."""
    chosen = [
        [name for region in result for name in region["value"]["choices"]]
        for result in EXAMPLE.results
    ]
    given = np.array([[name in own for name in NAMES] for own in chosen], np.bool_)
    return features_of(TEXTS, dimensions), given

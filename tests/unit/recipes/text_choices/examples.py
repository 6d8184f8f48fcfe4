"""Texts' features and labels that heads are tried with."""

import random

import numpy as np
from labelloop.domain.learning.features import Features

from labelloop.recipes.text_choices.terms import bags_of


def labels_for(texts: list[str], classes: int) -> list[str]:
    rng = random.Random(1)
    return [f"class {(len(text) + rng.randrange(2)) % classes}" for text in texts]


def features_of(texts: list[str], dimensions: int = 0) -> Features:
    """Return features of texts; the vectors stand for an encoder's."""
    bags = bags_of(texts)
    if not dimensions:
        return Features(bags)
    by_length = np.random.default_rng(5).standard_normal((50, dimensions))
    vectors = by_length[[len(text) % 50 for text in texts]]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return Features(bags, unit.astype(np.float32))

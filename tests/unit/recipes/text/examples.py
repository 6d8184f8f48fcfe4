"""Texts' features and labels that models are tried with."""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from labelloop.recipes.protocol import Trained
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.fitted_model import FittedModel
from labelloop.recipes.text.onnx_model import OnnxModel
from labelloop.recipes.text.pooled_experts import Classes
from labelloop.recipes.text.probabilities import probabilities_of
from labelloop.recipes.text.terms import bags_of
from labelloop.recipes.text_choices.measure import MEASURE


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


def train(features: Features, labels: Sequence[Classes], **options: Any) -> Trained:
    """Return a model as it is stored; options as of `FittedModel`."""
    return FittedModel(features, labels, **options).packed()


def out_of_fold(trained: Trained) -> np.ndarray:
    return probabilities_of(trained.out_of_fold)


def said_by(trained: Trained, features: Features) -> list[str]:
    """Return the label that an artefact gives each text."""
    return MEASURE.labels(OnnxModel(trained.artefact).answer(features.columns()))

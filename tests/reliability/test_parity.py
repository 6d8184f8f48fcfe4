"""What is trained is what is served: the same features, and scikit-learn's probabilities."""

import random
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.fitted_model import FittedModel
from labelloop.recipes.text.known_terms import counts_of, known_terms
from labelloop.recipes.text.onnx_model import OnnxModel
from labelloop.recipes.text.pooled_experts import PooledExperts
from labelloop.recipes.text.terms import bags_of
from tests.multilingual import ODD, SCRIPTS, texts_of
from tests.reliability.report import find, size

LEARNT, LANDMARKS = 600, 100
MOST_DIFFERENT = 1e-5
# Of the features of each script's texts. Kept features and versions of older releases hold to them:
# whoever changes a term has to raise FORMAT (labelloop/recipes/text/__init__.py), but not who adds
# some, as the Han characters were: versions know the terms that they learnt.
GOLDEN = {
    "Latin with accents": "3967902d85597cc6",
    "Turkish": "31e51a242a42a84b",
    "Greek": "7403c4721ec35b34",
    "Cyrillic": "71b16a0394ea1668",
    "Hebrew": "15f4dd32021fcca7",
    "Arabic": "516e24a0a0351f9d",
    "Devanagari": "2c2bb8950a30514b",
    "Thai": "5dc3b528038af019",
    "Chinese": "1f2dfd67037e2353",
    "Japanese": "9259e0130bc18161",
    "Korean": "1f67189c60bcf8f7",
    "Emoji": "1abed5a852d57710",
    "odd": "a011d0b511da4b81",
}


@pytest.mark.parametrize("script", [*SCRIPTS, "odd"])
def test_a_text_has_the_features_that_it_always_had(script):
    bags = bags_of(SCRIPTS.get(script, ODD))

    parts = (bags.ids.astype("<u4"), bags.counts.astype("<f4"), bags.starts.astype("<i8"))
    digest = sha256(b"".join(part.tobytes() for part in parts)).hexdigest()
    assert digest[:16] == GOLDEN[script]


@pytest.mark.parametrize(("classes", "dimensions"), [(2, 0), (5, 32)])
def test_what_is_served_is_what_scikit_learn_says(classes, dimensions):
    chance, count = random.Random(classes), size(10_000, 50_000)
    learnt = features_of(texts(LEARNT, chance), dimensions)
    labels = [f"class {chance.randrange(classes)}" for _ in range(len(learnt))]
    landmarks = features_of(texts(LANDMARKS, chance), dimensions) if dimensions else None
    reference, terms = PooledExperts(), known_terms(learnt.bags, landmarks, classes)
    around = rows(landmarks, terms) if landmarks else None
    reference.fit(rows(learnt, terms), labels, landmarks=around)
    served = OnnxModel(FittedModel(learnt, labels, landmarks).packed().artefact)
    seen = features_of(texts(count, chance), dimensions)

    expected, got = reference.predict_proba(rows(seen, terms)), served.predict_proba(seen)

    told = f"parity of {'all experts' if dimensions else 'the sparse experts'}"
    tried = f"{len(seen):,} texts in {len(SCRIPTS)} scripts"
    flipped = int((expected.argmax(axis=1) != got.argmax(axis=1)).sum())
    find(f"{told}: labels that flip", flipped, f"of {tried}")
    different = float(np.abs(expected - got).max())
    find(f"{told}: largest difference", different, f"of probabilities, {tried}", MOST_DIFFERENT)


def texts(count: int, chance: random.Random) -> list[str]:
    """Return texts of all scripts, as many of each, and the odd ones."""
    each = -(-count // len(SCRIPTS))
    return [*ODD, *(text for script in SCRIPTS for text in texts_of(script, each, chance))]


def features_of(texts: list[str], dimensions: int) -> Features:
    """Return features of texts; random vectors stand for an encoder's."""
    if not dimensions:
        return Features(bags_of(texts))
    vectors = np.random.default_rng(len(texts)).standard_normal((len(texts), dimensions))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return Features(bags_of(texts), unit.astype(np.float32))


def rows(features: Features, terms: Any) -> Any:
    return counts_of(features.bags, terms), features.vectors

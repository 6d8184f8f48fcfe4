"""The encoder that `make build` made: close to the model it was made from, and always the same."""

import random
import sys

import numpy as np
import pytest

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.local.stack import TEMPLATE

pytestmark = pytest.mark.slow

TEXTS = (
    "A man is eating food.",
    "Someone is having a meal.",
    "The stock market fell sharply today.",
    "Wie wird das Wetter morgen?",
    "今天天气很好",
    "שלום עולם",
    "Съешь же ещё этих мягких булок",
    "🙂",
    "",
    "I'd like to book a table for two at seven.",
)
# Cosines between the vectors of the model in float32, row by row above the diagonal.
COSINES = (
    *(0.689, 0.004, -0.015, -0.059, 0.033, 0.001, -0.019, 0.025, -0.014),
    *(-0.023, 0.064, 0.045, 0.068, -0.022, 0.028, 0.047, 0.132),
    *(0.052, 0.010, 0.006, 0.103, 0.059, 0.003, -0.014),
    *(0.040, 0.196, 0.216, 0.090, 0.132, -0.073),
    *(0.329, 0.213, 0.448, 0.095, 0.087),
    *(0.291, 0.232, 0.181, 0.034),
    *(0.196, 0.106, -0.053),
    *(0.479, 0.051),
    0.044,
)
FIRST = (0.0332, 0.0054, -0.0063, 0.0484, -0.1387, -0.0336)  # of the first text's vector, likewise


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    layer = str(TEMPLATE.parent / "EncoderLayer" / "python")
    sys.path.append(layer)
    try:
        return OnnxEncoder(EncoderFiles.built_in())
    finally:
        sys.path.remove(layer)


def test_the_vectors_are_those_of_the_model_it_was_made_from(encoder):
    vectors = encoder.encode(TEXTS)

    cosines = (vectors @ vectors.T)[np.triu_indices(len(TEXTS), 1)]
    assert cosines == pytest.approx(COSINES, abs=0.02)
    assert vectors[0, : len(FIRST)] == pytest.approx(FIRST, abs=0.005)


def test_a_vector_does_not_depend_on_its_batch_mates(encoder):
    rng = random.Random(5)
    words = " ".join(TEXTS).split()
    texts = [" ".join(rng.choices(words, k=rng.randrange(40))) for _ in range(200)]

    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([text]) for text in texts])

    assert np.abs(together - alone).max() < 1e-6
    assert np.array_equal(encoder.encode(texts), together)


def test_words_mean_what_they_mean_in_their_text(encoder):
    texts = ["play jazz by Bill Evans", "play some rock by Bill Frisell", "pay the bill"]
    words = [[(13, 17)], [(18, 22)], [(8, 12)]]

    found = encoder.words(texts, words)

    assert found.shape == (3, encoder.dimensions)
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    assert unit[0] @ unit[1] > unit[0] @ unit[2] + 0.1
    assert encoder.words(texts[:1], words[:1])[0] == pytest.approx(found[0], abs=1e-5)


def test_odd_texts_have_unit_vectors(encoder):
    odd = ["", " ", "\x00", "\ud800", "a" * 20_000, "né " * 350_000, "\u200f\u202e"]

    assert np.linalg.norm(encoder.encode(odd), axis=1) == pytest.approx(1.0, abs=1e-5)


def test_what_comes_after_128_tokens_counts_for_nothing(encoder):
    one, other = encoder.encode(["word " * 126, "word " * 126 + "other " * 500])

    assert np.array_equal(one, other)

"""Features: computed once for a text, and the same as if it had been computed anew."""

import numpy as np
import pytest

from labelloop.recipes.text_choices.terms import bags_of
from labelloop.usecases.learning import featurise
from labelloop.usecases.learning.featurise import Featuriser, digest_of
from tests.tiny_encoder import CountingEncoder


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def featuriser(encoder) -> Featuriser:
    return Featuriser(encoder.name, lambda: encoder)


def test_features_are_bags_and_vectors_in_the_order_of_the_texts(featuriser, encoder):
    texts = ["abc", "a", "", "abc"]

    features = featuriser(texts)

    assert (features.bags.ids == bags_of(texts).ids).all()
    assert (features.vectors == encoder.encode(texts)).all()


def test_a_text_is_encoded_once(featuriser, encoder):
    first = featuriser(["abc", "a", "abc"])
    again = featuriser(["a", "new", "abc"])

    assert encoder.texts == ["abc", "a", "new"]
    assert (again.vectors[[2, 0]] == first.vectors[:2]).all()


def test_only_the_texts_seen_last_are_remembered(featuriser, encoder, monkeypatch):
    monkeypatch.setattr(featurise, "_MOST_REMEMBERED", 2)

    for text in ("a", "bb", "a", "ccc", "a", "bb"):
        featuriser([text])

    assert encoder.texts == ["a", "bb", "ccc", "bb"]


def test_more_texts_than_are_remembered_have_their_vectors(featuriser, encoder, monkeypatch):
    monkeypatch.setattr(featurise, "_MOST_REMEMBERED", 2)
    texts = ["x" * length for length in range(9)]

    assert (featuriser(texts).vectors == CountingEncoder().encode(texts)).all()


def test_what_is_known_is_not_encoded(featuriser, encoder):
    known = {digest_of("abc"): np.array([0.0, 1.0], np.float32)}

    vectors = featuriser.vectors(["abc", "a"], known)

    assert encoder.texts == ["a"]
    assert vectors[0].tolist() == [0.0, 1.0]


def test_without_an_encoder_or_where_nobody_looks_at_them_there_are_no_vectors(encoder):
    def fail() -> CountingEncoder:
        raise AssertionError("loaded")

    assert Featuriser()(["abc"]).vectors is None
    assert Featuriser("name", fail)(["abc"], encode=False).vectors is None


def test_no_texts_have_no_rows(featuriser):
    assert featuriser([]).vectors.shape == (0, 2)


def test_any_text_has_a_digest_of_its_own():
    texts = ["", " ", "\x00", "\ud800", "\udfff", "é", "e\u0301"]

    assert len({digest_of(text) for text in texts}) == len(texts)

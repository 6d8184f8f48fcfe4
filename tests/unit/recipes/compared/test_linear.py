"""A linear score as it is stored."""

import io
from dataclasses import replace

import numpy as np
import pytest

from labelloop.errors import BadModel
from labelloop.recipes.compared.items import TRAITS, Items
from labelloop.recipes.compared.linear import Linear
from labelloop.recipes.text.terms import bags_of

TEXTS = ["one two", "two three", "", "unknown"]
BAGS = bags_of(TEXTS)
STARTS = np.array([0, 2, 4])


def scorer(k: int = 1, dimensions: int = 0) -> Linear:
    draw = np.random.default_rng(0)
    terms = np.unique(bags_of(TEXTS[:2]).ids)

    def numbers(*shape: int):
        return draw.normal(size=shape).astype(np.float32)

    n = len(terms)
    idf = np.abs(numbers(n)) + 1
    return Linear(terms, idf, numbers(n, k), numbers(dimensions, k), numbers(TRAITS, k), numbers(k))


def items(vectors=None) -> Items:
    return Items(BAGS, np.zeros((4, TRAITS), np.float32), vectors, STARTS)


def stored(linear: Linear, **facts) -> bytes:
    return linear.stored({"recipe": "kind", "format": 1, "encoder": ""} | facts)


def test_a_stored_scorer_scores_as_before():
    made = scorer(k=3)

    again, facts = Linear.read(stored(made), "kind", 1)

    assert facts["encoder"] == ""
    np.testing.assert_array_equal(again.scores(items()), made.scores(items()))


def test_equal_scorers_are_stored_as_equal_bytes():
    assert stored(scorer()) == stored(scorer())


def test_terms_are_weighed_by_tf_idf_of_unit_length():
    made = scorer()
    places = np.searchsorted(made.terms, BAGS.ids[: BAGS.starts[1]])
    weights = (1 + np.log(BAGS.counts[: BAGS.starts[1]])) * made.idf[places]

    expected = weights / np.linalg.norm(weights) @ made.bag[places, 0] + made.intercepts[0]

    assert made.scores(items())[0, 0] == pytest.approx(expected, rel=1e-5)


def test_a_text_of_unknown_terms_gets_the_intercept():
    made = scorer()

    np.testing.assert_allclose(made.scores(items())[2:, 0], made.intercepts[0].repeat(2))


def test_vectors_are_added():
    made = scorer(dimensions=3)
    vectors = np.eye(4, 3, dtype=np.float32)

    with_vectors, without = made.scores(items(vectors)), replace(made, vector=made.vector[:0])

    np.testing.assert_allclose((with_vectors - without.scores(items()))[:3], made.vector, atol=1e-5)


@pytest.mark.parametrize("vectors", [None, np.zeros((4, 2), np.float32)])
def test_vectors_of_another_length_are_refused(vectors):
    with pytest.raises(BadModel, match="3 numbers"):
        scorer(dimensions=3).scores(items(vectors))


@pytest.mark.parametrize(
    "change",
    [
        {"idf": np.ones(1, np.float32)},
        {"bag": np.ones((2, 2), np.float32)},
        {"intercepts": np.array([np.nan], np.float32)},
        {"intercepts": np.array([1.0])},
        {"terms": scorer().terms[::-1]},
    ],
)
def test_numbers_that_do_not_fit_are_no_model(change):
    with pytest.raises(BadModel):
        Linear.read(stored(replace(scorer(), **change)), "kind", 1)


@pytest.mark.parametrize("facts", [{"recipe": "other"}, {"format": 2}])
def test_a_model_of_another_recipe_or_format_is_refused(facts):
    with pytest.raises(BadModel, match="the model is of"):
        Linear.read(stored(scorer(), **facts), "kind", 1)


def test_other_arrays_are_no_model():
    body = io.BytesIO()
    np.savez(body, other=np.ones(1))

    with pytest.raises(BadModel, match="does not load"):
        Linear.read(body.getvalue(), "kind", 1)

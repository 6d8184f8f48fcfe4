"""What a model sees of texts, and what tells texts apart."""

from itertools import pairwise

import numpy as np
import pytest

from labelloop.domain.columns import Columns, joined
from labelloop.recipes.text.bags import CLOSEST, Bags, Features, centred, sketches
from labelloop.recipes.text.terms import bags_of

TEXTS = ["the train to London is late", "a train to London", "goals in the second half", ""]


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_what_all_vectors_share_tells_none_apart():
    own = unit(np.random.default_rng(0).standard_normal((200, 16)))
    alike = unit(own + 4 * np.eye(16)[0])  # of a language that the encoder does not know

    seen = centred(alike, alike.mean(axis=0))

    assert (alike @ alike.T).min() > 0.7
    assert np.abs(seen.mean(axis=0)).max() < 0.1
    assert np.linalg.norm(seen, axis=1) == pytest.approx(np.ones(200), abs=1e-5)


def test_what_is_nobody_stays_nobody():
    vectors = np.array([[0, 0], [1, 0]], np.float32)

    assert centred(vectors, np.array([0.5, 0.5]))[0].tolist() == [0, 0]


def test_what_is_on_the_centre_is_not_blown_up_from_rounding():
    vectors = unit(np.array([[1, 1e-6], [1, -1e-6], [1, 1e-7]]))

    seen = centred(vectors, vectors.mean(axis=0))

    assert np.linalg.norm(seen, axis=1).max() < 1e-5 / CLOSEST


def test_no_vectors_are_no_rows():
    assert centred(np.empty((0, 3), np.float32), np.zeros(3)).shape == (0, 3)


def test_sketches_of_like_texts_are_alike():
    vectors = sketches(bags_of(TEXTS))

    assert vectors.shape[0] == 4
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 0], abs=1e-5)
    assert vectors[0] @ vectors[1] > 0.3 > vectors[0] @ vectors[2]


def test_sketches_of_no_texts_are_no_rows():
    assert len(sketches(bags_of([]))) == 0


def terms_of(bags: Bags) -> list[list[int]]:
    assert len(bags.ids) == len(bags.counts) == bags.starts[-1]
    return [bags.ids[start:end].tolist() for start, end in pairwise(bags.starts)]


@pytest.mark.parametrize("has_vectors", [True, False])
def test_features_are_columns_and_back_again(has_vectors):
    vectors = np.eye(4, dtype=np.float32) if has_vectors else None
    seen = Features(bags_of(TEXTS), vectors)

    again = Features.of(seen.columns())

    assert len(seen.columns()) == len(again) == 4
    assert terms_of(again.bags) == terms_of(seen.bags)
    assert again.bags.counts.tolist() == seen.bags.counts.tolist()
    assert again.vectors is vectors


def test_texts_are_taken_with_their_bags_and_vectors():
    seen = Features(bags_of(TEXTS), np.eye(4, dtype=np.float32))

    taken = seen.take([2, 3, 2, 0])

    bags = terms_of(seen.bags)
    assert terms_of(taken.bags) == [bags[row] for row in (2, 3, 2, 0)]
    assert taken.vectors is not None
    assert taken.vectors.argmax(axis=1).tolist() == [2, 3, 2, 0]
    assert seen.take([0]).columns().blocks.keys() == {"bags", "vectors"}
    assert Features(seen.bags).take([0]).vectors is None


def test_columns_without_bags_are_texts_without_terms():
    seen = Features.of(Columns(2, {"vectors": np.eye(2, dtype=np.float32)}))

    assert terms_of(seen.bags) == [[], []]
    assert len(Features.of(Columns(0, {}))) == 0


def test_counts_that_were_stored_as_whole_numbers_are_counts():
    """The release before stored them so; both are put behind each other."""
    arrays = Features(bags_of(["a a b"])).columns().to_arrays()
    stored = Columns.from_arrays(
        1, arrays | {"bags.counts": arrays["bags.counts"].astype(np.uint16)}
    )

    seen = Features.of(joined([stored, Features(bags_of(["a a b"])).columns()]))

    assert seen.bags.counts.dtype == Features.of(stored).bags.counts.dtype == np.float32
    assert seen.bags.counts.tolist() == 2 * bags_of(["a a b"]).counts.tolist()

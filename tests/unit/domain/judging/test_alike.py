"""Tasks that are alike and were labelled differently."""

import numpy as np
import pytest

from labelloop.domain.judging.alike import Alike, alike


def unit(*angles: float) -> np.ndarray:
    return np.array([[np.cos(angle), np.sin(angle)] for angle in angles], np.float32)


def pairs(labels, vectors, inputs=None, parts=None):
    rows = range(len(labels))
    texts = inputs or [str(row) for row in rows]
    made_of = parts or [(label,) for label in labels]
    return alike(texts, labels, made_of, list(rows), vectors)


def test_similar_inputs_with_other_labels_are_found_and_no_others():
    vectors = unit(0, 0.1, 0.12, 1.5)

    (one,) = pairs(["a", "a", "b", "c"], vectors[:, :])[:1]
    found = pairs(["a", "a", "b", "c"], vectors)

    assert (one.row, one.other) == (1, 2)
    assert one.likeness == pytest.approx(np.cos(0.02), abs=1e-4)
    assert {(pair.row, pair.other) for pair in found} == {(1, 2), (0, 2)}
    assert pairs(["a", "a", "a", "c"], vectors) == []


def test_the_same_input_is_found_whatever_its_vector():
    nothing = np.zeros((3, 2), np.float32)

    found = pairs(["4.0", "5.0", "5.0"], nothing, ["x", "x", "x"], [(), (), ()])

    assert found == [Alike(0, 1, 1.0)]


def test_places_of_spans_may_differ_where_the_inputs_do():
    labels = ['[[0,5,"PER"]]', '[[1,6,"PER"]]']

    assert pairs(labels, unit(0, 0.01), parts=[("PER",), ("PER",)]) == []
    assert pairs(labels, unit(0, 0.01), ["x", "x"], [("PER",), ("PER",)])


def test_the_most_alike_come_first_and_pairs_come_once():
    found = pairs(["a", "b", "a", "b"], unit(0, 0.05, 1, 1.2))

    assert [(pair.row, pair.other) for pair in found] == [(0, 1), (2, 3)]


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows_are_alike_to_none(rows):
    assert pairs(["a"] * rows, unit(*[0.0] * rows).reshape(rows, 2)) == []


def test_only_the_rows_to_compare_are_compared():
    labels = ["a", "b", "b"]
    texts, made_of = ["x", "y", "z"], [("a",), ("b",), ("b",)]

    assert alike(texts, labels, made_of, [1, 2], unit(0, 0)) == []
    assert len(alike(texts, labels, made_of, [2, 0], unit(0, 0))) == 1

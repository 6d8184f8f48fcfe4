"""Scores: finite, within 0..1, low where the model is unsure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelloop.domain.ordering.selection import PLACED_BELOW, SCORES, score_of

_ROWS = arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(2, 6)), elements=st.floats(0, 1, width=32)
)


def normalised(rows):
    rows = rows.astype(float) + 1e-9
    return rows / rows.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("name", SCORES)
@given(rows=_ROWS)
def test_a_score_is_finite_and_between_0_and_1(name, rows):
    scores = SCORES[name](normalised(rows))

    assert scores.shape == (len(rows),)
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()
    assert (scores <= 1 + 1e-6).all()


@pytest.mark.parametrize("name", SCORES)
def test_the_unsure_task_comes_before_the_sure_one(name):
    unsure, sure = SCORES[name](np.array([[0.5, 0.5, 0.0], [0.98, 0.01, 0.01]]))

    assert unsure < sure


@pytest.mark.parametrize("name", SCORES)
def test_no_probability_of_a_class_is_no_error(name):
    assert SCORES[name](np.array([[1.0, 0.0]])) == pytest.approx([1.0])


def test_margin_looks_at_two_classes_and_entropy_at_all():
    rows = np.array([[0.5, 0.4, 0.05, 0.05], [0.44, 0.19, 0.19, 0.18]])

    margin, entropy = SCORES["margin"](rows), SCORES["entropy"](rows)

    assert margin[0] < margin[1]
    assert entropy[0] > entropy[1]


@pytest.mark.parametrize("name", SCORES)
def test_a_score_depends_on_its_own_row_only(name):
    rows = normalised(np.random.default_rng(0).random((20, 4)))

    assert SCORES[name](rows)[::-1] == pytest.approx(SCORES[name](rows[::-1]))


def test_as_a_percentage_a_score_is_the_place_in_the_queue():
    assert [f"{score_of(place, 1_000):.2%}" for place in (1, 37, 1_000)] == [
        "0.01%",
        "0.37%",
        "10.00%",
    ]


@given(size=st.integers(1, 100_000), place=st.integers(1, 99_999))
def test_a_place_is_before_the_next_one_and_before_all_tasks_without_a_place(size, place):
    here, there = score_of(min(place, size), size), score_of(min(place, size) + 1, size)

    assert 0 < here < there - 1e-7
    assert there <= PLACED_BELOW

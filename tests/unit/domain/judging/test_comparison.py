"""Reading two versions on the same rows."""

import numpy as np
import pytest

from labelloop.domain.judging.comparison import difference, fair_scores, surprise
from labelloop.recipes.text.probabilities import answers_of
from labelloop.recipes.text_choices.measure import MEASURE

CLASSES = ["a", "b"]


def answers(*rows):
    return answers_of(np.array(rows), CLASSES)


def test_nothing_to_compare_is_no_difference():
    found = difference(np.empty(0))

    assert (found.mean, found.z, found.rows) == (0.0, 0.0, 0)


def test_rows_that_all_say_the_same_are_endlessly_clear_a_single_one_is_not():
    assert difference(np.full(25, -1.0)).z == -np.inf
    assert difference(np.full(25, 1.0)).z == np.inf
    assert difference(np.zeros(25)).z == 0.0
    assert difference(np.full(1, -1.0)).z == 0.0


def test_a_version_that_only_got_bolder_scores_the_same():
    labels = ["a"] * 8 + ["b"] * 2
    shy, bold = answers(*[[0.6, 0.4]] * 10), answers(*[[0.69, 0.31]] * 10)

    before, after = (fair_scores(MEASURE, one, labels) for one in (shy, bold))

    assert before.shape == (10,)
    assert after.mean() == pytest.approx(before.mean(), abs=0.01)


def test_who_is_as_often_right_as_sure_is_not_surprised():
    found, missed = surprise(MEASURE, answers(*[[0.8, 0.2]] * 10), ["a"] * 8 + ["b"] * 2)

    assert (found.rows, missed.rows) == (10, 10)
    assert found.z == pytest.approx(0.0, abs=0.05)
    assert missed.mean == pytest.approx(0.0)


def test_labels_against_sure_answers_surprise_more_than_those_against_unsure_ones():
    sure, unsure = (
        surprise(MEASURE, answers(*rows), ["b"] * 10)
        for rows in ([[0.95, 0.05]] * 10, [[0.55, 0.45]] * 10)
    )

    assert sure[0].z < 2 * unsure[0].z < 0
    assert [missed.mean for _, missed in (sure, unsure)] == pytest.approx([-0.95, -0.55])


def test_no_labels_surprise_nobody():
    found, missed = surprise(MEASURE, answers_of(np.empty((0, 2)), CLASSES), [])

    assert (found.mean, found.z, found.rows) == (missed.mean, missed.z, missed.rows) == (0, 0, 0)

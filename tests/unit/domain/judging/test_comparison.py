"""Reading two versions on the same rows."""

import numpy as np
import pytest

from labelloop.domain.judging.comparison import (
    aligned,
    at_temperature,
    believed_gain,
    difference,
    log_likelihoods,
)


def test_columns_follow_the_classes_and_an_unknown_class_is_impossible():
    rows = aligned(np.array([[0.7, 0.3]]), ["b", "a"], ["a", "b", "c"])

    assert rows.tolist() == [[0.3, 0.7, 0.0]]


def test_nothing_to_compare_is_no_difference():
    found = difference(np.empty(0))

    assert (found.mean, found.z, found.rows) == (0.0, 0.0, 0)


def test_rows_that_all_say_the_same_are_endlessly_clear_a_single_one_is_not():
    assert difference(np.full(25, -1.0)).z == -np.inf
    assert difference(np.full(25, 1.0)).z == np.inf
    assert difference(np.zeros(25)).z == 0.0
    assert difference(np.full(1, -1.0)).z == 0.0


def test_a_version_is_read_at_the_temperature_that_suits_the_labels():
    rows, labels = np.array([[0.6, 0.4]] * 8 + [[0.4, 0.6]] * 2), np.zeros(10, int)

    shy, before = log_likelihoods(rows, labels)
    bold, at = log_likelihoods(at_temperature(rows, np.exp(-0.5)), labels)

    assert bold.mean() == pytest.approx(shy.mean(), abs=0.01)
    assert at / before == pytest.approx(np.exp(0.5))


def test_one_wrong_label_costs_a_bounded_amount():
    rows, labels = np.array([[1.0, 0.0]] * 20), np.array([0] * 19 + [1])

    found, _ = log_likelihoods(rows, labels)

    assert found.min() > -6


def test_versions_that_answer_alike_gain_nothing():
    rows = np.random.default_rng(0).dirichlet([1, 1, 1], 50)

    assert believed_gain(rows, rows).mean == 0.0


def test_the_surer_of_two_that_differ_is_believed():
    shy, sure = np.array([[0.55, 0.45]] * 10), np.array([[0.1, 0.9]] * 10)

    assert believed_gain(shy, sure).mean > 0 > believed_gain(sure, shy).mean

"""What the random share says, and what it can't say yet."""

import numpy as np
import pytest

from labelloop.domain.judging.quality import acceptance, accuracy, by_class, least_rows


def sample(rows, seed, classes=3):
    """Calibrated answers: right as often as they are sure."""
    rng = np.random.default_rng(seed)
    sure = rng.uniform(0.5, 1.0, rows)
    labels = rng.integers(0, classes, rows)
    said = np.where(rng.random(rows) < sure, labels, (labels + 1) % classes)
    probabilities = np.full((rows, classes), ((1 - sure) / (classes - 1))[:, None])
    probabilities[np.arange(rows), said] = sure
    return probabilities, labels


def test_accuracy_comes_with_its_uncertainty():
    found = accuracy(np.array([[0.9, 0.1]] * 40), np.array([0] * 30 + [1] * 10))

    assert found.value == 0.75
    assert 0.6 < found.low < 0.75 < found.high < 0.87


def test_no_random_labels_say_nothing():
    found = accuracy(np.empty((0, 2)), np.empty(0, int))

    assert (found.value, found.low, found.high) == (None, 0.0, 1.0)


def test_precision_and_recall_differ_where_a_class_is_predicted_too_often():
    probabilities = np.array([[0.9, 0.1]] * 8 + [[0.1, 0.9]] * 2)
    labels = np.array([0] * 4 + [1] * 6)

    first, second = by_class(probabilities, labels, 2)

    assert (first.precision.value, first.recall.value) == (0.5, 1.0)
    assert second.precision.value == 1.0
    assert second.recall.value == pytest.approx(1 / 3)


def test_a_class_that_is_neither_predicted_nor_right_has_no_quality():
    found = by_class(np.array([[0.9, 0.1, 0.0]]), np.array([0]), 3)[2]

    assert found.precision.value is None
    assert found.recall.value is None


def test_a_row_without_an_answer_is_nobodys_prediction_and_a_miss():
    probabilities = np.array([[0.9, 0.1, 0.0], [1 / 3, 1 / 3, 1 / 3], [1 / 3, 1 / 3, 1 / 3]])
    labels = np.array([0, 0, 2])

    first, _, third = by_class(probabilities, labels, 3)

    assert (first.precision.value, first.precision.rows, first.recall.value) == (1.0, 1, 0.5)
    assert third.recall.value == 0.0
    assert accuracy(probabilities, labels).value == pytest.approx(1 / 3)


def test_with_few_random_labels_nothing_is_accepted():
    probabilities, labels = sample(29, 0)

    found = acceptance(probabilities, labels, np.ones(10))

    assert found.threshold is None
    assert "it takes 59 labels" in found.why
    assert "there are 29" in found.why


def test_a_precision_that_the_sample_cannot_show_is_not_claimed():
    probabilities, labels = sample(400, 0)

    found = acceptance(probabilities, labels, np.ones(10), wanted=0.99)

    assert found.threshold is None
    assert "99%" in found.why
    assert least_rows(0.99) < 400


def test_where_nothing_is_left_to_label_nothing_is_covered():
    probabilities, labels = sample(2_000, 0)

    found = acceptance(probabilities, labels, np.empty(0), wanted=0.9)

    assert found.threshold is not None
    assert found.coverage is None


def test_a_threshold_is_wrong_in_one_of_twenty_projects_at_most():
    kept = 0
    for seed in range(200):
        probabilities, labels = sample(300, seed)
        found = acceptance(probabilities, labels, np.ones(1), wanted=0.9)
        # Confidence is uniform up to 1 and calibrated, so the truth is known.
        kept += found.threshold is None or (found.threshold + 1) / 2 >= 0.9

    assert kept >= 190


def share_with_threshold(rows, right):
    """Of 300 projects whose answers are right this often, however sure they are."""
    found = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        sure = rng.uniform(0.6, 1.0, rows)
        labels = (rng.random(rows) >= right).astype(int)
        found.append(acceptance(np.stack([sure, 1 - sure], axis=1), labels, sure).threshold)
    return np.mean([one is not None for one in found])


@pytest.mark.parametrize("rows", [100, 300, 1_000])
def test_where_no_confidence_is_precise_enough_one_is_rarely_found(rows):
    assert share_with_threshold(rows, 0.95) <= 0.05 + 0.025  # two standard errors


@pytest.mark.parametrize(("rows", "share"), [(300, 0.7), (1_000, 0.99)])
def test_a_miss_among_the_surest_does_not_end_the_search(rows, share):
    assert share_with_threshold(rows, 0.98) >= share

"""What the random share says, and what it can't say yet."""

import numpy as np
import pytest

from labelloop.domain.judging.quality import acceptance, accuracy, least_rows


def sample(rows, seed):
    """Return confidence and hits of calibrated answers: right as often as they are sure."""
    rng = np.random.default_rng(seed)
    sure = rng.uniform(0.5, 1.0, rows)
    return sure, (rng.random(rows) < sure).astype(float)


def test_accuracy_comes_with_its_uncertainty():
    found = accuracy(np.array([1.0] * 30 + [0.0] * 10))

    assert found.value == 0.75
    assert 0.6 < found.low < 0.75 < found.high < 0.87


def test_no_random_labels_say_nothing():
    found = accuracy(np.empty(0))

    assert (found.value, found.low, found.high) == (None, 0.0, 1.0)


def test_an_answer_that_is_right_in_part_counts_by_its_part_and_is_not_accepted():
    half = np.full(400, 0.5)

    assert accuracy(half).value == 0.5
    assert acceptance(np.linspace(0.5, 1, 400), half, np.ones(1)).threshold is None
    assert acceptance(np.linspace(0.5, 1, 400), 2 * half, np.ones(1)).threshold == 0.5


def test_with_few_random_labels_nothing_is_accepted():
    confidence, hits = sample(29, 0)

    found = acceptance(confidence, hits, np.ones(10))

    assert found.threshold is None
    assert "it takes 59 labels" in found.why
    assert "there are 29" in found.why


def test_a_precision_that_the_sample_cannot_show_is_not_claimed():
    confidence, hits = sample(400, 0)

    found = acceptance(confidence, hits, np.ones(10), wanted=0.99)

    assert found.threshold is None
    assert "99%" in found.why
    assert least_rows(0.99) < 400


def test_where_nothing_is_left_to_label_nothing_is_covered():
    confidence, hits = sample(2_000, 0)

    found = acceptance(confidence, hits, np.empty(0), wanted=0.9)

    assert found.threshold is not None
    assert found.coverage is None


def test_a_threshold_is_wrong_in_one_of_twenty_projects_at_most():
    kept = 0
    for seed in range(200):
        confidence, hits = sample(300, seed)
        found = acceptance(confidence, hits, np.ones(1), wanted=0.9)
        # Confidence is uniform up to 1 and calibrated, so the truth is known.
        kept += found.threshold is None or (found.threshold + 1) / 2 >= 0.9

    assert kept >= 190


def share_with_threshold(rows, right):
    """Of 300 projects whose answers are right this often, however sure they are."""
    found = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        sure = rng.uniform(0.6, 1.0, rows)
        hits = (rng.random(rows) < right).astype(float)
        found.append(acceptance(sure, hits, sure).threshold)
    return np.mean([one is not None for one in found])


@pytest.mark.parametrize("rows", [100, 300, 1_000])
def test_where_no_confidence_is_precise_enough_one_is_rarely_found(rows):
    assert share_with_threshold(rows, 0.95) <= 0.05 + 0.025  # two standard errors


@pytest.mark.parametrize(("rows", "share"), [(300, 0.7), (1_000, 0.99)])
def test_a_miss_among_the_surest_does_not_end_the_search(rows, share):
    assert share_with_threshold(rows, 0.98) >= share

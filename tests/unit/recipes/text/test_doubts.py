"""Labels worth a second look."""

import numpy as np
import pytest

from labelloop.recipes.text.doubts import doubts

CLASSES, ROWS = 4, 400


def project(seed=0, share=0.1):
    """Labels of which a share is wrong, and a model that is right on 90 % of the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, CLASSES, ROWS)
    wrong = rng.random(ROWS) < share
    labels = np.where(wrong, (truth + rng.integers(1, CLASSES, ROWS)) % CLASSES, truth)
    said = np.where(rng.random(ROWS) < 0.9, truth, rng.integers(0, CLASSES, ROWS))
    sure = np.where(said == truth, rng.uniform(0.6, 0.95, ROWS), rng.uniform(0.4, 0.8, ROWS))
    rows = np.full((ROWS, CLASSES), ((1 - sure) / (CLASSES - 1))[:, None])
    rows[np.arange(ROWS), said] = sure
    return rows, labels, truth, wrong


@pytest.mark.parametrize("seed", range(5))
def test_planted_errors_come_first(seed):
    rows, labels, _, wrong = project(seed)

    first = [one.row for one in doubts(rows, labels)[:20]]

    assert wrong[first].mean() >= 0.8


@pytest.mark.parametrize("seed", range(5))
def test_most_planted_errors_are_among_the_candidates(seed):
    rows, labels, truth, wrong = project(seed)

    found = doubts(rows, labels)

    rows_found = {one.row for one in found}
    assert len(rows_found & set(np.flatnonzero(wrong).tolist())) >= 0.6 * wrong.sum()
    right = [one.instead == truth[one.row] for one in found if wrong[one.row]]
    assert np.mean(right) >= 0.9


def test_labels_that_the_model_shares_are_not_doubted():
    rows, _, truth, _ = project(share=0)

    found = doubts(rows, truth)

    assert all(rows[one.row].argmax() != truth[one.row] for one in found)


def test_annotators_who_disagree_are_listed_even_where_the_model_agrees():
    rows, labels, _, _ = project(share=0)
    votes = [[int(label)] * 2 for label in labels]
    votes[7] = [int(labels[7]), int(labels[7] + 1) % CLASSES]

    found = {one.row: one for one in doubts(rows, labels, votes)}

    assert found[7].disagreed


def test_a_label_against_the_majority_is_more_doubtful_than_one_with_it():
    rows = np.full((40, 2), 0.5)
    labels = np.zeros(40, int)
    votes = [[0, 0, 0]] * 38 + [[0, 1, 1], [0, 0, 1]]

    found = doubts(rows, labels, votes)

    assert [one.row for one in found if one.disagreed] == [38, 39]
    assert found[0].instead == 1


def test_annotators_who_agree_are_a_voice_each():
    rows = np.array([[0.05, 0.95]] * 3 + [[0.9, 0.1]] * 10 + [[0.1, 0.9]] * 10)
    labels = np.array([0] * 13 + [1] * 10)
    votes = [[0], [0] * 3, [0] * 6 + [1], *([label] for label in labels[3:])]

    alone, three, most = (
        next(one.doubt for one in doubts(rows, labels, votes) if one.row == row) for row in range(3)
    )

    assert alone > 10 * three > 10 * most > 0


def test_nothing_labelled_is_nothing_doubted():
    assert doubts(np.empty((0, 3)), np.empty(0, int)) == []


def test_a_class_that_no_label_has_is_never_suggested():
    rows, labels, _, _ = project()
    wider = np.hstack([rows * 0.4, np.full((ROWS, 1), 0.6)])

    assert CLASSES not in {one.instead for one in doubts(wider, labels)}

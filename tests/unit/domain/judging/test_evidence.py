"""What is known of labels that are made of several parts."""

from dataclasses import replace

import numpy as np

from labelloop.domain.judging.evidence import Evidence, examine, numbers_of
from labelloop.recipes.text_choices.measure import MEASURE

KNOWN = ["x", "x y", "z"]
NONE = -1


def evidence(before, labels, offered=("x", "y", "z")):
    """Evidence by which the champion thinks that every label is the first."""
    rows = len(before)
    sure_of_x = MEASURE.aligned(MEASURE.alike(["x"], rows), KNOWN)
    return Evidence(
        measure=MEASURE,
        known=KNOWN,
        parts=[label.split() for label in KNOWN],
        before=np.array(before, np.int64),
        labels=np.array(labels, np.int64),
        is_random=np.full(rows, False),
        is_fresh=np.full(rows, False),
        is_tuned=np.full(rows, False),
        champion=sure_of_x,
        challenger=sure_of_x,
        pool_champion=MEASURE.alike(KNOWN, 0),
        pool_challenger=MEASURE.alike(KNOWN, 0),
        offered=offered,
    )


def test_each_part_of_a_label_is_counted():
    e = evidence([0, 1, 1, NONE], [2, 1, NONE, NONE])

    assert e.count(e.before) == {"x": 3, "y": 2}
    assert e.count(e.labels) == {"x": 1, "y": 1, "z": 1}
    assert e.count(np.empty(0, int)) == {}


def test_a_label_is_lost_where_it_is_gone_and_all_its_parts_are_still_offered():
    before, labels = [0, 1, 2, 2, NONE], [NONE, NONE, NONE, 2, 2]

    assert np.flatnonzero(evidence(before, labels).lost).tolist() == [0, 1, 2]
    without_y = evidence(before, labels, offered=("x", "z"))
    assert np.flatnonzero(without_y.lost).tolist() == [0, 2]


def test_a_label_is_new_where_the_champion_met_all_its_parts_wherever():
    met_x = evidence([0, *[NONE] * 4], [0, 0, 1, 2, NONE])
    met_both = evidence([1, *[NONE] * 4], [1, 0, 1, 2, NONE])

    assert np.flatnonzero(met_x.is_new).tolist() == [1]
    assert np.flatnonzero(met_both.is_new).tolist() == [1, 2]


def test_a_label_is_turned_where_it_changed_to_what_the_champion_does_not_think_right():
    found = evidence([2, 0, 0, NONE, 1], [0, 1, 0, 1, NONE])

    assert np.flatnonzero(found.shared).tolist() == [0, 1, 2]
    assert np.flatnonzero(found.turned).tolist() == [1]


def test_without_labels_nothing_is_lost_new_or_turned():
    e = evidence([], [])

    assert not e.lost.any() | e.is_new.any() | e.turned.any()


def test_what_an_encoder_was_tuned_to_is_nowhere_compared():
    found = evidence([0, 1, 2] * 20, [0, 1, 2] * 20)
    found = replace(found, is_random=np.full(60, True), is_fresh=np.full(60, True))

    every, some = (examine(replace(found, is_tuned=np.arange(60) < most)) for most in (0, 45))

    assert (every.shared, every.labels.rows, every.random.rows, every.fresh.rows) == (60,) * 4
    assert (some.shared, some.labels.rows, some.random.rows, some.fresh.rows) == (15,) * 4
    numbers = numbers_of(replace(found, is_tuned=np.full(60, True)), some)
    assert numbers["random_share"]["labels"] == 0

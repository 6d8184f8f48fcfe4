"""An imported model takes a place unless it is worse, and keeps it until another is better."""

from dataclasses import replace

import numpy as np
import pytest

from labelloop.domain.judging.evidence import Evidence
from labelloop.domain.judging.imported import (
    judge_across,
    judge_against_imported,
    judge_imported,
    why_misordered,
)
from labelloop.recipes.text.probabilities import answers_of
from labelloop.recipes.text_choices.measure import MEASURE

NAMES = ("a", "b")


def answers(right, labels):
    """Answers that are right with this share, and sure of it by nine tenths."""
    codes = np.array(labels)
    told = np.where(np.arange(len(codes)) < round(right * len(codes)), codes, 1 - codes)
    rows = np.full((len(codes), 2), 0.1)
    rows[np.arange(len(codes)), told] = 0.9
    return answers_of(rows, NAMES)


def evidence(rows, champion, challenger, fresh=0):
    labels = np.arange(rows) % 2
    return Evidence(
        measure=MEASURE,
        known=list(NAMES),
        parts=[(name,) for name in NAMES],
        before=np.full(rows, -1),
        labels=labels,
        is_random=np.zeros(rows, np.bool_),
        is_fresh=np.arange(rows) >= rows - fresh,
        is_tuned=np.zeros(rows, np.bool_),
        champion=answers(champion, labels),
        challenger=answers(challenger, labels),
        pool_champion=answers_of(np.empty((0, 2)), NAMES),
        pool_challenger=answers_of(np.empty((0, 2)), NAMES),
        offered=NAMES,
    )


@pytest.mark.parametrize(
    ("rows", "champion", "challenger", "served"),
    [
        (0, 1.0, 0.0, True),
        (19, 1.0, 0.0, True),  # too few labels to say
        (60, 0.9, 0.5, False),
        (60, 0.9, 0.9, True),
        (60, 0.9, 0.88, True),  # within chance
        (60, 0.5, 0.9, True),
    ],
)
def test_an_imported_model_is_served_unless_it_is_worse(rows, champion, challenger, served):
    verdict = judge_imported(evidence(rows, champion, challenger))

    assert verdict.switches is served
    assert str(rows) in verdict.reason


@pytest.mark.parametrize(
    ("rows", "champion", "challenger", "goes_on", "served"),
    [
        (19, 0.0, 1.0, False, False),  # too few labels to say
        (60, 0.9, 0.9, False, False),
        (60, 0.9, 0.9, True, True),  # it knows what the model knows
        (60, 0.9, 0.5, True, False),
        (60, 0.5, 0.9, False, True),
    ],
)
def test_a_training_takes_its_place_when_it_is_better(rows, champion, challenger, goes_on, served):
    verdict = judge_against_imported(evidence(rows, champion, challenger), goes_on=goes_on)

    assert verdict.switches is served
    assert not verdict.of_changes  # so that no day ends its rejection


def test_labels_that_the_model_may_have_learnt_elsewhere_do_not_keep_it_for_ever():
    e = evidence(200, 1.0, 0.95, fresh=40)
    worse = answers(0.5, e.labels)  # wrong on the newer half
    fresh_alone = replace(e, challenger=_but_for(e, 100), champion=worse)

    verdict = judge_against_imported(fresh_alone, goes_on=False)

    assert verdict.switches
    assert "40 labels given since" in verdict.reason


def _but_for(e, wrong):
    """Return answers that are wrong on the oldest labels, and right on all others."""
    codes, told = e.labels, e.labels.copy()
    told[:wrong] = 1 - told[:wrong]
    rows = np.full((len(codes), 2), 0.1)
    rows[np.arange(len(codes)), told] = 0.9
    return answers_of(rows, NAMES)


def hits(right, rows):
    return (np.arange(rows) < round(right * rows)).astype(float)


@pytest.mark.parametrize(
    ("rows", "old", "new", "is_import", "served"),
    [
        (0, 1.0, 0.0, True, True),
        (19, 1.0, 0.0, True, True),  # too few labels to say
        (60, 0.9, 0.5, True, False),
        (60, 0.9, 0.88, True, True),  # within chance
        (60, 0.5, 0.9, True, True),
        (0, 0.0, 0.0, False, False),
        (19, 0.0, 1.0, False, False),
        (60, 0.9, 0.9, False, False),
        (60, 0.9, 0.92, False, False),
        (60, 0.5, 0.9, False, True),
    ],
)
def test_versions_of_two_recipes_are_compared_by_how_often_they_are_right(
    rows, old, new, is_import, served
):
    nothing_new = np.zeros(rows, np.bool_)

    verdict = judge_across(hits(old, rows), hits(new, rows), nothing_new, is_import=is_import)

    assert verdict.switches is served
    assert str(rows) in verdict.reason


def test_labels_given_since_a_rejection_count_by_themselves_across_recipes_too():
    old, new = np.ones(200), hits(0.95, 200)
    is_fresh = np.arange(200) < 40
    old[is_fresh] = 0

    assert judge_across(old, new, is_fresh, is_import=False).switches
    assert not judge_across(np.ones(200), new, is_fresh, is_import=False).switches


FOUR = ["a", "b", "c", "d"]


def predictions(mapping: str, n: int = 40, wrong: int = 0) -> tuple[list[str], list[str]]:
    """Return labels of three of four names, and what is predicted for them, some of it wrong."""
    labels = ["abc"[row % 3] for row in range(n)]
    predicted = [mapping["abc".index(label)] for label in labels]
    return labels, ["d"] * wrong + predicted[wrong:]


@pytest.mark.parametrize(
    ("mapping", "wrong", "order"),
    [("bca", 0, "c,a,b,d"), ("bca", 6, "c,a,b,d"), ("bac", 0, "b,a,c,d"), ("dbc", 0, "d,b,c,a")],
)
def test_labels_that_were_named_in_another_order_are_seen(mapping, wrong, order):
    assert f"by {order} it would be right" in why_misordered(*predictions(mapping, 40, wrong), FOUR)


@pytest.mark.parametrize(
    ("mapping", "n", "wrong"),
    [("abc", 40, 0), ("abc", 40, 30), ("aaa", 40, 0), ("bca", 19, 0)],
    ids=["right", "poor", "one for all", "too few labels"],
)
def test_a_poor_model_is_no_other_order(mapping, n, wrong):
    assert why_misordered(*predictions(mapping, n, wrong), FOUR) == ""


def test_labels_that_an_encoder_was_tuned_to_count_for_neither():
    """The version at work has no answer to them, so an imported model would look far better."""
    found = evidence(60, 0.9, 0.5)
    without = replace(found, is_tuned=np.arange(60) < 45)

    assert not judge_imported(found).switches
    assert judge_imported(without).reason == "too few labels to compare on: 15 of at least 20"
    assert "there are 15" in judge_against_imported(without, goes_on=False).reason

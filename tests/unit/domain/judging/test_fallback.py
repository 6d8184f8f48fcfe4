"""Falling back to random order, and coming back."""

import numpy as np
import pytest

from labelloop.domain.judging.comparison import fair_scores
from labelloop.domain.judging.fallback import OrderDecision, decide, folds
from labelloop.recipes.text.probabilities import answers_of
from labelloop.recipes.text_choices.measure import MEASURE

STRATEGY = OrderDecision(is_random=False, reason="", since=0)
FALLEN = OrderDecision(is_random=True, reason="worse", since=300)


def arm(labels, right, rng):
    """Return the log scores of answers that are right this often."""
    hits = rng.random(len(labels)) < right
    said = np.where(hits, labels, 1 - labels)
    rows = np.full((len(labels), 2), 0.2)
    rows[np.arange(len(labels)), said] = 0.8
    return fair_scores(MEASURE, answers_of(rows, ["0", "1"]), [str(label) for label in labels])


def look(strategy, random, now, before, seed=0, rows=60):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    return decide(arm(labels, strategy, rng), arm(labels, random, rng), now, before)


def test_each_arm_learns_as_much_and_is_asked_what_it_has_not_seen():
    is_random = np.arange(400) % 10 == 9

    for fold in folds(is_random):
        assert len(fold.strategy) == len(fold.random) == 32
        assert not is_random[fold.strategy].any()
        assert is_random[fold.random].all()
        assert not set(fold.asked) & set(fold.random)


def test_every_random_row_is_asked_once():
    is_random = np.arange(400) % 10 == 9

    asked = np.concatenate([fold.asked for fold in folds(is_random)])

    assert sorted(asked) == np.flatnonzero(is_random).tolist()


def test_with_few_random_labels_nothing_is_compared():
    assert folds(np.arange(290) % 10 == 9) == []
    assert look(0.1, 0.9, 290, STRATEGY, rows=29) is STRATEGY


def test_a_strategy_that_loses_to_chance_is_left():
    order = look(0.55, 0.85, 600, STRATEGY)

    assert order.is_random
    assert order.since == 600
    assert "60 random labels" in order.reason


def test_a_sound_strategy_is_left_in_few_of_a_hundred_looks():
    left = sum(look(0.8, 0.8, 600, STRATEGY, seed).is_random for seed in range(300))

    assert left <= 15


def test_a_much_worse_strategy_is_left_in_most_projects():
    left = sum(look(0.6, 0.85, 600, STRATEGY, seed).is_random for seed in range(200))

    assert left >= 150


def test_a_mind_is_not_changed_back_before_half_as_many_labels_again():
    assert look(0.9, 0.5, 449, FALLEN).is_random
    assert not look(0.9, 0.5, 450, FALLEN).is_random


@pytest.mark.parametrize("now", [450, 2_000])
def test_while_chance_is_better_the_order_stays_random(now):
    assert look(0.5, 0.9, now, FALLEN).is_random

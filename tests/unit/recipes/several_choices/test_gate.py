"""The gate judges versions of several labels by their measure as it judges single choices."""

import numpy as np
import pytest

from labelloop.domain.answers import Answers
from labelloop.domain.judging.evidence import Evidence
from labelloop.domain.judging.gate import judge
from labelloop.recipes.several_choices.measure import MEASURE
from tests.unit.recipes.several_choices.examples import answers

NAMES = ("a", "b", "c", "d")
LABELS, POOL = 300, 500
RATES = np.array([0.5, 0.3, 0.1, 0.05])


def noisy(odds: np.ndarray, noise: float, seed: int) -> Answers:
    shaken = odds + np.random.default_rng(seed).normal(0, noise, odds.shape)
    return answers(1 / (1 + np.exp(-shaken)), NAMES)


@pytest.fixture
def odds() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.log(RATES / (1 - RATES)) + rng.normal(0, 2, (LABELS + POOL, len(NAMES)))


def evidence(odds: np.ndarray, challenger: Answers) -> Evidence:
    """Return what is known after labels drawn by their odds; the champion is somewhat noisy."""
    drawn = np.random.default_rng(1).random((LABELS, 4)) < 1 / (1 + np.exp(-odds[:LABELS]))
    sets = [tuple(n for n, has in zip(NAMES, row, strict=True) if has) for row in drawn]
    known = sorted(set(sets))
    codes = np.array([known.index(one) for one in sets])
    champion, rows, pool = noisy(odds, 1.0, 2), np.arange(LABELS), np.arange(LABELS, len(odds))
    return Evidence(
        measure=MEASURE,
        known=[list(one) for one in known],
        parts=known,
        before=codes,
        labels=codes,
        is_random=rows % 5 == 0,
        is_fresh=np.zeros(LABELS, np.bool_),
        is_tuned=np.zeros(LABELS, np.bool_),
        champion=champion.take(rows),
        challenger=challenger.take(rows),
        pool_champion=champion.take(pool),
        pool_challenger=challenger.take(pool),
        offered=NAMES,
    )


@pytest.mark.parametrize("noise", [0.5, 1.0])
def test_a_sound_version_is_let_in(odds, noise):
    verdict = judge(evidence(odds, noisy(odds, noise, 3)))

    assert verdict.switches


def test_a_version_that_only_became_surer_counts_as_the_same(odds):
    same = noisy(odds, 1.0, 2)
    surer = answers(1 / (1 + _odds_of(same) ** -np.exp(0.5)), NAMES)

    numbers = judge(evidence(odds, surer)).numbers

    assert abs(numbers["labels"]["z"]) < 0.5
    assert abs(numbers["pool"]["gain"]) < 0.002


@pytest.mark.parametrize("columns", [[1, 0, 2, 3], [1, 2, 3, 0]], ids=["two", "all"])
def test_a_version_that_swapped_labels_is_rejected(odds, columns):
    verdict = judge(evidence(odds, noisy(odds[:, columns], 0.5, 3)))

    assert not verdict.switches
    assert verdict.numbers["labels"]["z"] < -3


def test_a_version_that_knows_nothing_is_rejected(odds):
    verdict = judge(evidence(odds, noisy(np.zeros_like(odds), 0.01, 3)))

    assert not verdict.switches


def _odds_of(said: Answers) -> np.ndarray:
    probabilities = said.columns.array("probabilities")
    assert probabilities is not None
    return np.asarray(probabilities / (1 - probabilities), np.float64)

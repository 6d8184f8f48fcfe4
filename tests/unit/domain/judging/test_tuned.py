"""A tuned encoder has to be clearly better, not merely no worse."""

import numpy as np
import pytest

from labelloop.domain.judging.tuned import judge_tuned
from labelloop.recipes.text.probabilities import answers_of
from labelloop.recipes.text_choices.measure import MEASURE

NAMES = ("a", "b")


def answers(right, rows, seed):
    """Answers of which this share is right, at random places, and sure of it by eight tenths."""
    codes = np.arange(rows) % 2
    is_right = np.random.default_rng(seed).permutation(rows) < round(right * rows)
    probabilities = np.full((rows, 2), 0.2)
    probabilities[np.arange(rows), np.where(is_right, codes, 1 - codes)] = 0.8
    return answers_of(probabilities, NAMES)


@pytest.mark.parametrize(
    ("rows", "plain", "tuned", "is_better"),
    [
        (100, 0.6, 0.9, True),
        (100, 0.7, 0.7, False),
        (100, 0.7, 0.72, False),  # within chance
        (100, 0.9, 0.6, False),
        (40, 0.6, 0.7, False),
        (40, 0.5, 0.9, True),
    ],
)
def test_an_encoder_is_switched_to_if_it_is_clearly_better(rows, plain, tuned, is_better):
    labels = [NAMES[row % 2] for row in range(rows)]

    verdict = judge_tuned(MEASURE, answers(plain, rows, 1), answers(tuned, rows, 2), labels)

    assert verdict.switches is is_better
    assert f"on {rows} labels" in verdict.reason
    assert verdict.numbers["plain"] == pytest.approx(plain, abs=0.02)
    assert verdict.numbers["tuned"] == pytest.approx(tuned, abs=0.02)


def test_one_that_is_far_too_sure_of_itself_is_judged_by_what_it_knows():
    """Out of fold, models beside tuned vectors say 92% and are right in 62% of cases."""
    rows = 400
    codes, labels = np.arange(rows) % 2, [NAMES[row % 2] for row in range(rows)]
    sure = np.full((rows, 2), 1e-4)
    is_right = np.random.default_rng(3).permutation(rows) < 0.7 * rows
    sure[np.arange(rows), np.where(is_right, codes, 1 - codes)] = 1 - 1e-4

    verdict = judge_tuned(MEASURE, answers(0.55, rows, 1), answers_of(sure, NAMES), labels)

    assert verdict.switches


def test_one_that_is_more_often_right_is_better_whatever_its_confidence():
    rows, codes = 200, np.arange(200) % 2
    blind = np.full((rows, 2), 0.499)
    is_right = np.random.default_rng(2).permutation(rows) < 0.8 * rows
    blind[np.arange(rows), np.where(is_right, codes, 1 - codes)] = 0.501
    few = np.flatnonzero(~is_right)[:5]  # that no temperature mends
    blind[few, codes[few]], blind[few, 1 - codes[few]] = 0.0, 1.0

    labels = [NAMES[code] for code in codes]
    verdict = judge_tuned(MEASURE, answers(0.65, rows, 1), answers_of(blind, NAMES), labels)

    assert verdict.numbers["z"] < 1
    assert verdict.switches


def test_one_that_knows_what_it_knows_but_is_less_often_right_is_not_better():
    rows, codes = 100, np.arange(100) % 2
    knowing = np.full((rows, 2), 0.01)
    right = np.arange(rows) < 69
    knowing[np.arange(rows), np.where(right, codes, 1 - codes)] = 0.99
    knowing[60:] = 0.49
    knowing[np.arange(60, rows), np.where(right, codes, 1 - codes)[60:]] = 0.51

    labels = [NAMES[code] for code in codes]
    verdict = judge_tuned(MEASURE, answers(0.75, rows, 1), answers_of(knowing, NAMES), labels)

    assert verdict.numbers["z"] > 2
    assert not verdict.switches

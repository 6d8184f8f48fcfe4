"""How orders of candidates, and choices of one, are compared."""

from itertools import permutations

import numpy as np
import pytest

from labelloop.domain.columns import starts_of
from labelloop.recipes.candidates.answers import answers_of, named
from labelloop.recipes.candidates.score_measure import ScoreMeasure

ORDERS, CHOICES = ScoreMeasure(False), ScoreMeasure(True)


def said(*tasks):
    """Return answers of these scores, about candidates a, b and so on."""
    ids = [list("abcdefgh"[: len(scores)]) for scores in tasks]
    scores = np.array([score for task in tasks for score in task], float)
    return answers_of(scores, starts_of([len(task) for task in tasks]), named(ids))


def test_a_hit_of_an_order_is_the_share_of_pairs_in_order():
    answers = said([3, 2, 1], [3, 2, 1], [3, 2, 1], [1, 1, 1])

    hits = ORDERS.hits(
        answers, [["a", "b", "c"], ["b", "a", "c"], ["c", "b", "a"], ["a", "b", "c"]]
    )

    np.testing.assert_allclose(hits, [1, 2 / 3, 0, 0])


def test_a_hit_of_a_choice_is_the_first_one():
    answers = said([3, 2, 1], [3, 2, 1], [2, 2, 1])

    assert CHOICES.hits(answers, ["a", "b", "a"]).tolist() == [1, 0, 0]


def test_candidates_that_the_task_lacks_are_never_right():
    answers = said([3, 2])

    assert CHOICES.hits(answers, ["z"]).tolist() == [0]
    assert ORDERS.hits(answers, [["z", "y"]]).tolist() == [0]
    assert CHOICES.log_scores(answers, ["z"])[0] < CHOICES.log_scores(answers, ["b"])[0]


@pytest.mark.parametrize(
    ("measure", "labels"), [(CHOICES, "ab"), (ORDERS, [["a", "b"], ["b", "a"]])]
)
def test_no_answer_scores_better_than_the_truth(measure, labels):
    truth = 0.7
    tried = {
        gap: said([gap, 0.0]) for gap in (-1.0, 0.0, 0.5, np.log(truth / (1 - truth)), 1.5, 4.0)
    }

    means = {
        gap: truth * measure.log_scores(answers, labels[:1])[0]
        + (1 - truth) * measure.log_scores(answers, labels[1:])[0]
        for gap, answers in tried.items()
    }

    assert max(means, key=lambda gap: means[gap]) == pytest.approx(np.log(truth / (1 - truth)))


@pytest.mark.parametrize(("measure", "labels"), [(CHOICES, "abc"), (ORDERS, None)])
def test_a_model_expects_the_mean_over_its_own_odds(measure, labels):
    answers = said([1.0, 0.5, -1.0])
    if labels is None:  # by the odds of a first one, and then of the next
        labels = [list(order) for order in permutations("abc")]
    worth = dict(zip("abc", np.exp([1.0, 0.5, -1.0]), strict=True))
    odds = []
    for label in labels:
        left, chance = dict(worth), 1.0
        for one in label:
            chance *= left[one] / sum(left.values())
            del left[one]
        odds.append(chance)
    if measure is CHOICES:
        odds = [worth[label] / sum(worth.values()) for label in labels]
    repeated = answers.take([0] * len(labels))

    hits = measure.hits(repeated, labels) @ odds
    score = measure.log_scores(repeated, labels) @ odds

    expected = measure.expected(answers)
    assert expected.hits[0] == pytest.approx(hits)
    assert expected.log_score[0] == pytest.approx(score, abs=0.01)  # its floor is uniform
    spread = (measure.log_scores(repeated, labels) - score) ** 2 @ odds
    assert expected.variance[0] >= spread - 0.01


def test_better_answers_gain_and_the_reverse_loses():
    old, new = said([0.1, 0.0, 0.0]), said([0.0, 3.0, 0.0])

    for measure in (ORDERS, CHOICES):
        assert measure.gain(old, new)[0] > 0 > measure.gain(new, old)[0]


def test_one_temperature_makes_overconfident_answers_fair():
    answers = said(*[[4.0, 0.0]] * 10)
    labels = ["a"] * 6 + ["b"] * 4

    fair, other = CHOICES.fair(answers, labels, said([4.0, 0.0]))

    assert CHOICES.reading(fair).confidence.max() < CHOICES.reading(answers).confidence.min()
    assert CHOICES.reading(other).confidence[0] == CHOICES.reading(fair).confidence[0]


def test_the_closer_the_first_two_the_less_sure():
    sure = ORDERS.reading(said([3, 0, 0], [3, 2.9, 0], [1, 1, 0])).sureness()

    assert sure[0] > sure[1] > sure[2] == 0


def test_orders_differ_by_the_pairs_that_are_the_other_way_round():
    assert ORDERS.disagreement([["a", "b", "c"]], [["c", "b", "a"]]) == 2
    assert ORDERS.disagreement([["a", "b", "c"]], [["b", "a", "c"]]) == pytest.approx(2 / 3)
    assert CHOICES.disagreement(["a", "b"], ["a", "c"]) == 0.5
    assert ORDERS.disagreement([], []) == CHOICES.disagreement([], []) == 0


def test_labels_that_annotators_disagree_on_are_doubted():
    answers = said([3, 0], [3, 0], [0, 0.1], [3, 0])

    votes = [["a"], ["b", "a"], ["a"], ["a"]]
    found = CHOICES.doubts(answers, ["a", "b", "a", "a"], votes)

    assert [(one.row, one.instead, one.disagreed) for one in found] == [(1, "a", True)]


def test_answers_about_no_candidate_know_nothing():
    nothing = CHOICES.alike((), 2)

    assert CHOICES.labels(nothing) == ["", ""]
    assert CHOICES.hits(nothing, ["a", "b"]).tolist() == [0, 0]
    np.testing.assert_allclose(CHOICES.log_scores(nothing, ["a", "b"]), np.log(0.5))
    np.testing.assert_allclose(ORDERS.log_scores(nothing, [["a", "b"]] * 2), np.log(0.5))

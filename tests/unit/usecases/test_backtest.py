"""Replaying a finished project."""

import numpy as np
import pytest

from labelloop.errors import Unprocessable
from labelloop.usecases.backtest import (
    STRATEGIES,
    Situation,
    backtest,
    choose_by_margin,
    replay,
    sizes,
)


def situation(probabilities=None):
    return Situation(np.arange(5, 20), np.arange(5), 2, probabilities)


def memory_of(project):
    """A model that knows what it was shown, and guesses class 0 of the rest."""

    def fit(rows):
        probabilities = np.tile([0.6, 0.4], (len(project.labels), 1))
        probabilities[rows, 1 - project.labels[rows]] = 0.0
        return probabilities

    return fit


def test_every_strategy_gets_a_curve_over_the_same_sizes():
    project = replay(["yes", "no", "no"] * 40)

    found = backtest(project, memory_of(project), STRATEGIES, seeds=2, budget=50)

    assert set(found.curves) == {"random", "margin"}
    assert {tuple(n for n, _ in curve) for curve in found.curves.values()} == {(10, 20, 30, 40, 50)}


def test_the_same_seeds_give_the_same_curves():
    project = replay(["yes", "no", "no"] * 40)
    runs = [backtest(project, memory_of(project), STRATEGIES, 2, 40).as_json() for _ in range(2)]

    assert runs[0] == runs[1]


def test_held_out_tasks_are_never_shown_to_the_model():
    project, shown = replay(["yes", "no"] * 50), set()
    fit = memory_of(project)

    def noting(rows):
        shown.update(rows.tolist())
        return fit(rows)

    backtest(project, noting, {"random": STRATEGIES["random"]}, seeds=1, budget=1_000)

    assert len(shown) == 100 - project.held_out


def test_random_order_reaches_its_own_best():
    project = replay(["yes", "no", "no"] * 40)

    found = backtest(project, memory_of(project), STRATEGIES, seeds=1, budget=60)

    assert found.labels_to_target["random"] is not None


def test_while_all_labels_are_of_one_class_that_class_is_the_answer():
    project = replay(["no"] * 99 + ["yes"])
    first = {
        "random": lambda seen, size, rng: seen.candidates[project.labels[seen.candidates] == 0][
            :size
        ]
    }

    found = backtest(project, memory_of(project), first, seeds=1, budget=20)

    assert [accuracy for _, accuracy in found.curves["random"]] == pytest.approx(
        [1.0, 1.0], abs=0.05
    )


@pytest.mark.parametrize(
    ("labels", "told"),
    [([], "there is none"), (["yes"] * 100, "all are 'yes'"), (["yes", "no"] * 20, "needs 60")],
)
def test_too_little_to_learn_from_is_refused(labels, told):
    with pytest.raises(Unprocessable, match=told):
        replay(labels)


def test_steps_grow_and_end_at_the_budget():
    assert sizes(80) == [10, 20, 30, 40, 50, 75, 80]
    assert sizes(10) == [10]


def test_margin_order_takes_the_closest_call_first():
    probabilities = np.tile([0.9, 0.1], (20, 1))
    probabilities[[7, 11]] = [[0.51, 0.49], [0.6, 0.4]]

    chosen = choose_by_margin(situation(probabilities), 2, np.random.default_rng(0))

    assert chosen.tolist() == [7, 11]


def test_without_a_model_margin_order_is_random():
    chosen = choose_by_margin(situation(), 3, np.random.default_rng(0))

    assert len(set(chosen.tolist())) == 3
    assert set(chosen.tolist()) <= set(range(5, 20))

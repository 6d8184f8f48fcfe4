"""What is told of replays; the replays themselves are in tests/integration."""

import numpy as np
import pytest

from labelloop.errors import Unprocessable
from labelloop.usecases.judging.backtest import compare
from tests.unit.usecases.judging.replays import replay_of


@pytest.fixture(scope="module")
def project():
    return replay_of(["film", "food", "food", "sport"] * 40)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([], "there is none"),
        (["food"] * 100, "all are 'food'"),
        (["food", "film"] * 20, "needs 60"),
    ],
)
def test_too_little_to_learn_from_is_refused(labels, told):
    with pytest.raises(Unprocessable, match=told):
        replay_of(labels)


def test_steps_grow_and_end_at_the_budget_or_at_half_of_what_is_not_held_out(project):
    assert project.steps(45) == [10, 15, 20, 25, 30, 40, 45]
    assert project.steps(10) == [10]
    assert project.steps(10_000)[-1] == (160 - project.held_out) // 2


STEPS = [10, 20, 30, 40, 50]
RANDOM = [[0.5, 0.6, 0.7, 0.8, 0.8], [0.4, 0.5, 0.6, 0.7, 0.7]]
BETTER = [[0.6, 0.8, 0.9, 0.9, 0.9], [0.5, 0.6, 0.7, 0.8, 0.8]]


def test_to_reach_is_what_random_order_has_in_its_second_half_on_the_same_tasks():
    found = compare(STEPS, {"random": RANDOM, "margin": BETTER})

    assert found.target == pytest.approx((2.3 / 3 + 2.0 / 3) / 2)
    margin = found.results["margin"]
    assert (margin.least, margin.to_target, margin.most) == pytest.approx((55 / 3, 22.5, 80 / 3))
    assert list(found.results) == ["margin", "random"]
    assert found.saved("margin") == pytest.approx(110 / 3 - 22.5)
    assert found.as_json()["labels_saved"] == {"margin": 14, "random": 0}


def test_as_good_an_order_gets_there_as_soon_as_random_order_and_nearly_as_often():
    """To random order's end, with luck in each point, it often would not."""
    rng, steps, found = np.random.default_rng(0), [10, 20, 30, 40, 50, 75, 100, 150, 200, 250], []
    for _ in range(300):
        luck = rng.normal(0, 0.01, (2, 3, len(steps)))
        one, other = (0.95 - 0.9 * np.array(steps) ** -0.5 + luck).tolist()
        results = compare(steps, {"random": one, "margin": other}).results
        found.append([results[name].to_target for name in ("random", "margin")])

    random, margin = np.array(found).T
    assert np.isfinite(random).all()
    assert np.isfinite(margin).mean() > 0.9
    assert np.median(margin) == pytest.approx(np.median(random), rel=0.05)


def test_what_is_ahead_of_random_comes_with_its_error():
    ahead = [[one + 0.04 for one in RANDOM[0]], [one + 0.02 for one in RANDOM[1]]]

    found = compare(STEPS, {"random": RANDOM, "margin": ahead}).results

    assert (found["margin"].ahead, found["margin"].error) == pytest.approx((0.03, 0.01))
    assert (found["random"].ahead, found["random"].error) == (0, 0)


def test_of_one_run_there_is_no_error():
    assert compare(STEPS, {"random": RANDOM[:1]}).results["random"].error is None


def test_where_most_runs_do_not_get_there_no_number_is_told():
    worse = [[0.5, 0.6, 0.7, 0.7, 0.7], [0.4, 0.5, 0.6, 0.6, 0.6], RANDOM[1]]

    found = compare(STEPS, {"random": [*RANDOM, RANDOM[1]], "margin": worse})

    margin = found.results["margin"]
    assert margin.least < margin.to_target == margin.most == np.inf
    assert found.as_json()["labels_to_target_range"]["margin"] == [37, None]
    assert found.as_json()["labels_to_target"]["margin"] is None
    assert found.as_json()["labels_saved"]["margin"] is None


def test_those_within_a_standard_error_of_the_best_are_first_too():
    runs = {
        "random": [[0.5, 0.5], [0.5, 0.5]],
        "margin": [[0.9, 0.9], [0.8, 0.8]],
        "typical": [[0.8, 0.8], [0.88, 0.88]],  # now ahead, now behind
        "core_set": [[0.88, 0.88], [0.78, 0.78]],  # always behind
    }

    assert compare([10, 20], runs).first == ["margin", "typical"]


def test_orders_that_are_one_are_one_row_but_never_random_order():
    runs = {name: [[0.5, 0.6]] for name in ("margin", "random", "entropy")}

    orders = [names for names, _ in compare([10, 20], runs).orders()]

    assert orders == [["margin", "entropy"], ["random"]]

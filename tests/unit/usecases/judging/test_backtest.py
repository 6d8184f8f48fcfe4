"""Replaying a finished project."""

from unittest.mock import patch

import numpy as np
import pytest

from labelloop.domain.ordering.random_share import are_random
from labelloop.domain.ordering.strategies import STRATEGIES
from labelloop.errors import Unprocessable
from labelloop.recipes import control_of
from labelloop.recipes.text.bags import Features
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.judging.backtest import Replay, compare
from labelloop.usecases.ordering.order import queue_of
from tests.builders import label_config
from tests.fakes import learning_by

WORDS = {
    "film": ["film", "cast", "plot", "actor", "scene", "camera"],
    "food": ["soup", "bread", "taste", "cook", "salt", "oven"],
    "sport": ["goal", "team", "match", "ball", "race", "coach"],
}


CONFIG = label_config(*WORDS)
CONTROL = control_of(CONFIG)


def replay_of(labels, control=CONTROL):
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS[one], 3)) + f" {row}" for row, one in enumerate(labels)]
    return Replay(CONTROL.features(texts, Toolbox()), labels, control, Toolbox())


class Noting:
    """Learns, and keeps which rows of a project it was shown."""

    def __init__(self, labels):
        self.project = replay_of(labels, learning_by(self, CONTROL.load)(CONFIG))
        self._rows = {bag: row for row, bag in enumerate(self._bags_of(self.project.features))}
        self.learnt, self.landmarks = [], []

    def __call__(self, seen, labels, pool):
        self.learnt.append(self._rows_of(seen))
        self.landmarks.append(self._rows_of(pool))
        return CONTROL.fit(labels, seen, pool)

    def _rows_of(self, seen):
        return [self._rows[bag] for bag in self._bags_of(seen)]

    def _bags_of(self, seen):
        bags = Features.of(seen).bags
        return [bags.take([row]).ids.tobytes() for row in range(len(bags))]


@pytest.fixture(scope="module")
def project():
    return replay_of(["film", "food", "food", "sport"] * 40)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_is_replayed_by_the_real_model_and_learns(project, strategy):
    accuracies = project.run(strategy, 0, project.steps(100))

    assert len(accuracies) == len(project.steps(100))
    assert accuracies[-1] > 0.8


def test_the_same_seed_gives_the_same_run_and_another_one_another(project):
    steps = project.steps(30)
    first, again, other = (project.run("margin", seed, steps) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_held_out_tasks_are_never_learnt_from_nor_seen_as_landmarks():
    noting = Noting(["film", "food"] * 50)
    noting.project.run("random", 0, [10, 30, 100 - noting.project.held_out])

    held_out = set(np.random.default_rng(0).permutation(100)[: noting.project.held_out].tolist())
    assert not held_out & {row for rows in noting.learnt + noting.landmarks for row in rows}
    assert set(noting.learnt[-1]) | held_out == set(range(100))
    for learnt, landmarks in zip(noting.learnt, noting.landmarks, strict=True):
        assert not set(learnt) & set(landmarks)


def test_every_tenth_label_is_of_the_random_share_as_in_a_project_at_work():
    noting = Noting(["film", "food"] * 200)
    noting.project.run("margin", 3, [10, 30])

    first, all_ = noting.learnt
    assert are_random(first, "3").sum() == 1
    assert are_random(all_, "3").sum() == 3


def test_while_all_labels_are_of_one_class_that_class_is_the_answer():
    project = replay_of(["food"] * 99 + ["film"])

    assert project.run("random", 0, [10]) == pytest.approx([1.0], abs=0.05)


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


def test_the_queue_is_told_what_is_labelled_as_that_of_a_project_at_work_is():
    project = replay_of(["film", "food"] * 60)

    with patch("labelloop.usecases.judging.backtest.queue_of", wraps=queue_of) as queue:
        project.run("margin_clusters", 0, [10, 20, 30])

    assert [len(call.args[1]) for call in queue.call_args_list] == [0, 10, 20]


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

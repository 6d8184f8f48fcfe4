"""Replaying a finished project by the recipe's own models."""

from unittest.mock import patch

import numpy as np
import pytest

from labelloop.domain.ordering.random_share import are_random
from labelloop.domain.ordering.strategies import STRATEGIES
from labelloop.recipes.text.bags import Features
from labelloop.usecases.ordering.order import queue_of
from tests.fakes import learning_by
from tests.unit.usecases.judging.replays import CONFIG, CONTROL, replay_of


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


def test_the_queue_is_told_what_is_labelled_as_that_of_a_project_at_work_is():
    project = replay_of(["film", "food"] * 60)

    with patch("labelloop.usecases.judging.backtest.queue_of", wraps=queue_of) as queue:
        project.run("margin_clusters", 0, [10, 20, 30])

    assert [len(call.args[1]) for call in queue.call_args_list] == [0, 10, 20]

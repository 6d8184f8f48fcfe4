"""What a training leaves to the ranking, and what strategies have to do with it."""

import json
from dataclasses import replace

import pytest

from labelloop.bucket.pool import Pool
from labelloop.bucket.project import Project
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.serving.choose import ChooseDeps, choose
from tests.builders import PROJECT, created, event, reviews, task
from tests.unit.usecases.learning.trainer import SWEEP, card_of


def test_a_new_version_asks_for_a_ranking(deps, add, rank_queue):
    add(*reviews(6))
    train(SWEEP, deps)
    train(SWEEP, deps)

    version = Project(deps.store, PROJECT).active().value.version
    assert [wake_up for wake_up, _ in rank_queue.sent] == [RankWakeUp(PROJECT, version=version)]


def test_a_ranking_that_cannot_be_asked_for_or_is_not_wanted_stops_no_training(
    deps, add, rank_queue, project
):
    rank_queue.down = True
    add(*reviews(6))
    assert train(SWEEP, deps) is TrainOutcome.SWITCHED

    add(*reviews(2, first=7))
    assert train(SWEEP, replace(deps, is_connected=False)) is TrainOutcome.SWITCHED


def test_new_tasks_go_to_the_pool_and_change_no_dataset(deps, add, project, store):
    add(*reviews(6))
    train(SWEEP, deps)
    before = project.dataset_pointer().value
    new = event(action="TASKS_CREATED", tasks=(task(50), task(51)))

    add(new)
    train(SWEEP, deps)

    pool = Pool(store, PROJECT)
    assert sorted(pool.read(pool.shards())) == [50, 51]
    assert project.dataset_pointer().value == before


def test_another_strategy_makes_another_version_of_the_same_labels(deps, add, project, queue):
    add(*reviews(8))
    train(SWEEP, deps)
    first = project.active().value
    choose(PROJECT, {"strategy": "entropy"}, ChooseDeps(store=deps.store, train_queue=queue))

    assert train(WakeUp(PROJECT, "options"), deps) is TrainOutcome.SWITCHED
    second = project.active().value
    assert (first.strategy, second.strategy) == ("margin", "entropy")
    assert first.version != second.version
    assert card_of(deps.store, second.version)["strategy"] == "entropy"
    assert project.untrained_dataset("") is None


def test_a_strategy_chosen_back_before_it_was_learnt_makes_no_version(deps, add, project, queue):
    add(*reviews(8))
    train(SWEEP, deps)
    first = project.active().value.version
    for strategy in ("entropy", "margin"):
        choose(PROJECT, {"strategy": strategy}, ChooseDeps(store=deps.store, train_queue=queue))

    train(WakeUp(PROJECT, "options"), deps)

    assert project.active().value.version == first
    assert project.untrained_dataset("") is None


def test_a_card_tells_how_many_labels_were_given_since_the_first_order(
    deps, add, project, store, clock
):
    add(*reviews(8))
    train(SWEEP, deps)
    first = card_of(store, project.active().value.version)
    later = f"{clock.now.replace(hour=13):%Y-%m-%dT%H:%M:%S.000000+00:00}"
    add(*[created(i, "Positive", "a lovely film", updated_at=later) for i in (9, 10)])
    train(SWEEP, deps)

    assert first["order"]["given"] == 0
    assert card_of(store, project.active().value.version)["order"]["given"] == 2


@pytest.mark.parametrize(
    ("recipe", "strategy"), [("text_choices", "random"), ("", "random"), ("another", "margin")]
)
def test_the_order_that_was_chosen_stays_but_not_for_labels_of_another_kind(
    deps, add, project, store, recipe, strategy
):
    add(*reviews(8))
    train(SWEEP, deps)
    active = project.active().value
    order = {"is_random": True, "reason": "worse than random order", "since": 0}
    known = {"chosen": "margin", "order": order, "looked_at": 600, "given": 600}
    card = card_of(store, active.version) | {"recipe": recipe, "order": known}
    store.tamper(store.keys(f"{active.version}/card.json")[0], json.dumps(card).encode())
    add(*reviews(2, first=9))

    train(SWEEP, deps)

    assert project.active().value.version != active.version
    assert project.active().value.strategy == strategy


def test_new_tasks_are_ranked_though_they_make_no_version(deps, add, rank_queue):
    add(*reviews(8))
    train(SWEEP, deps)
    rank_queue.sent.clear()
    add(event(action="TASKS_CREATED", tasks=(task(99, "brand new"),)))

    train(SWEEP, deps)

    assert [wake_up.step for wake_up, _ in rank_queue.sent] == ["plan"]

"""What a training learns, and when it trains."""

import json
from dataclasses import replace

import pytest

from labelloop.messages import WakeUp
from labelloop.recipes import control_of
from labelloop.usecases.learning.train import TrainOutcome, train
from tests.builders import PROJECT, created, deleted, event, label_config, reviews
from tests.unit.usecases.learning.trainer import SWEEP, card_of


def test_labels_become_a_version_that_is_served(deps, add, project, store):
    add(*reviews(6))

    assert train(SWEEP, deps) is TrainOutcome.SWITCHED

    active = project.active().value
    card = card_of(store, active.version)
    assert active.is_trained
    assert card["version"] == active.version
    assert card["sha256"] == active.sha256
    assert card["classes"] == {"Negative": 3, "Positive": 3}
    assert card["facts"] == "kept"
    assert project.versions() == [active.version]


def test_a_burst_of_labels_triggers_one_training(deps, add, trainer, clock):
    add(*reviews(8))
    train(SWEEP, deps)
    wake_ups = [add(one) for one in reviews(4, first=9)]
    clock.sleep(10)

    outcomes = [train(wake_up, deps) for wake_up in wake_ups]

    assert outcomes == [*[TrainOutcome.LEFT_TO_LATER] * 3, TrainOutcome.SWITCHED]
    assert len(trainer.trainings) == 2


def test_the_start_training_button_waits_for_nobody(deps, add):
    add(*reviews(6))

    assert train(WakeUp(PROJECT, "start_training", "any"), deps) is TrainOutcome.SWITCHED


def test_a_wake_up_that_comes_twice_finds_its_work_done(deps, add, trainer, project):
    wake_up = add(*reviews(6))
    train(wake_up, deps)
    before = project.active()

    assert train(wake_up, deps) is TrainOutcome.UP_TO_DATE
    assert project.active() == before
    assert len(trainer.trainings) == 1


def test_folded_events_are_deleted_and_the_snapshot_holds_them(deps, add, project):
    add(*reviews(6))
    train(SWEEP, deps)

    assert not project.has_pending()
    dataset = project.dataset(project.dataset_pointer().value)
    assert sorted(dataset.annotations) == [1, 2, 3, 4, 5, 6]


def test_an_event_that_changes_nothing_makes_no_new_version(deps, add, project):
    add(*reviews(6))
    train(SWEEP, deps)
    before = project.active().value

    add(event(action="PROJECT_UPDATED"))

    assert train(SWEEP, deps) is TrainOutcome.UP_TO_DATE
    assert project.active().value == before


def test_too_few_labels_train_nothing_and_are_not_looked_at_again(deps, add, project, store):
    add(*reviews(3))
    train(SWEEP, deps)

    assert not project.active().value.is_trained
    assert project.untrained_dataset("") is None
    assert "3 labels of 2 classes" in store.body(store.keys("history/")[0]).decode()


def test_one_class_trains_nothing(deps, add, project, trainer):
    add(*[created(i, "Positive") for i in range(1, 9)])
    train(SWEEP, deps)

    assert not project.active().value.is_trained
    assert trainer.trainings == []


def test_a_label_config_of_another_kind_trains_nothing(deps, add, project, trainer):
    add(*reviews(6), event(label_config="<View/>", project_updated_at="2027"))
    train(SWEEP, deps)

    assert not project.active().value.is_trained
    assert trainer.trainings == []


def test_a_label_taken_out_of_the_label_config_is_not_learnt(deps, add, trainer):
    fewer = label_config("Positive", "Neutral")
    add(*reviews(6), *[created(i, "Neutral") for i in range(7, 11)])
    add(event(label_config=fewer, project_updated_at="2027"))
    train(SWEEP, deps)

    assert {label for _, label in trainer.trainings[-1]} == {"Positive", "Neutral"}


@pytest.mark.parametrize(
    "harmless",
    [
        event(action="PROJECT_UPDATED", project_updated_at="2027-01-01T00:00:00.000000+00:00"),
        created(30, None),
        created(30, "Positive", skipped=True),
        event(action="TASKS_DELETED", deleted_tasks=(99,)),
        deleted(99),
    ],
    ids=["settings", "empty", "skip", "other task", "other annotation"],
)
def test_what_changes_no_example_makes_no_new_version(deps, add, project, trainer, harmless):
    add(*reviews(6))
    train(SWEEP, deps)
    before = project.active().value.version

    add(harmless)

    train(SWEEP, deps)
    assert project.active().value.version == before
    assert len(trainer.trainings) == 1
    assert project.untrained_dataset("") is None


def test_texts_of_blanks_only_train_nothing_and_are_not_looked_at_again(deps, add, project):
    deps = replace(deps, control_of=control_of)
    add(*[created(i, ("Positive", "Negative")[i % 2], " " * i) for i in range(1, 9)])

    train(SWEEP, deps)

    assert not project.active().value.is_trained
    assert project.untrained_dataset("") is None


def test_a_damaged_pointer_is_written_over_by_the_next_training(deps, add, project, store):
    add(*reviews(6))
    train(SWEEP, deps)
    store.tamper(f"projects/{PROJECT}/active.json", b"{}")
    add(*reviews(2, first=7))

    assert train(SWEEP, deps) is TrainOutcome.SWITCHED
    assert project.active().value.is_trained


def test_a_pointer_and_an_event_of_another_release_are_understood(deps, add, project, store):
    add(*reviews(6))
    train(SWEEP, deps)
    key = f"projects/{PROJECT}/active.json"
    stored = json.loads(store.body(key))
    del stored["learnt"]
    store.tamper(key, json.dumps(stored | {"new": 1}).encode())
    one = json.loads(created(9).to_json())
    one["annotations"][0]["new"] = one["new"] = 1
    store.create(f"projects/{PROJECT}/events/9.json", json.dumps(one).encode())

    train(SWEEP, deps)

    assert 9 in project.dataset(project.dataset_pointer().value).annotations


def test_deleting_down_to_one_class_takes_the_model_out_of_service(deps, add, project):
    add(*reviews(8))
    train(SWEEP, deps)
    add(deleted(*[e.annotations[0].id for e in reviews(8) if e.annotations[0].id % 2]))
    train(SWEEP, deps)

    assert project.active().value.version == "untrained"

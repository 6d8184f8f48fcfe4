"""Trainings that meet damage, other trainers, pins and floods."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from labelloop.bucket.lease import TRAINER, Lease
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.errors import BadModel, Conflict, Rejected
from labelloop.messages import WakeUp
from labelloop.recipes.text_choices import FORMAT
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.serving.activate import ActivateDeps, activate
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.pin import PinDeps, pin, unpin
from tests.builders import PROJECT, created, deleted, event, reviews
from tests.fakes import MemoryQueue
from tests.unit.usecases.learning.trainer import SWEEP


@pytest.mark.parametrize(
    "poison",
    [
        b"",
        b"[]",
        b'{"poison": "\xff"}',
        created(99).to_json().replace(b'"id":99', b'"id":"99"'),
        created(99).to_json().replace(b'"updated_at":"2026', b'"updated_at":2026,"x":"'),
        deleted(99).to_json().replace(b"[99]", b'["99"]'),
        b"[" * 100_000,
    ],
    ids=range(7),
)
def test_an_event_that_cannot_be_understood_is_put_aside_and_the_others_train(
    deps, add, store, project, poison
):
    store.create(f"projects/{PROJECT}/events/0000.json", poison)
    add(*reviews(6))

    assert train(SWEEP, deps) is TrainOutcome.SWITCHED

    (aside,) = store.keys("/quarantine/")
    assert "not an event" in json.loads(store.body(aside))["reason"]
    assert not project.has_pending()


def test_a_model_that_fails_its_check_is_not_served_and_the_wake_up_fails(
    deps, add, project, trainer
):
    def fail():
        raise BadModel("off")

    trainer.meanwhile = fail
    add(*reviews(6))

    with pytest.raises(BadModel):
        train(SWEEP, deps)

    assert not project.active().value.is_trained
    assert train(SWEEP, deps) is TrainOutcome.SWITCHED


def test_labels_that_come_during_a_training_are_learnt_in_the_next_round(
    deps, add, project, trainer
):
    add(*reviews(6))

    def another_trainer_folds_more():
        add(*reviews(4, first=7))
        assert train(SWEEP, deps) is TrainOutcome.LEFT_TO_HOLDER

    trainer.meanwhile = another_trainer_folds_more
    train(SWEEP, deps)

    assert [sum(seen.values()) for seen in trainer.trainings] == [6, 10]
    assert project.untrained_dataset("") is None


def test_a_version_is_ranked_at_once_though_more_labels_are_trained_next(
    deps, add, trainer, rank_queue
):
    add(*reviews(6))
    asked = []

    def more_come():
        add(*reviews(4, first=7))
        train(SWEEP, deps)
        trainer.meanwhile = lambda: asked.append(len(rank_queue))

    trainer.meanwhile = more_come
    train(SWEEP, deps)

    assert asked == [1]
    assert len(rank_queue) == 2


def test_a_lease_that_ran_out_is_taken_over(deps, add, project, clock):
    Lease(deps.store, project.key, TRAINER).take("somebody who died", clock.now.timestamp(), 60)
    add(*reviews(6))
    assert train(SWEEP, deps) is TrainOutcome.LEFT_TO_HOLDER

    clock.sleep(60)

    assert train(SWEEP, deps) is TrainOutcome.SWITCHED


@pytest.fixture
def attempts(deps, project, trainer, clock, monkeypatch):
    """Sweep for a while; give back the minutes at which trainings began, all of which fail."""

    def attempts(hours: float, failure: type[BaseException]) -> list[int]:
        began, start, release = [], clock.now, Lease.release

        def fail() -> None:
            began.append(round((clock.now - start).total_seconds() / 60))
            raise failure

        def unless_killed(lease, holder):
            if failure is not KeyboardInterrupt:  # which stands for the end of the function
                release(lease, holder)

        with monkeypatch.context() as patched:
            patched.setattr(Lease, "release", unless_killed)
            patched.setattr("labelloop.usecases.learning.train.count", lambda _: None)
            while clock.now - start < timedelta(hours=hours):
                trainer.meanwhile = fail
                with suppress(failure):
                    train(SWEEP, deps)
                clock.sleep(300)
        trainer.meanwhile = lambda: None
        return began

    return attempts


@pytest.mark.parametrize("failure", [KeyboardInterrupt, MemoryError])
def test_a_training_that_never_ends_is_put_off_longer_each_time(add, attempts, failure):
    add(*reviews(6))

    began = attempts(12, failure)

    assert began[:2] == [0, 5]
    waits = [later - before for before, later in pairwise(began)]
    assert waits == sorted(waits)
    assert len(began) < 10
    assert max(waits) > 120


def test_trainings_that_outlive_their_leases_and_end_are_not_put_off(store, project, clock):
    lease = Lease(store, project.key, TRAINER)
    for number in range(4):
        assert lease.take(f"trainer {number}", clock.now.timestamp(), 60)
        clock.sleep(70)

    assert not lease.put_off(clock.now.timestamp()).tries
    for number in range(4):
        lease.release(f"trainer {number}")
        clock.sleep(300)

    assert not lease.put_off(clock.now.timestamp()).tries


def test_a_training_that_is_put_off_still_takes_in_events(add, attempts, project):
    add(*reviews(6))
    attempts(2, MemoryError)
    add(*reviews(4, first=7))

    attempts(0.1, MemoryError)

    assert not project.has_pending()


def test_a_training_is_put_off_for_a_day_at_most(add, attempts):
    add(*reviews(6))

    began = attempts(24 * 7, MemoryError)

    assert began[-1] - began[-2] <= 24 * 60 + 5


def test_who_asks_for_a_training_by_name_does_not_wait(add, attempts, deps, project):
    add(*reviews(6))
    attempts(3, MemoryError)
    assert train(SWEEP, deps) is TrainOutcome.PUT_OFF

    assert train(WakeUp(PROJECT, "start_training"), deps) is TrainOutcome.SWITCHED
    assert not Lease(deps.store, PROJECT, TRAINER).put_off(deps.clock().timestamp()).tries


def test_a_training_that_is_put_off_shows_in_the_status(add, attempts, store):
    add(*reviews(6))
    attempts(3, MemoryError)

    put_off = describe(PROJECT, store)["put_off"]

    assert put_off["tries"] >= 5
    assert put_off["reason"] == "MemoryError"
    assert put_off["until"].startswith("2026-11-23T")


def test_a_slow_trainer_does_not_replace_a_newer_version(deps, add, project, trainer):
    add(*reviews(6))

    def somebody_switches_to_newer():
        project.switch(
            project.active(), ActivePointer("9-new", 9, FORMAT, switch=1), {"why": "newer"}
        )

    trainer.meanwhile = somebody_switches_to_newer
    train(SWEEP, deps)

    assert project.active().value.version == "9-new"


def test_a_slow_trainer_with_nothing_new_does_not_put_the_learnt_dataset_back(
    deps, add, project, store, monkeypatch
):
    add(*reviews(6))
    train(SWEEP, deps)
    add(event(action="PROJECT_UPDATED", project_updated_at="2027-01-01T00:00:00.000000+00:00"))
    read = store.get

    def slow(key):
        if "datasets/00000002" in key:  # meanwhile the next settings are learnt, of no news either
            monkeypatch.setattr(store, "get", read)
            after = project.active()
            project.advance(after, replace(after.value, dataset_seq=3))
        return read(key)

    monkeypatch.setattr(store, "get", slow)
    train(SWEEP, deps)

    assert project.active().value.dataset_seq == 3


def test_a_lost_race_for_the_snapshot_is_run_again_with_all_labels(
    deps, add, project, store, monkeypatch
):
    add(*reviews(6))
    replaced, races = Project.add_dataset, list[int]()

    def lose_once(self, after, dataset):
        if not races:
            races.append(1)
            raise Conflict("dataset.json")
        return replaced(self, after, dataset)

    monkeypatch.setattr(Project, "add_dataset", lose_once)

    assert train(SWEEP, deps) is TrainOutcome.SWITCHED
    assert len(project.dataset(project.dataset_pointer().value).annotations) == 6


def test_a_wake_up_that_names_no_project_is_rejected(deps):
    with pytest.raises(Rejected):
        train(WakeUp("../x", "sweep"), deps)


def test_while_pinned_labels_are_folded_and_wait(add, deps, project, store, queue, clock):
    train(add(*reviews(4)), deps)
    version = project.active().value.version
    pin(PROJECT, PinDeps(store=store, train_queue=queue, clock=clock))
    add(*reviews(4, first=5))

    assert train(SWEEP, deps) == TrainOutcome.UP_TO_DATE
    assert project.active().value.version == version
    assert (project.dataset_pointer().value.seq, project.pending()) == (2, [])

    unpin(PROJECT, PinDeps(store=store, train_queue=queue, clock=clock))
    assert train(queue.sent[-1][0], deps) == TrainOutcome.SWITCHED
    assert project.active().value.dataset_seq == 2


def test_a_pin_that_races_with_a_publish_wins(add, deps, trainer, project, store, queue, clock):
    train(add(*reviews(4)), deps)
    version = project.active().value.version
    trainer.meanwhile = lambda: pin(PROJECT, PinDeps(store=store, train_queue=queue, clock=clock))
    add(*reviews(4, first=5))

    train(SWEEP, deps)

    assert (project.active().value.version, project.active().value.pinned) == (version, True)


def test_a_rollback_is_not_undone_by_the_same_data(add, deps, project, store, clock):
    train(add(*reviews(4)), deps)
    train(add(*reviews(4, first=5)), deps)
    older = project.versions()[-1]
    activate(PROJECT, older, ActivateDeps(store=store, rank_queue=MemoryQueue(), clock=clock))

    train(SWEEP, deps)
    assert project.active().value.version == older

    train(add(*reviews(4, first=9)), deps)
    assert project.active().value.dataset_seq == 3

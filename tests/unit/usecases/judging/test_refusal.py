"""A version that is refused: told, kept, and never the last word."""

import json
from dataclasses import replace

import pytest

from labelloop.bucket.evidence import EvidenceFiles, Rejection
from labelloop.bucket.project import Project
from labelloop.errors import NotFound, OutOfMemory, Unavailable
from labelloop.usecases.judging.settle import settle
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.serving.activate import ActivateDeps, activate
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.pin import PinDeps, pin
from labelloop.usecases.sweep import sweep
from tests.builders import (
    PROJECT,
    deleted,
    event,
    label_config,
)
from tests.fakes import MemoryQueue, learning_by
from tests.unit.usecases.judging.counting import (
    SWEEP,
    CountingModel,
    card_of,
    gate_of,
    labels,
    text_of,
)


def test_a_day_of_swapped_labels_is_not_served_and_the_reason_is_told(
    learn, project, refusal, store, rank_queue
):
    learn(*labels(1, 60))
    before = project.active().value
    rank_queue.sent.clear()

    assert learn(*labels(61, 120, day=1, swapped=True)) is TrainOutcome.UP_TO_DATE

    (refused,) = set(project.versions()) - {before.version}
    assert project.active().value == replace(before, dataset_seq=2)
    assert not card_of(project, refused).gate["switches"]
    assert refusal() == Rejection(
        before.version,
        refused,
        card_of(project, refused).gate["reason"],
        since="2026-11-23T11:03:00.000000+00:00",
        at=card_of(project, refused).trained_at,
    )
    assert describe(PROJECT, store)["refused"]["version"] == refused
    assert len(rank_queue) == 0


def test_a_version_that_there_is_no_memory_to_load_is_not_replaced_unjudged(
    learn, project, deps, trainer
):
    learn(*labels(1, 60))
    before = project.active().value
    champion = project.model(before.version)
    learnt = labels(61, 120, day=1, swapped=True)
    for number, one in enumerate(learnt):
        project.add_event(f"9{number:03d}", one)

    def load(artefact):
        if artefact == champion:
            raise OutOfMemory("the model does not load")
        return CountingModel(artefact)

    with pytest.raises(OutOfMemory):
        train(SWEEP, replace(deps, control_of=learning_by(trainer, load)))

    assert project.active().value == before
    assert train(SWEEP, deps) is TrainOutcome.UP_TO_DATE


def test_a_refused_version_is_not_trained_again_until_labels_change(learn, project, trainer, deps):
    learn(*labels(1, 60))
    learn(*labels(61, 120, day=1, swapped=True))

    assert project.untrained_dataset("") is None
    assert train(SWEEP, deps) is TrainOutcome.UP_TO_DATE
    assert trainer.trainings == 2


def test_corrected_labels_make_a_version_that_is_served(learn, refusal):
    learn(*labels(1, 60))
    learn(*labels(61, 120, day=1, swapped=True))

    assert learn(*labels(61, 120, day=2)) is TrainOutcome.SWITCHED
    assert refusal() == Rejection()


def test_labels_taken_back_leave_the_active_version_and_train_nothing(
    learn, project, trainer, refusal
):
    learn(*labels(1, 60))
    version = project.active().value.version
    learn(*labels(61, 120, day=1, swapped=True))
    learn(deleted(*range(61, 181)))

    assert project.active().value.version == version
    assert trainer.trainings == 2
    assert refusal() == Rejection()


def test_people_who_go_on_as_in_the_refused_version_are_believed(learn, project, refusal):
    learn(*labels(1, 60))
    learn(*labels(61, 120, day=1, swapped=True))
    since = refusal().since

    assert learn(*labels(181, 20, day=2, swapped=True)) is TrainOutcome.UP_TO_DATE
    assert refusal().since == since
    assert learn(*labels(201, 40, day=3, swapped=True)) is TrainOutcome.SWITCHED
    assert "since a version was refused" in gate_of(project)["reason"]


def test_a_refused_version_is_served_when_a_person_says_so(
    learn, project, refusal, store, clock, trainer
):
    learn(*labels(1, 60))
    learn(*labels(61, 120, day=1, swapped=True))
    refused = refusal().version

    activate(PROJECT, refused, ActivateDeps(store=store, rank_queue=MemoryQueue(), clock=clock))

    assert project.active().value.version == refused
    assert refusal() == Rejection()
    learn(deleted(*range(61, 181)))  # what was learnt before the choice is not what is active
    assert trainer.trainings == 3


@pytest.mark.parametrize("method", ["set_rejection", "advance"])
def test_a_trainer_that_dies_while_refusing_is_followed_by_one_that_refuses(
    learn, project, deps, refusal, monkeypatch, method
):
    learn(*labels(1, 60))
    version = project.active().value.version
    with monkeypatch.context() as patch:

        def die(*_):
            raise Unavailable("killed")

        patch.setattr(EvidenceFiles if method == "set_rejection" else Project, method, die)
        with pytest.raises(Unavailable):
            learn(*labels(61, 120, day=1, swapped=True))
    assert project.untrained_dataset("") is not None

    assert train(SWEEP, deps) is TrainOutcome.UP_TO_DATE
    assert project.active().value.version == version
    assert refusal().since == "2026-11-23T11:03:00.000000+00:00"
    assert project.untrained_dataset("") is None


@pytest.fixture
def relabelled(learn, project, refusal):
    """A project in which all labels were given anew, the other way round, and no task is left."""
    learn(*labels(1, 60))
    first = project.active().value.version
    assert learn(*labels(1, 60, day=1, swapped=True)) is TrainOutcome.UP_TO_DATE
    assert project.active().value.version == first
    return refusal()


def test_labels_that_were_all_given_anew_are_served_once_they_stayed_for_a_day(
    relabelled, project, deps, sweep_deps, rank_queue, clock, refusal
):
    assert "100% of the labels were changed" in relabelled.reason
    assert "served from 2026-11-24T12:00 UTC on" in relabelled.reason
    clock.sleep(23 * 3600)
    assert (sweep(sweep_deps), train(SWEEP, deps)) == (0, TrainOutcome.UP_TO_DATE)
    clock.sleep(3600)

    assert sweep(sweep_deps) == 1
    assert train(SWEEP, deps) is TrainOutcome.SWITCHED

    assert project.active().value.version == relabelled.version
    assert rank_queue.sent[-1][0].version == relabelled.version
    assert refusal() == Rejection()
    assert (sweep(sweep_deps), train(SWEEP, deps)) == (0, TrainOutcome.UP_TO_DATE)


def test_thirty_more_labels_say_that_the_others_were_given_anew_on_purpose(
    relabelled, learn, project
):
    assert learn(*labels(61, 30, day=2, swapped=True)) is TrainOutcome.SWITCHED
    assert "since a version was refused" in gate_of(project)["reason"]


def test_the_day_begins_with_the_first_refusal(relabelled, learn, project, clock, deps, refusal):
    until = project.active().value.held_until
    clock.sleep(12 * 3600)
    learn(*labels(61, 5, day=2, swapped=True))

    assert project.active().value.held_until == until
    clock.sleep(12 * 3600)
    newest = refusal().version
    assert train(SWEEP, deps) is TrainOutcome.SWITCHED
    assert project.active().value.version == newest


def test_labels_put_right_within_the_day_stay(relabelled, learn, project, clock, deps):
    before = project.active().value.version
    learn(*labels(1, 60, day=2))
    clock.sleep(2 * 24 * 3600)

    assert train(SWEEP, deps) is TrainOutcome.UP_TO_DATE
    assert (project.active().value.version, project.active().value.held_until) == (before, "")


def test_a_class_deleted_on_purpose_is_not_held_for_ever(learn, project, deps, clock):
    learn(*labels(1, 60))
    gone = [one.annotations[0].id for one in labels(1, 60) if len(text_of(one.tasks[0].id)) % 2]
    learn(deleted(*gone[1:]))
    clock.sleep(25 * 3600)

    assert train(SWEEP, deps) is TrainOutcome.SWITCHED
    assert len(card_of(project).parts) == 2


def test_worse_new_labels_are_held_until_others_come(learn, project, deps, clock):
    learn(*labels(1, 60))
    learn(*labels(61, 120, day=1, swapped=True))
    clock.sleep(25 * 3600)

    assert train(SWEEP, deps) is TrainOutcome.UP_TO_DATE


def test_labels_that_are_lost_late_in_the_day_are_held_for_a_day_of_their_own(
    relabelled, learn, project, clock, deps
):
    first = project.active().value
    clock.sleep(24 * 3600 - 120)
    assert learn(deleted(*range(1, 41))) is TrainOutcome.UP_TO_DATE
    clock.sleep(180)

    assert train(SWEEP, deps) is TrainOutcome.UP_TO_DATE
    assert project.active().value.version == first.version
    assert project.active().value.held_until[:16] == "2026-11-25T11:58"


def test_a_few_labels_more_that_are_lost_do_not_begin_the_day_anew(
    relabelled, learn, project, clock
):
    until = project.active().value.held_until
    clock.sleep(12 * 3600)
    learn(deleted(*range(1, 7)))

    assert project.active().value.held_until == until


def test_a_version_is_held_for_three_days_at_most(learn, project, clock, deps):
    learn(*labels(1, 60))
    learn(*labels(1, 20, day=1, swapped=True))
    for day in range(3):
        clock.sleep(24 * 3600 - 60)
        learn(deleted(*range(1 + 15 * day, 16 + 15 * day)))
    assert project.active().value.held_until[:16] == "2026-11-26T12:00"
    clock.sleep(180)

    assert train(SWEEP, deps) is TrainOutcome.SWITCHED


@pytest.mark.parametrize("is_retried", [True, False])
def test_a_trainer_that_dies_before_the_new_day_is_on_the_pointer_does_not_shorten_it(
    relabelled, learn, project, deps, clock, monkeypatch, is_retried
):
    first = project.active().value.version
    clock.sleep(24 * 3600 - 120)
    with monkeypatch.context() as patch:

        def die(*_):
            raise Unavailable("killed")

        patch.setattr(Project, "advance", die)
        with pytest.raises(Unavailable):
            learn(deleted(*range(1, 41)))
    clock.sleep(180)

    if is_retried:
        assert train(SWEEP, deps) is TrainOutcome.UP_TO_DATE
    assert not settle(project, clock())
    assert project.active().value.version == first


def test_a_hold_of_which_nothing_can_be_read_ends(
    relabelled, project, store, deps, sweep_deps, clock
):
    store.replace(
        f"projects/{PROJECT}/gate.json", b"{", store.get(f"projects/{PROJECT}/gate.json").etag
    )
    clock.sleep(25 * 3600)

    assert train(SWEEP, deps) is TrainOutcome.UP_TO_DATE
    assert project.active().value.held_until == ""
    assert sweep(sweep_deps) == 0


def test_a_refusal_that_an_earlier_release_stored_is_read(relabelled, store, project, clock, deps):
    key = f"projects/{PROJECT}/gate.json"
    stored = json.loads(store.get(key).body)
    del stored["hold"]
    store.replace(key, json.dumps(stored).encode(), store.get(key).etag)
    clock.sleep(25 * 3600)

    assert train(SWEEP, deps) is TrainOutcome.SWITCHED
    assert project.active().value.version == relabelled.version


@pytest.fixture
def emptied(learn, project):
    """A project whose labels a script deleted, all of them; give back the version it had."""
    learn(*labels(1, 60))
    learn(deleted(*range(1, 61)))
    return project.active().value


@pytest.mark.parametrize("left", [0, 3])
def test_a_version_is_kept_for_a_day_where_so_few_labels_are_left_that_none_can_be_learnt(
    learn, project, deps, sweep_deps, store, clock, refusal, left
):
    learn(*labels(1, 60))
    first = project.active().value.version
    assert learn(deleted(*range(1, 61 - left))) is TrainOutcome.UP_TO_DATE
    clock.sleep(23 * 3600)
    assert train(SWEEP, deps) is TrainOutcome.UP_TO_DATE

    assert project.active().value.version == first
    assert describe(PROJECT, store)["refused"]["version"] == "untrained"
    assert f"{1 - left / 60:.0%} of the labels are gone, and a model takes" in refusal().reason
    assert "served from 2026-11-24T12:00 UTC on" in refusal().reason
    clock.sleep(2 * 3600)
    assert sweep(sweep_deps) == 1
    assert train(SWEEP, deps) is TrainOutcome.SWITCHED
    assert project.active().value.version == "untrained"
    assert (sweep(sweep_deps), train(SWEEP, deps)) == (0, TrainOutcome.UP_TO_DATE)


def test_a_class_that_is_gone_whole_leaves_no_two_to_tell_apart_and_is_held(learn, project):
    learn(*labels(1, 60))
    first = project.active().value.version
    gone = [one.annotations[0].id for one in labels(1, 60) if len(text_of(one.tasks[0].id)) % 2]

    assert learn(deleted(*gone)) is TrainOutcome.UP_TO_DATE
    assert project.active().value.version == first


def test_labels_that_come_back_within_the_day_leave_the_version(
    emptied, learn, project, refusal, clock, deps
):
    back = [(one, one.annotations[0]) for one in labels(1, 60, day=2)]
    learn(*(replace(one, annotations=(replace(its, id=1000 + its.id),)) for one, its in back))
    clock.sleep(25 * 3600)

    assert train(SWEEP, deps) is TrainOutcome.UP_TO_DATE
    assert (project.active().value.version, refusal()) == (emptied.version, Rejection())


def test_a_person_may_say_that_no_version_is_to_be_served(emptied, project, store, clock):
    activate(PROJECT, "untrained", ActivateDeps(store=store, rank_queue=MemoryQueue(), clock=clock))

    assert project.active().value.version == "untrained"
    with pytest.raises(NotFound):
        activate(
            PROJECT, "untrained", ActivateDeps(store=store, rank_queue=MemoryQueue(), clock=clock)
        )


def test_labels_of_a_label_config_that_is_another_one_now_are_not_waited_for(learn, project):
    learn(*labels(1, 60))

    other = label_config("Other", "Another")
    learn(event(label_config=other, project_updated_at="2027-01-01T00:00:00+00:00"))

    assert project.active().value.version == "untrained"


def test_few_labels_that_are_deleted_leave_no_version_at_once(learn, project):
    learn(*labels(1, 12))

    assert learn(deleted(*range(1, 12))) is TrainOutcome.SWITCHED
    assert project.active().value.version == "untrained"


@pytest.mark.parametrize("by", ["pin", "activate"])
def test_a_person_ends_the_holding(relabelled, project, deps, store, queue, clock, by):
    first = project.active().value.version
    if by == "pin":
        pin(PROJECT, PinDeps(store=store, train_queue=queue, clock=clock))
    else:
        activate(
            PROJECT,
            relabelled.version,
            ActivateDeps(store=store, rank_queue=MemoryQueue(), clock=clock),
        )
        activate(PROJECT, first, ActivateDeps(store=store, rank_queue=MemoryQueue(), clock=clock))
    clock.sleep(25 * 3600)

    assert train(SWEEP, deps) is TrainOutcome.UP_TO_DATE
    assert project.active().value.version == first

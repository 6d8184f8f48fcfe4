"""Accepting: one stored event, one wake-up."""

import pytest

from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Event
from labelloop.errors import Unavailable
from labelloop.usecases.intake.accept import AcceptDeps, accept, current_version
from tests.builders import PROJECT, created, event


@pytest.fixture
def deps(store, queue, clock) -> AcceptDeps:
    return AcceptDeps(store=store, queue=queue, quiet_s=10, clock=clock)


def test_an_event_is_stored_and_one_wake_up_sent_for_after_the_quiet_period(deps, store, queue):
    name = accept(created(1), deps)

    assert Event.from_json(store.body(f"projects/{PROJECT}/events/{name}.json")) == created(1)
    assert [(w.project, w.event, w.reason, delay) for w, delay in queue.sent] == [
        (PROJECT, name, "event", 10)
    ]


def test_the_same_event_twice_is_stored_twice_and_left_to_folding(deps, store):
    assert accept(created(1), deps) != accept(created(1), deps)
    assert len(store.keys("/events/")) == 2


def test_names_sort_by_time(deps, clock):
    first = accept(created(1), deps)
    clock.sleep(0.001)

    assert first < accept(created(2), deps)


def test_the_start_training_button_does_not_wait_for_the_quiet_period(deps, queue):
    accept(event(action="START_TRAINING"), deps)

    ((wake_up, delay),) = queue.sent
    assert (wake_up.reason, delay) == ("start_training", 2)


def test_an_event_that_cannot_be_stored_is_not_accepted(deps, store, queue):
    store.down = True

    with pytest.raises(Unavailable):
        accept(created(1), deps)

    assert not queue


def test_an_event_whose_wake_up_is_lost_is_accepted_all_the_same(deps, store, queue):
    queue.down = True

    name = accept(created(1), deps)

    assert f"projects/{PROJECT}/events/{name}.json" in store


def test_a_project_nobody_has_heard_of_is_untrained(deps):
    assert current_version(PROJECT, deps) == "untrained"


def test_the_version_is_the_active_one(deps, store):
    project = Project(store, PROJECT)
    project.switch(project.active(), ActivePointer("3-abc", 3, 1, switch=1), {"why": "test"})

    assert current_version(PROJECT, deps) == "3-abc"

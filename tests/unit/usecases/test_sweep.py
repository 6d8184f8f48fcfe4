"""Sweeping: nobody is forgotten."""

import pytest

from labelloop.project import Project
from labelloop.usecases.sweep import SweepDeps, SweepFailed, sweep
from tests.builders import PROJECT, created


@pytest.fixture
def deps(store, queue, rank_queue, clock) -> SweepDeps:
    return SweepDeps(store, queue, rank_queue, lambda: None, clock)


def test_a_project_with_pending_events_is_woken(store, queue, deps):
    Project(store, PROJECT).add_event("a", created(1))

    assert sweep(deps) == 1
    assert [(w.project, w.reason, delay) for w, delay in queue.sent] == [(PROJECT, "sweep", 0)]


def test_a_project_whose_training_never_ended_is_woken(store, queue, deps):
    project = Project(store, PROJECT)
    after = project.dataset_pointer()
    dataset = project.dataset(after.value)
    dataset.label_config = "<View/>"
    project.add_dataset(after, dataset)

    assert sweep(deps) == 1


def test_a_project_that_cannot_be_read_keeps_no_other_asleep(store, queue, deps):
    store.create("projects/1.1/dataset.json", b"{}")
    Project(store, PROJECT).add_event("a", created(1))

    with pytest.raises(SweepFailed, match="1 project"):
        sweep(deps)

    assert len(queue) == 1


def test_an_empty_bucket_wakes_nobody(store, queue, deps):
    assert sweep(deps) == 0
    assert not queue

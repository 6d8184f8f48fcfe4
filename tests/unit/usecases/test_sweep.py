"""Sweeping: nobody is forgotten."""

from dataclasses import replace

import pytest

from labelloop.pointers import ActivePointer
from labelloop.pool import Pool
from labelloop.project import Project
from labelloop.usecases.sweep import SweepDeps, SweepFailed, sweep
from tests.builders import PROJECT, created
from tests.fakes import MemoryLabelStudio


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


@pytest.mark.parametrize(
    ("ranked", "steps"),
    [(("0-a", True), ["plan"]), (("1-a", False), ["trim"]), (("1-a", True), [])],
)
def test_a_ranking_or_a_trimming_that_never_ended_is_asked_for_again(
    store, rank_queue, deps, ranked, steps, monkeypatch
):
    project = Project(store, PROJECT)
    project.switch(project.active(), ActivePointer("1-a", 1, 1), {"why": "test"})
    Pool(store, PROJECT).set_ranked(*ranked)
    label_studio = MemoryLabelStudio()
    label_studio.down = True  # nothing to reconcile with
    monkeypatch.setattr("labelloop.usecases.sweep.count", lambda _: None)

    assert sweep(replace(deps, label_studio=lambda: label_studio)) == len(steps)
    assert [wake_up.step for wake_up, _ in rank_queue.sent] == steps


def test_a_damaged_note_of_the_ranking_has_the_project_ranked_again(store, rank_queue, deps):
    project = Project(store, PROJECT)
    project.switch(project.active(), ActivePointer("1-a", 1, 1), {"why": "test"})
    store.tamper(f"projects/{PROJECT}/ranked.json", b"{")

    sweep(replace(deps, label_studio=MemoryLabelStudio))

    assert [step.step for step, _ in rank_queue.sent] == ["plan"]

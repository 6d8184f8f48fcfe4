"""Sweeping: nobody is forgotten."""

from dataclasses import replace

import pytest

from labelloop.archive import Archive
from labelloop.pointers import ActivePointer
from labelloop.pool import Pool
from labelloop.project import Project
from labelloop.usecases.sweep import SweepDeps, SweepFailed, sweep
from tests.builders import PROJECT, PROJECT_ID, PROJECT_MADE_AT, created
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

    label_studio = MemoryLabelStudio()
    label_studio.create_project(PROJECT_ID, created_at=PROJECT_MADE_AT)

    sweep(replace(deps, label_studio=lambda: label_studio))

    assert [step.step for step, _ in rank_queue.sent] == ["plan"]


@pytest.fixture
def behind(store) -> Project:
    """A project whose order was never pushed."""
    project = Project(store, PROJECT)
    project.switch(project.active(), ActivePointer("1-a", 1, 1), {"why": "test"})
    return project


@pytest.fixture
def emptied(deps) -> SweepDeps:
    """A deployment beside a Label Studio that was set up anew."""
    return replace(deps, label_studio=lambda: MemoryLabelStudio())


def test_a_project_that_is_gone_is_left_alone(rank_queue, emptied, behind, store, clock):
    for _ in range(288):
        assert sweep(emptied) == 0
        clock.sleep(300)

    assert not rank_queue
    assert "no project 38" in Archive(store, PROJECT).state().reason


def test_a_project_that_is_gone_is_looked_for_once_a_day(emptied, behind, clock):
    label_studio = MemoryLabelStudio()
    deps = replace(emptied, label_studio=lambda: label_studio)
    for _ in range(3 * 288):
        sweep(deps)
        clock.sleep(300)

    assert len(label_studio.calls) == 3


@pytest.mark.parametrize("told", [True, False], ids=["by an event", "after a day"])
def test_a_project_that_is_there_again_comes_back_by_itself(
    emptied, behind, store, clock, rank_queue, told
):
    sweep(emptied)
    back = MemoryLabelStudio()
    back.create_project(PROJECT_ID, created_at=PROJECT_MADE_AT)
    if told:
        behind.add_event("a", created(1))
    else:
        clock.sleep(86_400)

    sweep(replace(emptied, label_studio=lambda: back))

    assert not Archive(store, PROJECT).state()
    assert [step.step for step, _ in rank_queue.sent] == ["plan"]


def test_another_project_under_the_same_id_is_not_taken_for_ours(deps, behind, store):
    other = MemoryLabelStudio()
    other.create_project(PROJECT_ID, created_at="2027-01-01T00:00:00Z")
    (task,) = other.import_tasks(PROJECT_ID, [{"text": "a"}])
    other.annotate(task, "Positive")

    sweep(replace(deps, label_studio=lambda: other))

    assert not behind.has_pending()
    assert "another one by now, made 2027" in Archive(store, PROJECT).state().reason


def test_a_label_studio_that_cannot_be_reached_archives_nothing(deps, behind, store):
    down = MemoryLabelStudio()
    down.down = True

    sweep(replace(deps, label_studio=lambda: down))

    assert not Archive(store, PROJECT).state()

"""Sweeping: nobody is forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from labelloop.bucket.archive import Archive
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.pool import Pool
from labelloop.bucket.project import Project, projects
from labelloop.bucket.unread import Unread, UnreadTasks
from labelloop.domain.intake.folding import Dataset, fold
from labelloop.labelstudio.payloads import key_of
from labelloop.recipes.text_choices import FORMAT
from labelloop.usecases.sweep import SweepDeps, SweepFailed, sweep
from tests.builders import PROJECT, PROJECT_ID, PROJECT_MADE_AT, created, task
from tests.fakes import MemoryLabelStudio


@pytest.fixture
def deps(sweep_deps) -> SweepDeps:
    return sweep_deps


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


@pytest.mark.parametrize("body", [b"{}", b'{"seq": 3, "sha256": "abc"}'])
def test_a_project_whose_dataset_is_damaged_is_woken(store, queue, deps, body):
    store.create("projects/1.1795398621/dataset.json", body)

    assert sweep(deps) == 1


def test_a_project_that_cannot_be_read_keeps_no_other_asleep(store, queue, deps, monkeypatch):
    def active(project):
        if project.key == "1.1795398621":
            raise ValueError("odd")
        return known(project)

    known = Project.active
    monkeypatch.setattr(Project, "active", active)
    Project(store, "1.1795398621").add_event("a", created(1))
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
    monkeypatch.setattr("labelloop.usecases.sweep.count", lambda *_: None)

    assert sweep(replace(deps, label_studio=lambda: label_studio)) == len(steps)
    assert [wake_up.step for wake_up, _ in rank_queue.sent] == steps


@pytest.mark.parametrize(("fetches", "steps"), [(True, ["plan"]), (False, [])])
def test_files_that_are_due_have_a_project_ranked_that_was_sent_here(
    store, rank_queue, deps, clock, fetches, steps
):
    """Where no Label Studio is connected, too; where none is fetched nothing is looked for."""
    project = Project(store, PROJECT)
    project.pool.add_sent([task(1)])
    project.orders.add("untrained", [])
    unread = Unread(1, "2026", "the server answered 503", "", "", False)
    now = clock.now.timestamp()
    project.unread.note("untrained", "a", 0, UnreadTasks.after(1, [unread], now - 299))
    deps = replace(deps, fetches=fetches, label_studio=lambda: None)

    sweep(deps)
    assert not rank_queue.sent
    clock.sleep(1)
    sweep(deps)

    assert [wake_up.step for wake_up, _ in rank_queue.sent] == steps


def test_a_damaged_note_of_the_ranking_has_the_project_ranked_again(store, rank_queue, deps):
    project = Project(store, PROJECT)
    project.switch(project.active(), ActivePointer("1-a", 1, 1), {"why": "test"})
    store.tamper(f"projects/{PROJECT}/ranked.json", b"{")

    label_studio = MemoryLabelStudio()
    label_studio.create_project(PROJECT_ID, created_at=PROJECT_MADE_AT)

    sweep(replace(deps, label_studio=lambda: label_studio))

    assert {step.step for step, _ in rank_queue.sent} == {"plan"}


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
    sweep(emptied)  # finds out
    rank_queue.sent.clear()
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
    rank_queue.sent.clear()
    back = MemoryLabelStudio()
    back.create_project(PROJECT_ID, created_at=PROJECT_MADE_AT)
    if told:
        behind.add_event("a", created(1))
    else:
        clock.sleep(86_400)

    sweep(replace(emptied, label_studio=lambda: back))

    assert not Archive(store, PROJECT).state()
    assert {step.step for step, _ in rank_queue.sent} == {"plan"}


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


class Slow(MemoryLabelStudio):
    """A Label Studio whose pages of one task take 10 s each; `killed` ends the function at one."""

    def __init__(self, clock, page_size: int = 1) -> None:
        super().__init__(page_size=page_size, clock=clock)
        self.time = clock
        self.pages: list[int] = []
        self.killed = 0

    def tasks_after(self, id_, last):
        self.time.sleep(10)
        self.pages.append(id_)
        if id_ == self.killed:
            raise KeyboardInterrupt
        return super().tasks_after(id_, last)


@pytest.fixture
def several(store, clock) -> Slow:
    """Three projects, the first with far more tasks than a sweep has time for."""
    label_studio = Slow(clock)
    for tasks in (40, 2, 2):
        id_ = label_studio.create_project()
        label_studio.import_tasks(id_, [{"text": "a"}] * tasks)
        Project(store, key_of(label_studio.project(id_))).set_ordered()
    return label_studio


def test_a_long_list_leaves_the_others_their_share(several, deps, clock):
    started = clock()

    sweep(replace(deps, label_studio=lambda: several))

    assert set(several.pages) == set(several._projects)
    assert clock() - started < timedelta(seconds=200)


def test_a_long_list_ends_after_some_sweeps(several, deps, store, clock):
    for _ in range(5):
        sweep(replace(deps, label_studio=lambda: several))
        clock.sleep(120)

    assert len(several.pages) == 44  # each page once
    assert all(Pool(store, key).is_listed() for key in projects(store))


def test_all_are_woken_before_any_is_surveyed(several, deps, store, queue, clock):
    for key in projects(store):
        Project(store, key).add_event("a", created(1))
    woken: list[int] = []
    real = several.tasks_after

    def noted(*asked):
        woken.append(len(queue))
        return real(*asked)

    several.tasks_after = noted

    sweep(replace(deps, label_studio=lambda: several))

    assert woken[0] == 3


def test_each_sweep_begins_with_another_project(several, deps, clock):
    first = []
    for _ in range(3):
        several.pages.clear()
        sweep(replace(deps, label_studio=lambda: several))
        first += several.pages[:1]
        clock.sleep(90_000)

    assert sorted(first) == sorted(several._projects)


def test_a_project_that_the_function_dies_of_is_not_the_first_again(several, deps, clock):
    several.killed = next(iter(several._projects))
    with pytest.raises(KeyboardInterrupt):
        sweep(replace(deps, label_studio=lambda: several))
    several.pages.clear()
    clock.sleep(300)

    with pytest.raises(KeyboardInterrupt):
        sweep(replace(deps, label_studio=lambda: several))

    assert set(several.pages) == set(several._projects)


def test_a_project_that_the_function_dies_of_as_it_looks_keeps_no_other_from_being_surveyed(
    store, deps, clock, monkeypatch
):
    label_studio = MemoryLabelStudio(clock=clock)
    for _ in range(4):
        id_ = label_studio.create_project()
        label_studio.import_tasks(id_, [{"text": "a"}])
        Project(store, key_of(label_studio.project(id_))).set_ordered()
    deps = replace(deps, label_studio=lambda: label_studio)
    sweep(deps)
    first, *others = projects(store)
    real = Project.dataset

    def too_large(project, pointer):
        if project.key == first:
            raise KeyboardInterrupt  # the function is out of memory
        return real(project, pointer)

    monkeypatch.setattr(Project, "dataset", too_large)
    for id_ in label_studio._projects:
        label_studio.import_tasks(id_, [{"text": "new"}])
    for _ in range(2):
        clock.sleep(300)
        with pytest.raises(KeyboardInterrupt):
            sweep(deps)

    assert [len(Pool(store, key).shards()) for key in (first, *others)] == [1, 2, 2, 2]


def test_a_ranking_of_new_tasks_that_was_lost_is_asked_for_again(
    behind, deps, store, rank_queue, clock
):
    label_studio = MemoryLabelStudio(clock=clock)
    label_studio.create_project(PROJECT_ID, created_at=PROJECT_MADE_AT)
    label_studio.import_tasks(PROJECT_ID, [{"text": "a"}])
    deps = replace(deps, label_studio=lambda: label_studio)
    Pool(store, PROJECT).set_ranked("1-a", trimmed=True)
    sweep(deps)
    rank_queue.sent.clear()  # the wake-up is lost

    sweep(deps)
    assert [step.step for step, _ in rank_queue.sent] == ["plan"]

    rank_queue.sent.clear()
    Pool(store, PROJECT).plan("1-a", 1)
    sweep(deps)
    assert not rank_queue


def test_the_age_of_the_oldest_label_is_that_of_an_event_or_of_a_snapshot(
    store, deps, clock, monkeypatch
):
    ages: list[float] = []
    monkeypatch.setattr(
        "labelloop.usecases.sweep.gauge_seconds", lambda _, seconds: ages.append(seconds)
    )
    project = Project(store, PROJECT)
    sweep(deps)
    assert not ages  # nothing waits, so nothing is paid for

    project.add_event("a", created(1))
    clock.sleep(100)
    sweep(deps)
    (pending,) = project.pending()
    project.add_dataset(project.dataset_pointer(), fold(Dataset(), [created(1)]))
    project.forget([pending])  # folded, and no training ends
    clock.sleep(300)
    project.add_event("b", created(2))
    sweep(deps)
    project.switch(project.active(), ActivePointer("1-a", 1, FORMAT), {"why": "trained"})
    clock.sleep(50)
    sweep(deps)

    assert ages == [100, 300, 50]

"""Projects with more tasks and labels than a sweep has time for, projects that went, and others."""

import time
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from labelloop.bucket.archive import Archive
from labelloop.bucket.pool import Pool
from labelloop.bucket.pool_index import PoolIndex, known_of
from labelloop.bucket.project import Project, projects
from labelloop.bucket.surveys import Surveys
from labelloop.domain.intake.events import Event, Task
from labelloop.domain.intake.folding import fold
from labelloop.labelstudio.payloads import key_of
from labelloop.labelstudio.project import StudioProject
from labelloop.usecases.intake.survey import SurveyDeps, is_due
from labelloop.usecases.sweep import SweepDeps, sweep
from tests.builders import created, label_config
from tests.fakes import Clock, MemoryLabelStudio, MemoryQueue, MemoryStore
from tests.reliability.report import find, size

TASKS, LABELLED = size(3_000, 300_000), size(600, 60_000)
OTHERS, OF_OTHERS = 5, 50
FUNCTION_S, EVERY_S = 300, 300
# Measured on Label Studio 1.23.2 with SQLite, two cores; the first also stands for S3's answers.
CALL_S, PAGE_S, EXPORTED_S = 0.05, 0.2, 0.0025
SLOWER = TASKS / 300_000  # so that a small size takes as many sweeps as the full one


class SlowLabelStudio(MemoryLabelStudio):
    """Label Studio with the time that it takes."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock, page_size=max(5, round(500 * SLOWER)))
        self.time = clock

    def _answer(self, call: str, id_: int | None) -> None:
        self.time.sleep(CALL_S)
        super()._answer(call, id_)

    def tasks_after(self, id_: int, last: int) -> Any:
        self.time.sleep(PAGE_S)
        return super().tasks_after(id_, last)

    def exported(self, id_: int, tasks: Any) -> Any:
        self.time.sleep(EXPORTED_S * len(tasks) / SLOWER)
        return super().exported(id_, tasks)


def fold_pending(project: Project) -> None:
    """Do the trainer's part."""
    pending, after = project.pending(), project.dataset_pointer()
    events = [Event.from_json(project.read(one) or b"") for one in pending]
    project.add_dataset(after, fold(project.dataset(after.value), events))
    project.forget(pending)


class World:
    """A large project, which comes first, and others; no event told of any task."""

    def __init__(self, tasks: int = 50, labelled: int = 5) -> None:
        self.clock, self.store = Clock(), MemoryStore()
        queues: tuple[Any, Any] = (MemoryQueue(), MemoryQueue())
        self.queue, self.ranks = queues
        self.label_studio = SlowLabelStudio(self.clock)
        self.ids = [self._made(tasks, labelled), *(self._made(OF_OTHERS, 5) for _ in range(OTHERS))]
        self.keys = [key_of(self.label_studio._projects[id_]) for id_ in self.ids]
        for key in self.keys:
            Project(self.store, key).set_ordered()
        self.deps = SweepDeps(
            store=self.store,
            train_queue=self.queue,
            rank_queue=self.ranks,
            label_studio=lambda: self.label_studio,
            clock=self.clock,
            encoder="",
        )

    def _made(self, tasks: int, labelled: int) -> int:
        id_ = self.label_studio.create_project(label_config=label_config())
        texts = [{"text": f"text {number} " + "of some length " * 5} for number in range(tasks)]
        for task in self.label_studio.import_tasks(id_, texts)[: labelled * 5 : 5]:
            self.label_studio.annotate(task, "Positive")
        return id_

    def sweep(self) -> float:
        """Sweep, let the trainers work, wait for the next sweep; return the seconds it took."""
        started = self.clock.now
        sweep(self.deps)
        took = (self.clock.now - started).total_seconds()
        for key in self.keys:
            fold_pending(Project(self.store, key))
        self.clock.sleep(max(0, EVERY_S - took))
        return took

    def stored(self) -> set[str]:
        return {*self.store.keys("/pool/"), *self.store.keys("/datasets/")}

    def is_surveyed(self, key: str) -> bool:
        return bool(Surveys(self.store, key).state().value.ended)

    def differs(self, id_: int, key: str) -> int:
        """Return in how many tasks and labels what is known differs from Label Studio."""
        project, pool = Project(self.store, key), Pool(self.store, key)
        dataset = project.dataset(project.dataset_pointer().value)
        theirs = {task["id"] for task in self.label_studio._of(id_)}
        labels = {one["id"] for task in theirs for one in self.label_studio._annotations[task]}
        ours = pool.read(pool.shards()).keys() - dataset.deleted_tasks.keys()
        return len(ours ^ theirs) + len({a.id for a in dataset.live_annotations()} ^ labels)


def test_long_lists_end_and_keep_nobody_waiting():
    world, longest, sweeps = World(TASKS, LABELLED), 0.0, 0
    started = time.process_time()
    while not all(map(world.is_surveyed, world.keys)):
        Project(world.store, world.keys[-1]).add_event(f"{sweeps:03d}", created(10**6 + sweeps))
        world.queue.sent.clear()
        longest, sweeps = max(longest, world.sweep()), sweeps + 1
        assert world.keys[-1] in {wake_up.project for wake_up, _ in world.queue.sent}
        if sweeps == 1:  # though the large one comes first
            assert all(map(world.is_surveyed, world.keys[1:]))
        assert sweeps < 20
    took = time.process_time() - started

    told = f"of {TASKS:,} tasks, {LABELLED:,} labelled"
    wrong = world.differs(world.ids[0], world.keys[0])
    find(f"long lists: differences after all sweeps, {told}", wrong, "tasks and labels")
    find("long lists: the longest sweep, as Label Studio answers", round(longest), "s", FUNCTION_S)
    find("long lists: sweeps until all is known", sweeps, "", 12)
    find("long lists: our own work in all of them", round(took, 1), "s", FUNCTION_S)
    assert sweeps > 1


def test_a_day_later_as_much_is_compared_and_nothing_stored():
    world = World(TASKS // 10, LABELLED // 10)
    while not all(map(world.is_surveyed, world.keys)):
        world.sweep()
    world.sweep()
    stored = world.stored()
    studio = StudioProject(world.label_studio, world.keys[0])
    deps = SurveyDeps(
        store=world.store, train_queue=world.queue, rank_queue=world.ranks, clock=world.clock
    )
    assert not is_due(studio, deps)

    world.clock.sleep(86_400)
    before = world.label_studio.calls.count("tasks_after")
    for _ in range(12):
        world.sweep()

    later = world.stored()
    assert world.label_studio.calls.count("tasks_after") > before
    find("long lists: objects stored by a survey that finds nothing", len(later - stored), "")


def test_the_index_of_a_large_pool_fits_the_function():
    count = size(10_000, 300_000)
    at = "2026-11-23T09:00:00.000000+00:00"
    tracemalloc.start()
    index = PoolIndex()
    tasks = (Task(number, at, at, {"text": f"text {number}"}) for number in range(1, count + 1))
    index.add((task.id, known_of(task)) for task in tasks)
    body = index.to_bytes()
    again = PoolIndex.from_bytes(body)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()

    assert again.tasks == index.tasks
    find("an index of 300,000 tasks: memory", round(peak * 300_000 / count), "MiB", 400)


@pytest.mark.parametrize("how", ["deleted", "another one"])
def test_projects_that_went_are_left_alone_and_come_back(how):
    world = World()
    world.sweep()
    gone, key = world.ids[1], world.keys[1]
    known = world.label_studio._projects[gone]
    if how == "deleted":
        world.label_studio.delete_project(gone)
    else:
        world.label_studio._projects[gone] = known | {"created_at": "2027-01-01T00:00:00Z"}
        (task, *_) = world.label_studio.import_tasks(gone, [{"text": "another project's"}])
        world.label_studio.annotate(task, "Negative")
    world.clock.sleep(86_400)
    world.sweep()
    world.ranks.sent.clear()
    before = Project(world.store, key).dataset_pointer().value

    for _ in range(24):
        world.sweep()

    wrong = sum(wake_up.project == key for wake_up, _ in world.ranks.sent)
    wrong += Project(world.store, key).dataset_pointer().value != before
    wrong += not Archive(world.store, key).state()
    find(f"projects that went ({how}): wake-ups of rankings, changed labels", wrong, "")
    world.label_studio._projects[gone] = known
    world.clock.sleep(86_400)
    world.sweep()
    assert not Archive(world.store, key).state()
    assert key in {wake_up.project for wake_up, _ in world.ranks.sent}


def test_a_second_label_studio_overwrites_nothing():
    """One that was set up anew, with as many projects under the same ids."""
    world = World()
    for _ in range(3):
        world.sweep()
    before = {key: Project(world.store, key).dataset_pointer().value for key in world.keys}
    anew = SlowLabelStudio(world.clock)
    for _ in world.ids:
        id_ = anew.create_project(created_at="2027-01-01T00:00:00Z", label_config=label_config())
        anew.annotate(anew.import_tasks(id_, [{"text": "of another"}])[0], "Negative")
    world.deps = replace(world.deps, label_studio=lambda: anew)
    for _ in range(2):
        world.clock.sleep(86_400)
        world.sweep()

    after = {key: Project(world.store, key).dataset_pointer().value for key in world.keys}
    wrong = sum(before[key] != after[key] for key in world.keys)
    wrong += len({*projects(world.store)} ^ {*world.keys})
    wrong += sum(not Archive(world.store, key).state() for key in world.keys)
    find("a second Label Studio: projects touched, or not told of", wrong, f"of {len(world.keys)}")

"""Pointers that are lost, damaged, copied back or of a later release, amid labels and trainings."""

import random
from dataclasses import asdict, replace

from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.intake.events import canonical
from labelloop.messages import WakeUp
from labelloop.recipes.text_choices import FORMAT
from labelloop.usecases.learning.train import train
from labelloop.usecases.serving.activate import ActivateDeps, activate
from labelloop.usecases.serving.pin import PinDeps, pin, unpin
from labelloop.usecases.serving.serve import Versions
from labelloop.usecases.sweep import SweepDeps, sweep
from tests.builders import PROJECT, reviews
from tests.deps import training_deps
from tests.fakes import Clock, MemoryQueue, MemoryStore, learning_by
from tests.reliability.report import find, size
from tests.unit.usecases.learning.trainer import EvenModel, Trainer

POINTER = f"projects/{PROJECT}/active.json"
STEPS = ("label", "train", "pin", "unpin", "activate", "gone", "garbled", "copied back", "later")


class Schedule:
    """One project, and what happens to it in an order drawn by a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.clock = Clock()
        self.store = MemoryStore(self.clock)
        self.queue = MemoryQueue()
        self.project = Project(self.store, PROJECT)
        self._labels = 0
        self._copy = b""
        self.is_pinned: bool | None = False  # as people wish; a copy of a pointer tells nothing
        learns = learning_by(Trainer(), EvenModel)
        self.deps = training_deps(self.store, self.queue, self.clock, control_of=learns)

    def run(self) -> None:
        """Take some steps, each with the sweep's and the trainer's chance to put things right."""
        self._label(6)
        self._train()
        for step in self._random.choices(STEPS, k=12):
            self.clock.sleep(3600)
            getattr(self, f"_{step.replace(' ', '_')}")()
        self._train()

    def settle(self) -> None:
        """Let a person unpin, and sweep and train until there is nothing to do."""
        unpin(PROJECT, PinDeps(store=self.store, train_queue=self.queue))
        for _ in range(5):
            self.clock.sleep(3600)
            sweep(
                SweepDeps(
                    store=self.store,
                    train_queue=self.queue,
                    rank_queue=MemoryQueue(),
                    label_studio=lambda: None,
                    clock=self.clock,
                    encoder="",
                )
            )
            self._train()

    def _label(self, count: int = 2) -> None:
        for one in reviews(count, first=self._labels + 1):
            self.project.add_event(f"{self._labels:06d}", one)
            self._labels += 1

    def _train(self) -> None:
        train(WakeUp(PROJECT, "sweep"), self.deps)

    def _pin(self) -> None:
        if pin(PROJECT, PinDeps(store=self.store, train_queue=self.queue)):
            self.is_pinned = True

    def _unpin(self) -> None:
        if unpin(PROJECT, PinDeps(store=self.store, train_queue=self.queue)):
            self.is_pinned = False

    def _activate(self) -> None:
        version = self._random.choice(self.project.versions())
        activate(
            PROJECT,
            version,
            ActivateDeps(store=self.store, rank_queue=MemoryQueue(), clock=self.clock),
        )

    def _gone(self) -> None:
        if self.project.active().value != ActivePointer():
            self._copy = self.store.body(POINTER)
        self.store.delete([POINTER])

    def _garbled(self) -> None:
        if POINTER in self.store:
            self.store.tamper(POINTER, self.store.body(POINTER)[:-9])

    def _copied_back(self) -> None:
        if self._copy:
            self.store.tamper(POINTER, self._copy)
            self.is_pinned = None

    def _later(self) -> None:
        active = self.project.active().value
        if active.is_trained:
            made_by = self._random.choice(({"format": FORMAT + 1}, {"recipe": "of_tomorrow"}))
            later = replace(active, **made_by)
            self.store.tamper(POINTER, canonical(asdict(later)).encode())


def is_whole(schedule: Schedule, written: dict[str, bytes]) -> bool:
    """Say whether the newest labels are learnt by a version that is served, and nothing is lost."""
    active = schedule.project.active().value
    versions = Versions(schedule.store, lambda _, artefact: EvenModel(artefact), encoder="")
    served = versions.of(PROJECT)
    return (
        active.is_trained
        and active.format == FORMAT
        and served.version == active.version
        and active.dataset_seq == schedule.project.dataset_pointer().value.seq
        and all(schedule.store.body(key) == body for key, body in written.items())
    )


def test_a_pointer_that_was_lost_loses_nothing_else():
    schedules = size(150, 2_000)
    broken = 0
    for seed in range(schedules):
        schedule = Schedule(seed)
        schedule.run()
        written = {key: schedule.store.body(key) for key in schedule.store.keys("/history/")}
        is_as_pinned = schedule.is_pinned in (None, schedule.project.active().value.pinned)

        schedule.settle()

        broken += not (is_as_pinned and is_whole(schedule, written))
    find("lost pointers: projects that are not whole again", broken, f"of {schedules:,} schedules")

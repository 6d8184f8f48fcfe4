"""One project's life in simulated time: the real use cases, and what must hold at every step."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Event
from labelloop.domain.intake.folding import Dataset, checksum, decompress, fold
from labelloop.domain.serving.options import STRATEGY_NAMES, Options
from labelloop.messages import WakeUp
from labelloop.usecases.intake.accept import AcceptDeps, accept
from labelloop.usecases.learning.train import train
from labelloop.usecases.serving.activate import ActivateDeps, activate
from labelloop.usecases.serving.choose import ChooseDeps, choose
from labelloop.usecases.serving.pin import PinDeps, pin, unpin
from labelloop.usecases.sweep import SweepDeps, sweep
from tests.builders import PROJECT
from tests.fakes import MemoryQueue, MemoryStore, Ready
from tests.reliability.histories import random_event
from tests.reliability.scheduler import Faults, Scheduler
from tests.reliability.simulated import SimulatedQueue, SimulatedStore
from tests.reliability.training import PATIENCE, no_model, training

SWEEP_S = 300
LEAST = 2
ROOT = f"projects/{PROJECT}/"


class World:
    """A project under random events and faults. `violations` says what did not hold."""

    def __init__(
        self, seed: int, faults: Faults, memory: MemoryStore | None = None, alone: bool = False
    ) -> None:
        self.scheduler = Scheduler(seed, faults)
        self.random = self.scheduler.random
        self.memory = memory or MemoryStore()
        self.memory._clock = self.scheduler.now
        self.store = SimulatedStore(self.scheduler, self.memory)
        self.store.watch = self._watch
        self.queue = SimulatedQueue(self.scheduler, self._consume)
        self.is_alone = alone  # nobody sweeps, nobody commands
        self.violations: set[str] = set()
        self.stored: dict[str, Event] = {}
        self.trainings = 0
        self._chosen: set[str] = set()
        self._last_active: dict[str, Any] = {}
        self._last_seq = 0

    # -- what happens ------------------------------------------------------------------------

    def live(self, events: int) -> "World":
        """Let so many events and some commands come in, then peace; give back the world."""
        at = 0.0
        for _ in range(events):
            at += self.random.choice((0, 1, 3, 10, 29, 31, 60, 250))
            self._start_at(at, self._accept)
        if self.is_alone:
            self.scheduler.run()
            self._settle()
            return self
        for command in self.random.sample(
            (self._pin, self._unpin, self._activate, self._choose), 2
        ):
            self._start_at(self.random.uniform(0, at + 400), command)
        end = at + 900
        self.scheduler.at(end, self._make_peace)
        # Long after the end too, as a dead trainer whose clock was ahead blocks the lease.
        long_after = int(end + 2 * self.scheduler.faults.skew_s) + 8 * SWEEP_S
        # Trainings that died again and again are put off, a day at most: so two days of sweeps.
        days_after = range(long_after, long_after + 2 * 86_400, 3 * 3600)
        for second in (
            *range(0, int(end), SWEEP_S),
            *range(int(end), long_after, 900),
            *days_after,
        ):
            self._start_at(second, self._sweep)
        self.scheduler.run()
        self._settle()
        return self

    def _start_at(self, second: float, job: Callable[[], Any]) -> None:
        self.scheduler.at(second, lambda: self.scheduler.start(job, lambda _: None))

    def _make_peace(self) -> None:
        self.scheduler.faults = Faults(skew_s=self.scheduler.faults.skew_s)
        self._start_at(0, self._unpin)

    def _settle(self) -> None:
        """Judge once nothing happens any more."""
        if not self.stored:
            return
        project = Project(self.memory, PROJECT)
        expected = fold(Dataset(), self.stored.values()).to_lines()
        pointer, active = project.dataset_pointer().value, project.active().value
        if project.has_pending() or pointer.sha256 != checksum(expected):
            self.violations.add("L1: the dataset is not the fold of what was sent")
        elif active.dataset_seq != pointer.seq or active.learnt not in self._learnt_from_scratch():
            self.violations.add("L1: the active version has not learnt the dataset")

    def _learnt_from_scratch(self) -> set[str]:
        """Return what versions of all labels have learnt, by what may have been chosen for them.

        One that a person activated orders as it was made to, whatever was chosen before, and is
        replaced when there are other labels.
        """
        project = Project(self.memory, PROJECT)
        active, chosen = project.active().value, project.options().value
        return {self._learnt_with(name or None) for name in (active.strategy, chosen.strategy)}

    def _learnt_with(self, strategy: str | None) -> str:
        memory = MemoryStore()
        project = Project(memory, PROJECT)
        for name, event in self.stored.items():
            project.add_event(name, event)
        project.set_options(project.options(), Options(strategy=strategy))
        train(WakeUp(PROJECT, "sweep"), training(memory, no_model, LEAST))
        return project.active().value.learnt

    # -- functions ---------------------------------------------------------------------------

    def _clock(self) -> Callable[[], datetime]:
        skew = timedelta(seconds=self.random.uniform(-1, 1) * self.scheduler.faults.skew_s)
        return lambda: self.scheduler.now() + skew

    def _accept(self) -> None:
        event = random_event(self.random, self.scheduler.now())
        accept(
            event,
            AcceptDeps(
                store=self.store,
                train_queue=self.queue,
                quiet_s=PATIENCE.quiet_s,
                clock=self._clock(),
            ),
        )

    def _consume(self, message: Any) -> None:
        train(message, training(self.store, self._fit, LEAST, self._clock()))

    def _fit(self, seen: Any, labels: Any, **more: Any) -> Ready:
        self.trainings += 1
        self.scheduler.step(self.random.choice((1, 20, 100, 190)))
        return no_model(seen, labels, **more)

    def _sweep(self) -> None:
        sweep(
            SweepDeps(
                store=self.store,
                train_queue=self.queue,
                rank_queue=self.queue,
                label_studio=lambda: None,
                clock=self._clock(),
                encoder="",
            )
        )

    def _pin(self) -> None:
        pin(PROJECT, PinDeps(store=self.store, train_queue=self.queue, clock=self._clock()))

    def _unpin(self) -> None:
        unpin(PROJECT, PinDeps(store=self.store, train_queue=self.queue, clock=self._clock()))

    def _choose(self) -> None:
        strategy = self.random.choice((*STRATEGY_NAMES[:3], None))
        choose(
            PROJECT, {"strategy": strategy}, ChooseDeps(store=self.store, train_queue=self.queue)
        )

    def _activate(self) -> None:
        if versions := Project(self.memory, PROJECT).versions():
            version = self.random.choice(versions)
            self._chosen.add(version)
            activate(
                PROJECT,
                version,
                ActivateDeps(store=self.store, rank_queue=MemoryQueue(), clock=self._clock()),
            )

    # -- what must hold ----------------------------------------------------------------------

    def _watch(self, operation: str, key: str) -> None:
        kind, _, name = key.removeprefix(ROOT).partition("/")
        if kind == "events" and operation == "create":
            self.stored[name.removesuffix(".json")] = Event.from_json(self.memory.body(key))
        elif kind == "events":
            self._check_kept(name.removesuffix(".json"))
        elif kind == "active.json":
            self._check_active(json.loads(self.memory.body(key)))
        elif kind == "dataset.json":
            self._check_dataset(json.loads(self.memory.body(key))["seq"])

    def _check_kept(self, name: str) -> None:
        """A deleted event must be in the newest snapshot: folding it again changes nothing."""
        project = Project(self.memory, PROJECT)
        known = project.dataset(project.dataset_pointer().value)
        before = known.to_lines()
        if fold(known, [self.stored[name]]).to_lines() != before:
            self.violations.add("S3: a stored event is lost")

    def _check_active(self, active: dict[str, Any]) -> None:
        last, self._last_active = self._last_active, active
        if active["version"] != "untrained":
            models = f"{ROOT}models/{active['version']}/"
            whole = f"{models}model.onnx" in self.memory and f"{models}card.json" in self.memory
            if not whole or _digest(self.memory.body(f"{models}model.onnx")) != active["sha256"]:
                self.violations.add("S1: the active version is not whole")
        if not last:
            return
        if active["dataset_seq"] < last["dataset_seq"] or active["switch"] < last["switch"]:
            self.violations.add("S2: the active version went back")
        switched = active["version"] != last["version"]
        if switched and active["previous_version"] != last["version"]:
            self.violations.add("S2: a version was skipped unseen")
        if switched and last["pinned"] and active["version"] not in self._chosen:
            self.violations.add("a training switched a pinned project")

    def _check_dataset(self, seq: int) -> None:
        if seq not in (self._last_seq, self._last_seq + 1):
            self.violations.add("S2: the datasets' numbers have a gap, or went back")
        self._last_seq = seq
        pointer = Project(self.memory, PROJECT).dataset_pointer().value
        key = f"{ROOT}datasets/{pointer.seq:08d}-{pointer.sha256}.jsonl.gz"
        if key not in self.memory or checksum(decompress(self.memory.body(key))) != pointer.sha256:
            self.violations.add("S1: the dataset is not whole")


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()

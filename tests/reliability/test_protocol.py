"""The protocol of events, wake-ups, trainings and switches, under all that may happen to it."""

import logging
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import pytest
from greenlet import getcurrent, greenlet

from labelloop.bucket.lease import Lease
from labelloop.bucket.pointers import DatasetPointer, Tagged
from labelloop.bucket.project import Project
from tests.fakes import MemoryStore
from tests.reliability.report import find, size
from tests.reliability.scheduler import Faults
from tests.reliability.world import World

ORDINARY = Faults(crash=0.02, duplicate=0.1)
KINDS = (
    ORDINARY,
    Faults(crash=0.15, unavailable=0.1, duplicate=0.5),
    Faults(unavailable=0.3, duplicate=0.2),
    Faults(crash=0.02, duplicate=0.1, skew_s=3600),
)
CALM = Faults(duplicate=0.1, timeout_s=float("inf"))
MOST_SCHEDULES = 400  # within which each of the known mistakes has to show


class InOrder:
    """An executor whose work is part of the schedule: one after the other, in the same thread."""

    map = staticmethod(map)

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> "InOrder":
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture(autouse=True)
def _in_one_thread(monkeypatch):
    monkeypatch.setattr(
        "labelloop.usecases.learning.train.ThreadPoolExecutor", InOrder, raising=False
    )
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_no_schedule_breaks_the_protocol():
    count = size(2_000, 20_000)
    seen: Counter[str] = Counter()
    trainings = skewed = skewed_wrong = 0
    for seed in range(count):
        faults = KINDS[seed % len(KINDS)]
        world = World(seed, faults).live(1 + seed % 12)
        seen.update(f"seed {seed}: {violation}" for violation in world.violations)
        trainings += world.trainings
        skewed += bool(faults.skew_s)
        skewed_wrong += len(world.violations) if faults.skew_s else 0

    print(*seen, sep="\n")
    told = "state machine, every function's clock up to 1 h off: violations"
    find(told, skewed_wrong, f"of {skewed:,} of these schedules")
    find("state machine: violations", seen.total(), f"of {count:,} schedules")
    assert trainings > count / 2  # else nothing was tried


def violations(
    rule: str = "",
    faults: Faults = ORDINARY,
    memory: type = MemoryStore,
    alone: bool = False,
    events: int = 0,
    most: int = MOST_SCHEDULES,
) -> str:
    """Return what the first schedule that breaks the rule, or any, breaks; empty if none does."""
    for seed in range(most):
        world = World(seed, faults, memory(), alone).live(events or 1 + seed % 12)
        told = " ".join(world.violations)
        if told and rule in told:
            return told
    return ""


class Overwriting(MemoryStore):
    """A store without compare-and-swap."""

    def create(self, key: str, body: bytes) -> str:
        return self._write(key, body)

    def replace(self, key: str, body: bytes, etag: str) -> str:
        return self._write(key, body)


def test_without_compare_and_swap_data_are_lost():
    assert violations("S3", memory=Overwriting)


def test_without_the_sweep_a_crash_leaves_data_behind():
    assert violations("L1", alone=True)


def test_looking_before_the_lease_is_given_back_loses_data(monkeypatch):
    look, release = Project.untrained_dataset, Lease.release
    projects: dict[greenlet, Project] = {}
    looked: dict[greenlet, DatasetPointer | None] = {}

    def release_after_a_look(lease, holder):
        looked[getcurrent()] = look(projects[getcurrent()], "")
        release(lease, holder)

    def remember(project, encoder):
        me = getcurrent()
        projects[me] = project
        return looked.pop(me) if me in looked else look(project, encoder)

    monkeypatch.setattr(Lease, "release", release_after_a_look)
    monkeypatch.setattr(Project, "untrained_dataset", remember)

    # Only the last event can be lost, in one of some 200 schedules: short ones, many of them.
    assert violations("L1", CALM, alone=True, events=2, most=4_000)


def test_that_order_kept_nothing_is_lost_even_without_a_sweep():
    assert not violations(faults=CALM, alone=True)


def test_deleting_events_before_the_snapshot_points_to_them_loses_them(monkeypatch):
    read = Project.read

    def consume(self, listed):
        body = read(self, listed)
        self.forget([listed])
        return body

    monkeypatch.setattr(Project, "read", consume)

    assert violations("S3")


def test_pointing_to_a_model_before_it_is_stored_breaks_the_version(monkeypatch):
    add, switch = Project.add_model, Project.switch
    waiting: dict[int, tuple] = {}

    def switch_first(self, after, to, why):
        switch(self, after, to, why)
        add(self, *waiting[id(self)])

    monkeypatch.setattr(Project, "add_model", lambda self, *a: waiting.update({id(self): a}))
    monkeypatch.setattr(Project, "switch", switch_first)

    with suppress(KeyError):  # a switch by hand stores no model
        assert violations("S1")


def test_switching_to_whatever_came_last_goes_back(monkeypatch):
    switch = Project.switch

    def insist(self, after, to, why):
        switch(self, self.active(), to, why)

    monkeypatch.setattr(Project, "switch", insist)

    assert violations()


def test_a_training_that_does_not_see_the_pin_switches(monkeypatch):
    active = Project.active

    def blind(self):
        seen = active(self)
        return Tagged(replace(seen.value, pinned=False), seen.etag)

    monkeypatch.setattr(Project, "active", blind)

    assert violations("pinned")

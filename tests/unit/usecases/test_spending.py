"""What work on a project takes is noted."""

from datetime import timedelta

import pytest

from labelloop.bucket.project import Project
from labelloop.bucket.spent import Spent
from labelloop.domain.prices import Machine
from labelloop.usecases.spending import spending
from tests.builders import PROJECT

MACHINE = Machine(2_048, "arm64")


@pytest.fixture
def work(store, clock, monkeypatch):
    """Do work that takes some seconds."""

    def work(seconds: float, machine: Machine = MACHINE, key: str = PROJECT, fails: bool = False):
        times = iter((100.0, 100.0 + seconds))
        monkeypatch.setattr("time.monotonic", lambda: next(times))
        with spending(key, "train", store, machine, clock):
            if fails:
                raise KeyError

    return work


@pytest.fixture
def spent(store):
    return lambda: Project(store, PROJECT).spent.read("train")


def test_work_of_a_month_adds_up(work, spent):
    work(10)
    work(5)

    assert spent() == Spent("2026-11", 2, 15, 30, "arm64")


def test_another_month_begins_anew(work, spent, clock):
    work(10)
    clock.now += timedelta(days=31)

    work(5)

    assert (spent().runs, spent().seconds) == (1, 5)


def test_what_fails_was_paid_for_too(work, spent):
    with pytest.raises(KeyError):
        work(10, fails=True)

    assert spent().seconds == 10


@pytest.mark.parametrize(
    "asked", [{"seconds": 0.1}, {"seconds": 9, "machine": Machine(0, "x86_64")}]
)
def test_what_costs_next_to_nothing_is_not_noted(work, spent, asked):
    work(**asked)

    assert spent() == Spent()


def test_no_work_fails_because_it_cannot_be_noted(work, store, spent):
    work(9, key="../x")
    store.down = True

    work(9)

    store.down = False
    assert spent() == Spent()


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"month": 1}', b'{"runs": "x"}'])
def test_a_damaged_note_is_begun_anew(work, store, spent, body):
    store.create(f"projects/{PROJECT}/spent/train.json", body)

    assert spent() == Spent()
    work(9)
    assert spent().seconds == 9


def test_notes_of_workers_that_end_at_once_all_count(store):
    files = Project(store, PROJECT).spent
    one = Spent("2026-11", 1, 2, 4, "arm64")
    files.add("rank", one)
    replace = store.replace
    races = iter((True, False))

    def raced(key, body, etag):
        if next(races, False):
            files.add("rank", Spent("2026-11", 1, 3, 6, "arm64"))
        return replace(key, body, etag)

    store.replace = raced
    files.add("rank", one)

    assert files.read("rank").runs == 3

"""How far the holder of a lease is, for people to see."""

import json

import pytest

from labelloop.bucket.lease import TRAINER, Lease, Stage
from labelloop.errors import Unavailable
from tests.builders import PROJECT

FITTING = Stage("fitting", 3, 4)


@pytest.fixture
def lease(store) -> Lease:
    return Lease(store, PROJECT, TRAINER)


def test_the_stage_is_shown_while_the_work_is_done(lease):
    with lease.held(100.0, 60.0):
        starting = lease.stage(101.0)
        lease.note(FITTING)
        noted = lease.stage(102.0)

    assert starting == Stage("", 0, 0)
    assert noted == FITTING
    assert lease.stage(103.0) is None


def test_the_next_work_begins_without_a_stage(lease):
    lease.take("one", 100.0, 60.0)
    lease.note(FITTING)

    assert lease.stage(161.0) is None
    lease.take("other", 161.0, 60.0)
    assert lease.stage(162.0) == Stage("", 0, 0)


def test_a_note_takes_the_lease_from_nobody(lease):
    lease.take("one", 100.0, 60.0)
    lease.note(FITTING)

    assert not lease.take("other", 101.0, 60.0)
    assert lease.put_off(101.0).tries == 0


def test_nobody_is_at_work_without_a_lease_or_in_a_rest(lease):
    lease.note(FITTING)
    assert lease.stage(100.0) is None

    lease.take("one", 100.0, 60.0)
    lease.rest(100.0, 60.0)

    assert lease.stage(101.0) is None


def test_work_goes_on_where_its_stage_cannot_be_noted(lease, store, monkeypatch):
    lease.take("one", 100.0, 60.0)

    def fail(*_):
        raise Unavailable("down")

    monkeypatch.setattr(store, "replace", fail)
    lease.note(FITTING)

    assert lease.stage(101.0) == Stage("", 0, 0)


@pytest.mark.parametrize("stage", [None, 3, "x", [], {}, {"name": "x"}, {"other": 1}])
def test_a_stage_that_cannot_be_read_is_unknown(lease, store, stage):

    body = {"holder": "one", "until": 200.0, "stage": stage}
    store.create(f"projects/{PROJECT}/lease.json", json.dumps(body).encode())

    assert lease.stage(101.0) == Stage("", 0, 0)

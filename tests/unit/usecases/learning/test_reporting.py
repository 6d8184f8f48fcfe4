"""What a trainer notes of how far it is."""

from dataclasses import replace

import pytest

from labelloop.bucket.progress import ProgressFile, Stage
from labelloop.usecases.learning.reporting import EVERY_S, Reporter
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.learning.vectors import Limits
from tests.builders import PROJECT, reviews
from tests.unit.usecases.learning.encoding import beside
from tests.unit.usecases.learning.trainer import SWEEP

KEY = f"projects/{PROJECT}/progress.json"


@pytest.fixture
def noted(monkeypatch) -> list[tuple[str, int, int]]:
    """What is noted, in its order."""
    rows: list[tuple[str, int, int]] = []
    honest = ProgressFile.note

    def note(self, stage):
        rows.append((stage.name, stage.done, stage.total))
        honest(self, stage)

    monkeypatch.setattr(ProgressFile, "note", note)
    return rows


def test_a_small_training_notes_two_stages(deps, add, noted):
    add(*reviews(6))

    assert train(SWEEP, deps) is TrainOutcome.SWITCHED
    assert noted == [("fitting", 0, 0), ("judging", 0, 0)]


def test_a_long_encoding_is_counted(deps, add, noted, encoder):
    add(*reviews(6))
    train(SWEEP, beside(encoder, replace(deps, encoding=Limits(texts_at_once=2))))

    assert noted[0] == ("features", 2, 6)
    assert noted[-1] == ("judging", 0, 0)


def test_one_stage_is_noted_every_few_seconds(project, clock, noted):
    reporter = Reporter(project.progress, clock)
    for done in range(10):
        reporter.encoded(done, 10)
        clock.sleep(EVERY_S / 2)

    assert noted == [("features", done, 10) for done in range(0, 10, 2)]


def test_a_store_that_fails_stops_no_training(project, clock, store):
    store.down = True

    Reporter(project.progress, clock).begin("fitting")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"name": "a"}', b'{"at": "x"}'])
def test_what_cannot_be_read_is_no_stage(project, store, body):
    store.create(KEY, body)

    assert project.progress.read() == Stage()

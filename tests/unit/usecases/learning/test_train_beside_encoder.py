"""Trainings beside an encoder."""

from dataclasses import replace

import pytest

from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.learning.vectors import Limits
from tests.builders import reviews
from tests.tiny_encoder import CountingEncoder
from tests.unit.usecases.learning.encoding import beside
from tests.unit.usecases.learning.trainer import SWEEP, card_of


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


def test_a_version_tells_which_encoder_it_was_trained_beside(deps, add, project, store, encoder):
    add(*reviews(6))
    train(SWEEP, beside(encoder, deps))

    active = project.active().value
    assert active.encoder == card_of(store, active.version)["encoder"] == "counting-1"


def test_another_encoder_means_another_version_of_the_same_data(deps, add, project, encoder):
    add(*reviews(6))
    train(SWEEP, deps)
    before = project.active().value

    assert project.untrained_dataset("counting-1") is not None
    assert train(SWEEP, beside(encoder, deps)) is TrainOutcome.SWITCHED
    assert project.active().value.version != before.version
    assert train(SWEEP, beside(encoder, deps)) is TrainOutcome.UP_TO_DATE
    assert train(SWEEP, deps) is TrainOutcome.SWITCHED  # and back


def test_more_new_labels_than_there_is_time_to_encode_are_learnt_later(deps, add, project, encoder):
    hurried = replace(deps, encoding=Limits(-1.0, texts_at_once=4))
    add(*reviews(6))

    assert train(SWEEP, beside(encoder, hurried)) is TrainOutcome.LEFT_TO_SWEEP
    assert not project.active().value.is_trained
    assert train(SWEEP, beside(encoder, deps)) is TrainOutcome.SWITCHED

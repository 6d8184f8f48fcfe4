"""Trainings beside an encoder."""

from dataclasses import replace

import pytest

from labelloop.recipes import control_of
from labelloop.recipes.text_choices.onnx_model import OnnxModel
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.train import TrainDeps, TrainOutcome, train
from labelloop.usecases.learning.vectors import Limits
from tests.builders import label_config, reviews
from tests.tiny_encoder import CountingEncoder
from tests.unit.usecases.learning.trainer import SWEEP, card_of


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


def beside(encoder: CountingEncoder, deps: TrainDeps, name: str = "") -> TrainDeps:
    """Train in a process that has seen nothing yet, with an encoder."""
    return replace(deps, tools=Toolbox(name or encoder.name, lambda: encoder))


def test_a_version_tells_which_encoder_it_was_trained_beside(deps, add, project, store, encoder):
    add(*reviews(6))
    train(SWEEP, beside(encoder, deps))

    active = project.active().value
    assert active.encoder == card_of(store, active.version)["encoder"] == "counting-1"


@pytest.fixture
def learning(deps) -> TrainDeps:
    """What learns as the recipe does: it asks for the vectors of the labels' names."""
    return replace(deps, control_of=control_of)


def test_all_labels_that_are_offered_are_known_by_name(learning, add, project, encoder):
    config = label_config("Positive", "Negative", "SoSo")
    add(*[replace(one, label_config=config) for one in reviews(6)])

    def known() -> set[str]:
        return set(OnnxModel(project.model(project.active().value.version)).names)

    train(SWEEP, learning)
    assert known() == {"Positive", "Negative"}  # names mean nothing without an encoder

    train(SWEEP, beside(encoder, learning))
    assert known() == {"Positive", "Negative", "SoSo"}
    assert "so so" in encoder.texts


def test_a_retraining_encodes_only_the_new_labels(learning, add, encoder):
    add(*reviews(6))
    train(SWEEP, beside(encoder, learning))
    add(*reviews(2, first=7))
    train(SWEEP, beside(encoder, learning))

    assert len(encoder.texts) == len(set(encoder.texts)) == 8 + 2  # two labels' names


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

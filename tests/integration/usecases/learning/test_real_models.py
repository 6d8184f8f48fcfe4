"""Trainings by the recipe's own models."""

from dataclasses import replace

import pytest

from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Event
from labelloop.recipes.text.onnx_model import OnnxModel
from labelloop.usecases.learning.train import TrainDeps, train
from tests.builders import PROJECT, created, deleted, label_config, reviews
from tests.deps import training_deps
from tests.fakes import MemoryStore
from tests.tiny_encoder import CountingEncoder
from tests.unit.usecases.learning.encoding import beside
from tests.unit.usecases.learning.trainer import SWEEP


@pytest.fixture
def deps(store, rank_queue, clock) -> TrainDeps:
    return training_deps(store, rank_queue, clock)


@pytest.fixture
def project(store) -> Project:
    return Project(store, PROJECT)


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def add(project, clock):
    """Store events a second apart, as the webhook does."""

    def add(*events: Event) -> None:
        for one in events:
            clock.sleep(1)
            project.add_event(f"{clock.now:%Y%m%dT%H%M%S.%f}", one)

    return add


def test_deleting_all_of_a_class_leads_to_the_version_of_a_training_from_scratch(
    deps, store, clock, add, project
):
    config = label_config("Positive", "Negative", "Neutral")
    neutral = [created(i, "Neutral", f"so so {i}") for i in range(20, 24)]
    kept, gone = ([replace(e, label_config=config) for e in es] for es in (reviews(8), neutral))
    scratch = MemoryStore(clock)
    for number, one in enumerate(kept):
        Project(scratch, PROJECT).add_event(f"{number}", one)

    add(*kept, *gone)
    train(SWEEP, deps)
    before = project.active().value.sha256
    add(deleted(*range(20, 24)))
    train(SWEEP, deps)
    train(SWEEP, replace(deps, store=scratch))

    from_scratch = Project(scratch, PROJECT).active().value.sha256
    assert project.active().value.sha256 == from_scratch != before


def test_all_labels_that_are_offered_are_known_by_name(deps, add, project, encoder):
    config = label_config("Positive", "Negative", "SoSo")
    add(*[replace(one, label_config=config) for one in reviews(6)])

    def known() -> set[str]:
        return set(OnnxModel(project.model(project.active().value.version)).names)

    train(SWEEP, deps)
    assert known() == {"Positive", "Negative"}  # names mean nothing without an encoder

    train(SWEEP, beside(encoder, deps))
    assert known() == {"Positive", "Negative", "SoSo"}
    assert "so so" in encoder.texts


def test_a_retraining_encodes_only_the_new_labels(deps, add, encoder):
    add(*reviews(6))
    train(SWEEP, beside(encoder, deps))
    add(*reviews(2, first=7))
    train(SWEEP, beside(encoder, deps))

    assert len(encoder.texts) == len(set(encoder.texts)) == 8 + 2  # two labels' names

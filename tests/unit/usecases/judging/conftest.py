"""A project whose versions are judged early."""

from dataclasses import replace

import pytest

from labelloop.bucket.evidence import EvidenceFiles, Rejection
from labelloop.usecases.learning.train import TrainDeps, TrainOutcome, train
from tests.builders import PROJECT
from tests.deps import training_deps
from tests.fakes import learning_by
from tests.unit.usecases.judging.counting import SWEEP, CountingModel, CountingTrainer


@pytest.fixture
def trainer() -> CountingTrainer:
    return CountingTrainer()


@pytest.fixture
def deps(store, trainer, clock, rank_queue) -> TrainDeps:
    """Versions are judged from the first dozens of labels on: the projects here are small."""
    counting = learning_by(trainer, CountingModel)
    return training_deps(store, rank_queue, clock, control_of=counting, least_known=20)


@pytest.fixture
def learn(project, deps, clock):
    """Store events and train; give back the outcome."""

    def learn(*events, config=None) -> TrainOutcome:
        for one in events:
            clock.sleep(0.001)
            changed = replace(one, label_config=config) if config else one
            project.add_event(f"{clock.now:%H%M%S.%f}", changed)
        return train(SWEEP, deps)

    return learn


@pytest.fixture
def refusal(store, project):
    def refusal() -> Rejection:
        return EvidenceFiles(store, PROJECT).rejection(project.active().value.version).value

    return refusal

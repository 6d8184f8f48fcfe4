"""A project in memory and what trains it."""

import pytest

from labelloop.bucket.features import FeatureFiles
from labelloop.domain.intake.events import Event
from labelloop.messages import WakeUp
from labelloop.recipes import folder_of
from labelloop.usecases.learning.train import TrainDeps
from tests.builders import PROJECT
from tests.deps import training_deps
from tests.fakes import learning_by
from tests.tiny_encoder import CountingEncoder
from tests.unit.usecases.learning.encoding import CONTROL
from tests.unit.usecases.learning.trainer import EvenModel, Trainer


@pytest.fixture
def trainer() -> Trainer:
    return Trainer()


@pytest.fixture
def deps(store, trainer, clock, rank_queue) -> TrainDeps:
    return training_deps(store, rank_queue, clock, control_of=learning_by(trainer, EvenModel))


@pytest.fixture
def add(project, clock):
    """Store events a second apart, as the webhook does; give back the wake-up of the last."""

    def add(*events: Event) -> WakeUp:
        for one in events:
            clock.sleep(1)
            name = f"{clock.now:%Y%m%dT%H%M%S.%f}-{len(project.pending()):04d}"
            project.add_event(name, one)
        return WakeUp(PROJECT, "event", name)

    return add


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def kept(store, encoder) -> FeatureFiles:
    return FeatureFiles(store, PROJECT, folder_of(CONTROL.recipe, encoder.name))

"""A project in memory and what trains it."""

import pytest

from labelloop.domain.intake.events import Event
from labelloop.messages import WakeUp
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.train import TrainDeps
from tests.builders import PROJECT
from tests.fakes import learning_by
from tests.unit.usecases.learning.trainer import PATIENCE, EvenModel, Trainer


@pytest.fixture
def trainer() -> Trainer:
    return Trainer()


@pytest.fixture
def deps(store, trainer, clock, rank_queue) -> TrainDeps:
    return TrainDeps(
        store=store,
        rank_queue=rank_queue,
        tools=Toolbox(),
        patience=PATIENCE,
        min_labels=4,
        strategy="margin",
        clock=clock,
        is_connected=True,
        is_blind=True,
        control_of=learning_by(trainer, EvenModel),
    )


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

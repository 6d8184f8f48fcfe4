"""What the tests of stored features and vectors share."""

from dataclasses import replace

from labelloop.recipes import control_of
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.train import TrainDeps
from tests.builders import label_config
from tests.tiny_encoder import CountingEncoder

CONTROL = control_of(label_config())


class MinutesClock:
    """Each look at it takes a minute."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 60.0
        return self.now


def beside(encoder: CountingEncoder, deps: TrainDeps, name: str = "") -> TrainDeps:
    """Train in a process that has seen nothing yet, with an encoder."""
    return replace(deps, tools=Toolbox(name or encoder.name, lambda: encoder))

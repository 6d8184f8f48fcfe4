"""What the tests of stored features and vectors share."""

from labelloop.recipes import control_of
from tests.builders import label_config

CONTROL = control_of(label_config())


class MinutesClock:
    """Each look at it takes a minute."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 60.0
        return self.now

"""Note how far a training is, cheaply: two or three small writes in most trainings."""

from typing import Final

from labelloop.bucket.progress import ProgressFile, Stage
from labelloop.ports import Clock

EVERY_S: Final = 3.0  # between two notes of one stage
FEATURES: Final = "features"
FITTING: Final = "fitting"
JUDGING: Final = "judging"


class Reporter:
    """Notes the stages of one training."""

    def __init__(self, file: ProgressFile, clock: Clock) -> None:
        self._file, self._clock = file, clock
        self._noted = Stage()

    def begin(self, name: str) -> None:
        """Note that a stage begins whose steps can't be counted."""
        self._note(name, 0, 0)

    def encoded(self, done: int, total: int) -> None:
        """Note how many of the texts or images are encoded; nothing where one batch was all."""
        is_soon = self._noted.name == FEATURES and self._now() - self._noted.at < EVERY_S
        if done < total and not is_soon:
            self._note(FEATURES, done, total)

    def _note(self, name: str, done: int, total: int) -> None:
        self._noted = Stage(name, done, total, self._now())
        self._file.note(self._noted)

    def _now(self) -> float:
        return self._clock().timestamp()

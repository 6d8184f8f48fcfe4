"""How answers are compared where there are none: all are alike, and none is right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.columns import Columns, Rows
from labelloop.domain.measure import Doubt, Expected

if TYPE_CHECKING:
    from labelloop.domain.judging.quality import PartQuality


@dataclass(frozen=True, slots=True)
class NoReading:
    """What the loop may know of n tasks without an answer: nothing."""

    tasks: int

    def __len__(self) -> int:
        """Return the number of tasks."""
        return self.tasks

    @property
    def confidence(self) -> Floats:
        """Zeros."""
        return np.zeros(self.tasks)

    @property
    def shares(self) -> Floats:
        """No parts."""
        return np.empty((self.tasks, 0))

    def sureness(self, name: str = "") -> Floats:
        """Return zeros."""
        return np.zeros(self.tasks)

    def take(self, rows: Rows) -> "NoReading":
        """Return the reading of some rows."""
        return NoReading(len(rows))


class NoMeasure:
    """See `domain.measure.Measure`."""

    title = "accuracy"

    def reading(self, answers: Answers) -> NoReading:
        """Return a reading of nothing."""
        return NoReading(len(answers))

    def aligned(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return the answers."""
        return answers

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return answers without numbers."""
        return Answers(tuple(names), Columns(n, {}))

    def labels(self, answers: Answers) -> list[Label]:
        """Return no label of any task."""
        return [None] * len(answers)

    def hits(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return zeros."""
        return np.zeros(len(answers))

    def fair(
        self, answers: Answers, labels: Sequence[Label], *others: Answers
    ) -> tuple[Answers, ...]:
        """Return the answers."""
        return answers, *others

    def log_scores(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return zeros."""
        return np.zeros(len(answers))

    def expected(self, answers: Answers) -> Expected:
        """Return zeros."""
        nothing = np.zeros(len(answers))
        return Expected(nothing, nothing, nothing)

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return zeros."""
        return np.zeros(len(old))

    def disagreement(self, labels: Sequence[Label], others: Sequence[Label]) -> float:
        """Return 0."""
        return 0.0

    def doubts(
        self, answers: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return no doubts."""
        return []

    def by_part(self, answers: Answers, labels: Sequence[Label]) -> "dict[str, PartQuality]":
        """Return no parts."""
        return {}

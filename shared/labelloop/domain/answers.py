"""What a model predicts for tasks, and what the loop may know of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.columns import Columns, Rows, joined

type Floats = NDArray[np.floating]
type Label = Any
"""What people say of a task, as JSON: "spam", ["a", "b"], 4.0. Equal texts are equal labels."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model predicts for n tasks; only the recipe that made them can read them.

    `names`: what the columns are about, in their order: classes, entity types; none for numbers.
    """

    names: tuple[str, ...]
    columns: Columns

    def __len__(self) -> int:
        """Return for how many tasks there are answers."""
        return len(self.columns)

    def take(self, rows: Rows) -> "Answers":
        """Return some of the answers, in the order asked for."""
        return Answers(self.names, self.columns.take(rows))


def joined_answers(parts: Sequence[Answers]) -> Answers:
    """Return the answers of all parts, one part or more, of the same names, in their order."""
    return Answers(parts[0].names, joined([part.columns for part in parts]))


class Reading(Protocol):
    """What the loop may know of the answers for n tasks; n numbers each, unless said otherwise."""

    def __len__(self) -> int:
        """Return how many tasks there are."""
        ...

    @property
    def confidence(self) -> Floats:
        """How right the model takes its answers to be, 0..1, as `Measure.hits` would say."""
        ...

    @property
    def shares(self) -> Floats:
        """How likely each part of a label is, shape (n, parts): how diverse the pool seems."""
        ...

    def sureness(self, name: str = "") -> Floats:
        """Return how sure the model is, 0..1, 0 = most worth labelling.

        `name`: one of the recipe's ways to tell; its own for any other name.
        """
        ...

    def take(self, rows: Rows) -> "Reading":
        """Return the reading of some of the tasks, in the order asked for."""
        ...

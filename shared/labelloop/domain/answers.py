"""What a model predicts for tasks, and what the loop may know of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.columns import Columns, Rows, joined

type Floats = NDArray[np.floating]
type Label = Any
"""What an annotation means to a recipe, as JSON: "spam", ["a", "b"], 4.0.

Two labels are the same if their JSON with sorted keys is (`domain.intake.events.canonical`).
"""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model predicts for n tasks, a row each; only the recipe that made them reads them.

    `names`: what the columns are about, in their order: classes, types of entities; none for
    numbers. `columns`: any blocks that the recipe needs, such as probabilities of shape (n, names).
    They are stored, joined and taken by rows as they are.
    """

    names: tuple[str, ...]
    columns: Columns

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.columns)

    def take(self, rows: Rows) -> "Answers":
        """Return the answers of some rows, in the order of `rows`; a row may be taken twice."""
        return Answers(self.names, self.columns.take(rows))


def joined_answers(parts: Sequence[Answers]) -> Answers:
    """Return the answers of all parts, one part or more, of the same names, in their order."""
    return Answers(parts[0].names, joined([part.columns for part in parts]))


class Reading(Protocol):
    """What the loop may know of the answers for n tasks, whatever the recipe: numbers by task.

    `Measure.reading` returns one. The loop orders tasks by `sureness`. By `confidence` and `shares`
    it decides for how long the first labels go to typical tasks, and by `confidence` which
    predictions may be accepted unseen.
    """

    def __len__(self) -> int:
        """Return the number of tasks."""
        ...

    @property
    def confidence(self) -> Floats:
        """How right each answer is by the model's own account, 0 to 1, shape (n,).

        The mean of `Measure.hits` if the model's probabilities are right: that of the likeliest
        class, say. Equal to `Expected.hits`. A task whose confidence is not finite is never queued.
        """
        ...

    @property
    def shares(self) -> Floats:
        """How likely each part of a label is, 0 to 1, shape (n, parts); (n, 0) for numbers.

        The mean over tasks is taken for the shares of the parts in the pool, which sum to 1: the
        more parts there are, the more labels count as few.
        """
        ...

    def sureness(self, name: str = "") -> Floats:
        """Return how sure the model is of each task, 0 to 1, shape (n,); 0 = most worth labelling.

        `name`: a strategy, such as `margin`, `entropy` or `least_confidence`. For a name that the
        recipe has no formula for it is the recipe's default, as for an empty one.
        """
        ...

    def take(self, rows: Rows) -> "Reading":
        """Return the reading of some rows, in the order of `rows`."""
        ...

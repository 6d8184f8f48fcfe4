"""Answers about regions: which regions a model says there are, and what it says of each.

As columns: one ragged block, with a row for each region of a task.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.columns import Columns, Ragged
from labelloop.recipes.region_answers.control import Label

type Ints = NDArray[np.int64]

BLOCK: Final = "regions"
_INNER: Final = "said_"  # before the names of the inner answers' blocks


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of the regions of n tasks, m in all, laid end to end.

    `starts`: of tasks, shape (n + 1,); `edges`: shape (m, 4), where the word before a region ends,
    where the region starts and ends, and where the word behind it starts; `likely`: that there is
    just this region, (m,); `answers`: m rows, by the recipe that answers one region.
    """

    starts: Ints
    edges: Ints
    likely: Floats
    answers: Answers

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.starts) - 1

    @property
    def task(self) -> Ints:
        """The task of each region."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @property
    def asked(self) -> NDArray[np.bool_]:
        """Whether each task has a region to say something of, shape (n,)."""
        return np.diff(self.starts) > 0

    def instead(self, answers: Answers) -> "Said":
        """Return the same with other answers about the regions."""
        return replace(self, answers=answers)

    def columns(self) -> Answers:
        """Return them as the loop stores them."""
        arrays: dict[str, NDArray[Any]] = {
            "edges": self.edges,
            "likely": self.likely.astype(np.float32),
        }
        blocks = self.answers.columns.blocks
        arrays |= {_INNER + name: np.asarray(block) for name, block in blocks.items()}
        block = Ragged(arrays, self.starts)
        return Answers(self.answers.names, Columns(len(self), {BLOCK: block}))

    def means(self, values: Floats, nothing: float = 0.0) -> Floats:
        """Return the mean over each task's regions; `nothing` for a task without one."""
        sums = np.bincount(self.task, values, minlength=len(self))
        count = np.diff(self.starts)
        return np.where(count > 0, sums / np.maximum(count, 1), nothing)

    def found(self, labels: Sequence[Label]) -> Iterator[tuple[int, int, Any]]:
        """Yield each labelled region: its task, its row here (-1: it was not found), its answer.

        A region is found if one here has the same words; blanks around them don't matter.
        """
        edges = self.edges.tolist()
        for task, label in enumerate(labels):
            rows = range(self.starts[task], self.starts[task + 1])
            for start, end, answer in label:
                row = (r for r in rows if _is_at(edges[r], start, end))
                yield task, next(row, -1), answer


def _is_at(edges: Sequence[int], start: int, end: int) -> bool:
    before, first, last, after = edges
    return before <= start <= first and last <= end <= after


def said_of(answers: Answers) -> Said:
    """Return answers as arrays."""
    block = answers.columns.ragged(BLOCK)
    if block is None:
        raise ValueError("these are no answers about regions")
    blocks = {
        name.removeprefix(_INNER): array
        for name, array in block.arrays.items()
        if name.startswith(_INNER)
    }
    edges = block.arrays["edges"]
    inner = Answers(answers.names, Columns(len(edges), blocks))
    return Said(block.starts, edges, block.arrays["likely"].astype(np.float64), inner)


def silent(n: int, answers: Answers) -> Said:
    """Return answers for n tasks without a region. `answers`: about no region at all."""
    edges, likely = np.empty((0, 4), np.int64), np.empty(0)
    return Said(np.zeros(n + 1, np.int64), edges, likely, answers)

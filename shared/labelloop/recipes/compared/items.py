"""What models see of the texts of a task: of each its terms, its vector and a few traits.

As columns: ragged blocks `bags` and `items`, with an encoder `item_vectors` too, and a dense block
`vectors` that stands for the task as a whole.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.columns import Block, Columns, Ragged, starts_of
from labelloop.recipes.text.bags import BAGS, VECTORS, Bags, sketches
from labelloop.recipes.text.terms import bags_of

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Tools

type Vectors = NDArray[np.float32]
type Joint = Callable[[Vectors, NDArray[np.int64]], Vectors]  # by items and where tasks start

ITEMS: Final = "items"
ITEM_VECTORS: Final = "item_vectors"
TRAITS: Final = 2  # the terms shared with the question, and the length
_LENGTH: Final = 5.0  # that the logarithm of a text's characters is divided by


@dataclass(frozen=True, slots=True)
class Items:
    """The items of n tasks laid end to end: those of task i are rows starts[i] to starts[i + 1].

    `traits`: shape (items, TRAITS), or one more with `vectors`: the likeness to the question.
    `vectors`: unit length, shape (items, dimensions), None without an encoder.
    """

    bags: Bags
    traits: Vectors
    vectors: Vectors | None
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        """Return how many tasks there are."""
        return len(self.starts) - 1

    @property
    def tasks(self) -> NDArray[np.int64]:
        """The row of each item's task."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @classmethod
    def of(cls, columns: Columns) -> Self:
        """Return the items in columns; none where the blocks are missing."""
        items, bags = columns.ragged(ITEMS), columns.ragged(BAGS)
        vectors = columns.ragged(ITEM_VECTORS)
        if items is None:
            nothing = np.zeros(len(columns) + 1, np.int64)
            return cls(Bags.empty(0), np.empty((0, TRAITS), np.float32), None, nothing)
        traits = np.asarray(items.arrays["traits"], np.float32)
        if vectors is not None:
            traits = np.column_stack([traits, vectors.arrays["likeness"]])
        return cls(
            Bags.empty(len(traits)) if bags is None else _by_item(bags, items.starts),
            traits,
            None if vectors is None else vectors.arrays["values"],
            items.starts,
        )


def _by_item(bags: Ragged, starts: NDArray[np.int64]) -> Bags:
    """Return the bags of tasks as the bags of their items."""
    task = np.repeat(np.arange(len(bags)), np.diff(bags.starts))
    item = starts[task] + bags.arrays["item"]
    lengths = np.bincount(item, minlength=int(starts[-1]))
    counts = np.asarray(bags.arrays["counts"], np.float32)
    return Bags(bags.arrays["ids"], counts, starts_of(lengths))


def features(
    tasks: Sequence[Sequence[str]],
    questions: Sequence[str],
    tools: "Tools",
    only: Collection[str] | None,
    joint: Joint,
) -> Columns:
    """Return what models see of the texts of tasks, and of the question that each is about.

    `joint`: makes the vectors of whole tasks.
    """
    wanted = {BAGS, ITEMS, ITEM_VECTORS, VECTORS} if only is None else set(only)
    texts = [text for task in tasks for text in task]
    starts = starts_of([len(task) for task in tasks])
    item = np.concatenate([np.empty(0, np.uint16), *(_numbers(task) for task in tasks)])
    bags, asked = bags_of(texts), bags_of(questions)
    blocks: dict[str, Block] = {
        BAGS: Ragged(
            {"ids": bags.ids, "counts": bags.counts, "item": np.repeat(item, np.diff(bags.starts))},
            bags.starts[starts],
        ),
        ITEMS: Ragged({"traits": _traits(texts, bags, asked, starts)}, starts),
    }
    if tools.encoder and wanted & {ITEM_VECTORS, VECTORS}:
        vectors, about = tools.vectors(texts), tools.vectors(questions)
        task = np.repeat(np.arange(len(tasks)), np.diff(starts))
        has_question = np.array([bool(question) for question in questions], np.bool_)
        likeness = np.einsum("ij,ij->i", vectors, about[task]) * has_question[task]
        arrays: dict[str, NDArray[Any]] = {"values": vectors, "likeness": likeness}
        blocks[ITEM_VECTORS] = Ragged(arrays, starts)
        blocks[VECTORS] = joint(vectors, starts)
    return Columns(len(tasks), blocks).only(wanted)


def apart(encoder: str) -> tuple[str, ...]:
    """Return the blocks that tell tasks apart."""
    return (VECTORS,) if encoder else (BAGS, ITEMS)


def vectors_of(columns: Columns, joint: Joint) -> Vectors:
    """Return the vectors of whole tasks, by the sketches of their bags where there is no encoder.

    Unit length, or zero. Shape (tasks, dimensions).
    """
    vectors = columns.array(VECTORS)
    if vectors is None:
        items = Items.of(columns)
        vectors = joint(sketches(items.bags), items.starts)
    return vectors


def unit(rows: Vectors) -> Vectors:
    """Return rows of unit length; zero stays zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def _numbers(task: Sequence[str]) -> NDArray[np.uint16]:
    return np.arange(len(task), dtype=np.uint16)


def _traits(texts: Sequence[str], bags: Bags, asked: Bags, starts: NDArray[np.int64]) -> Vectors:
    """Return the share of terms that a text has in common with its question, and its length."""
    rows = np.empty((len(texts), TRAITS), np.float32)
    for task, (first, last) in enumerate(pairwise(starts.tolist())):
        question = asked.ids[asked.starts[task] : asked.starts[task + 1]]
        for row in range(first, last):
            terms = bags.ids[bags.starts[row] : bags.starts[row + 1]]
            shared = len(np.intersect1d(terms, question, assume_unique=True))
            rows[row, 0] = shared / np.sqrt(max(1, len(terms)) * max(1, len(question)))
            rows[row, 1] = np.log1p(len(texts[row])) / _LENGTH
    return rows

"""What models see of a region: its words and what is around them, as if it were a text.

What a tagger sees of its words, in the mean: with their neighbours and their sentence that was 0.75
right of 21 choices after 50 labelled texts of Snips, words alone 0.64, the region's text by itself,
encoded, 0.57. The types of regions told nothing more.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.columns import Block, Columns, starts_of
from labelloop.recipes.numbers.cells import CELLS, cells_of
from labelloop.recipes.spans.said import Said as SaidSpans
from labelloop.recipes.spans.seen import Seen
from labelloop.recipes.spans.spellings import DIMENSIONS
from labelloop.recipes.spans.tagger import parts_of
from labelloop.recipes.text.bags import Bags, Features

type Ints = NDArray[np.int64]

_LOOK: Final = 4 * DIMENSIONS  # ids apart for each way a word looks: both signs of each place
_AROUND: Final = 16 * _LOOK  # words of the same window


@dataclass(frozen=True, slots=True)
class Regions:
    """Regions of n tasks, laid end to end.

    `starts`: of tasks, one more than there are; `first` and `last`: of all words of all tasks, a
    region's first one and the one behind its last.
    """

    starts: Ints
    first: Ints
    last: Ints

    def of_tasks(self, first: int, last: int) -> "Regions":
        """Return the regions of some tasks; words are still counted over all tasks."""
        rows = slice(int(self.starts[first]), int(self.starts[last]))
        starts = self.starts[first : last + 1] - self.starts[first]
        return Regions(starts, self.first[rows], self.last[rows])


def predicted(said: SaidSpans, types: Collection[str] | None) -> tuple[Regions, Ints]:
    """Return the regions that spans' answers say, of these types, and their rows among all."""
    rows: list[int] = []
    first, last, counts = [], [], []
    row = 0
    for start, spans in zip(said.starts.tolist(), said.spans(), strict=False):
        before = len(rows)
        for a, b, code in spans:
            if types is None or said.names[code] in types:
                rows.append(row)
                first.append(start + a)
                last.append(start + b)
            row += 1
        counts.append(len(rows) - before)
    firsts, lasts = np.array(first, np.int64), np.array(last, np.int64)
    return Regions(starts_of(counts), firsts, lasts), np.array(rows, np.int64)


def edges_of(places: Ints, tasks: Ints, regions: Regions) -> Ints:
    """Return the edges of regions, see `said`. `places` and `tasks`: of all words."""
    first, last, top = regions.first, regions.last, len(places) - 1
    if not len(first):
        return np.empty((0, 4), np.int64)
    has_before = (first > 0) & (tasks[np.maximum(first - 1, 0)] == tasks[first])
    has_behind = (last <= top) & (tasks[np.minimum(last, top)] == tasks[first])
    before = np.where(has_before, places[np.maximum(first - 1, 0), 1], 0)
    behind = np.where(has_behind, places[np.minimum(last, top), 0], np.int64(1) << 60)
    return np.stack([before, places[first, 0], places[last - 1, 1], behind], axis=1)


def features_of(seen: Seen, regions: Regions) -> Iterator[Columns]:
    """Yield what is seen of the regions of some tasks, in parts, in their order."""
    for first, last in parts_of(seen.starts):
        own = regions.of_tasks(first, last)
        if len(own.first):
            yield _features(seen, first, last, own)


def _features(seen: Seen, first: int, last: int, regions: Regions) -> Columns:
    rows = seen.rows(first, last)
    start = seen.starts[first]
    vectors = np.stack(
        [
            rows[a - start : b - start].mean(axis=0)
            for a, b in zip(regions.first, regions.last, strict=True)
        ]
    )
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    each = zip(regions.first, regions.last, strict=True)
    bags = Bags.of([_bag(seen, *one) for one in each])
    blocks: dict[str, Block] = dict(Features(bags, vectors).columns().blocks)
    return Columns(len(vectors), blocks | {CELLS: cells_of([""] * len(vectors))})


def _bag(seen: Seen, first: int, last: int) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Return the terms of a region: how its words look, and the words around it."""
    task = int(np.searchsorted(seen.starts, first, side="right")) - 1
    words = np.arange(seen.starts[task], seen.starts[task + 1])
    near = words[seen.windows[words] == seen.windows[first]]
    around = near[(near < first) | (near >= last)]
    looks = seen.looks[first:last].astype(np.int64) + DIMENSIONS
    ids = [
        (1 + looks + _LOOK * np.arange(looks.shape[1])).ravel(),
        1 + _AROUND + seen.looks[around, 0].astype(np.int64) + DIMENSIONS,
    ]
    terms, counts = np.unique(np.concatenate(ids), return_counts=True)
    return terms.astype(np.uint32), counts.astype(np.float32)

"""What a model says of spans: of each word its tag, and how likely the likeliest tags are.

Tags are 0 for a word of no span, 1 + 2 t for the first word of a span of type t, and 2 + 2 t for a
further one (Ramshaw and Marcus 1995). Only the likeliest tags of each word are kept: with all of
them, answers for a pool of long texts with many types would not fit. The others share the rest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.columns import Columns, Ragged

type Ints = NDArray[np.int64]
type Named = tuple[int, int, str]

BLOCK: Final = "words"
KEPT: Final = 4  # tags of a word


@dataclass(frozen=True, slots=True)
class Said:
    """Answers as arrays, tasks laid end to end; words as in `seen.Seen`.

    `path`: the tag of each word, shape (words,); `tags` and `likely`: the kept tags and their
    probabilities, shape (words, KEPT); -1 for a tag of a type that is not named any more.
    """

    names: tuple[str, ...]
    starts: Ints
    places: Ints
    path: Ints
    tags: Ints
    likely: Floats

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.starts) - 1

    @property
    def tag_count(self) -> int:
        """How many tags there are."""
        return 1 + 2 * len(self.names)

    @property
    def task(self) -> Ints:
        """The task of each word."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def answers(self) -> Answers:
        """Return them as the loop keeps them."""
        arrays: dict[str, NDArray[Any]] = {
            "starts": self.places[:, 0],
            "ends": self.places[:, 1],
            "path": self.path.astype(np.int16),
            "tags": self.tags.astype(np.int16),
            "likely": self.likely.astype(np.float32),
        }
        return Answers(self.names, Columns(len(self), {BLOCK: Ragged(arrays, self.starts)}))

    def rest(self) -> Floats:
        """Return the probability of each tag that is not kept, shape (words,)."""
        others = self.tag_count - (self.tags >= 0).sum(axis=1)
        left = np.clip(1 - self.kept().sum(axis=1), 0.0, 1.0)
        shares: Floats = left / np.maximum(others, 1)
        return shares

    def kept(self) -> Floats:
        """Return the probabilities of the kept tags, 0 where one is not named any more."""
        return np.where(self.tags >= 0, self.likely, 0.0)

    def probability(self, tags: Ints) -> Floats:
        """Return the probability of a tag for each word, shape (words,); 0 for tag -1."""
        is_it = (self.tags == tags[:, None]) & (self.tags >= 0)
        found = (self.likely * is_it).sum(axis=1)
        return np.where(is_it.any(axis=1), found, np.where(tags >= 0, self.rest(), 0.0))

    def starting(self) -> Floats:
        """Return how likely each word is the first one of a span, shape (words,)."""
        is_first = (self.tags % 2 == 1) & (self.tags >= 0)
        others = len(self.names) - is_first.sum(axis=1)
        starting: Floats = (self.kept() * is_first).sum(axis=1) + others * self.rest()
        return starting

    def spans(self) -> Iterator[list[tuple[int, int, int]]]:
        """Yield the spans of each task: its first word, the one behind its last, and its type."""
        for first, last in zip(self.starts.tolist(), self.starts[1:].tolist(), strict=False):
            yield runs_of(self.path[first:last].tolist())


def said_of(answers: Answers) -> Said:
    """Return answers as arrays."""
    block = answers.columns.ragged(BLOCK)
    if block is None:
        nothing = np.zeros(len(answers) + 1, np.int64)
        return silent(answers.names, nothing)
    arrays = block.arrays
    return Said(
        answers.names,
        block.starts,
        np.stack([arrays["starts"], arrays["ends"]], axis=1),
        arrays["path"].astype(np.int64),
        arrays["tags"].astype(np.int64),
        arrays["likely"].astype(np.float64),
    )


def silent(names: Sequence[str], starts: Ints) -> Said:
    """Return answers without words for tasks."""
    none = np.empty(0, np.int64)
    places, tags = none.reshape(0, 2), none.reshape(0, KEPT)
    return Said(tuple(names), np.zeros(len(starts), np.int64), places, none, tags, tags * 1.0)


def runs_of(path: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return the spans of one task's tags: first word, the one behind the last, and type."""
    runs: list[tuple[int, int, int]] = []
    for row, tag in enumerate(path):
        kind = (tag - 1) // 2
        if tag and tag % 2 == 0 and runs and runs[-1][1:] == (row, kind):
            runs[-1] = (runs[-1][0], row + 1, kind)
        elif tag > 0:
            runs.append((row, row + 1, kind))
    return runs


def kept_of(marginals: Floats) -> tuple[Ints, Floats]:
    """Return the likeliest tags of words and their probabilities, shape (words, KEPT) each."""
    kept = min(KEPT, marginals.shape[1])
    tags = np.argsort(-marginals, axis=1, kind="stable")[:, :kept]
    likely = np.take_along_axis(marginals, tags, axis=1)
    missing = ((0, 0), (0, KEPT - kept))
    return np.pad(tags, missing, constant_values=-1), np.pad(likely, missing)

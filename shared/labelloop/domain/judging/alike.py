"""Tasks that are the same, or nearly, and were labelled differently: one of two labels is wrong."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from labelloop.domain.answers import Floats

_LIKENESS: Final = 0.95  # cosine; texts that differ in a word or two
MOST_COMPARED: Final = 3_000  # with each other, in 0.1 s or so
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Alike:
    """Two rows, `row` before `other`, and how much they are alike: 1 = the same input."""

    row: int
    other: int
    likeness: float


def alike(
    inputs: Sequence[str],
    labels: Sequence[str],
    parts: Sequence[tuple[str, ...]],
    compared: Sequence[int],
    vectors: Floats,
) -> list[Alike]:
    """Return pairs of n rows that were labelled differently though they are alike, most first.

    `inputs` and `labels`: texts that are equal for equal ones; `parts`: what each label is made of;
    `compared`: the rows that similar ones are looked for among, `MOST_COMPARED` at most; `vectors`:
    of those, of unit length or zero, shape (compared, dimensions). The same inputs are labelled
    differently if their labels differ at all, similar ones if the parts do: the place of a span may
    well differ.
    """
    found = {(one.row, one.other): one for one in _similar(vectors, parts, compared)}
    found |= {(one.row, one.other): one for one in _same(inputs, labels)}
    return sorted(found.values(), key=lambda one: (-one.likeness, -one.other, -one.row))


def _same(inputs: Sequence[str], labels: Sequence[str]) -> Iterator[Alike]:
    """Yield rows with equal inputs: each with the next one whose label is another."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, text in enumerate(inputs):
        rows[text].append(row)
    for equal in rows.values():
        for row, other in pairwise(equal):
            if labels[row] != labels[other]:
                yield Alike(row, other, 1.0)


def _similar(
    vectors: Floats, parts: Sequence[tuple[str, ...]], rows: Sequence[int]
) -> Iterator[Alike]:
    """Yield each row with the one that is most like it, of those with other parts."""
    if len(rows) < 2:
        return
    known: dict[tuple[str, ...], int] = {}
    codes = np.array([known.setdefault(tuple(sorted(parts[row])), len(known)) for row in rows])
    own = np.asarray(vectors, np.float32)
    for start in range(0, len(rows), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        likeness = own[block] @ own.T
        likeness[codes[block, None] == codes] = -1
        nearest = likeness.argmax(axis=1)
        for place, other in enumerate(nearest.tolist(), start):
            value = float(likeness[place - start, other])
            if value >= _LIKENESS:
                first, second = sorted((rows[place], rows[other]))
                yield Alike(first, second, round(min(value, 0.9999), 4))

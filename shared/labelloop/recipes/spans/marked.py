"""Labels as words: which words a span holds, and what a word is tagged with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Label

type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Marked:
    """A span as words: the first, the one behind the last, and its type.

    `is_whole`: whether it cuts no word; blanks at its ends don't matter.
    """

    first: int
    last: int
    kind: str
    is_whole: bool


def marked(label: Label, places: Ints) -> list[Marked]:
    """Return the spans of a label that hold a word of its task. `places`: shape (words, 2)."""
    spans = []
    for start, end, kind in label:
        first = int(np.searchsorted(places[:, 1], start, side="right"))
        last = int(np.searchsorted(places[:, 0], end, side="left"))
        if first < last:
            is_whole = bool(places[first, 0] >= start and places[last - 1, 1] <= end)
            spans.append(Marked(first, last, kind, is_whole))
    return spans


def tags_of(label: Label, places: Ints, names: Sequence[str]) -> Ints:
    """Return the tag of each word by a label, as `said` has tags; shape (words,).

    A word has one tag: of spans that overlap the longest counts, of equal ones the first, and of
    several types of one span the first of the names.
    """
    number = {name: code for code, name in enumerate(names)}
    known = [span for span in marked(label, places) if span.kind in number]
    known.sort(key=lambda span: (span.first - span.last, span.first, number[span.kind]))
    tags = np.zeros(len(places), np.int64)
    for span in known:
        if not tags[span.first : span.last].any():
            tags[span.first : span.last] = 2 + 2 * number[span.kind]
            tags[span.first] -= 1
    return tags

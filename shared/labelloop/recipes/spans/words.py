"""The words of an input: what types are given to, and between which spans start and end."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final

from labelloop.recipes.spans.places import PHRASE

type Span = tuple[int, int]

MOST_WORDS: Final = 300  # of a task; the rest of a longer text is not read
MOST_CHARACTERS: Final = 20_000
_WINDOW: Final = 50  # words that the encoder sees together: it reads 128 tokens
_LEAST: Final = 20
_ENDS: Final = frozenset(".!?;:\u3002\uff01\uff1f")
_GAP: Final = re.compile(r"\s+")
# One character is a word where no blanks part words: kana, ideographs, Thai, Lao, Khmer.
_ALONE: Final = (
    "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of an input in their order. All lists but `windows` have a number for each word.

    `places`: start and end of each, as labels have them; `spellings`; `windows`: texts that the
    encoder sees, and where words start and end in each.
    """

    places: list[Span]
    spellings: list[str]
    windows: list[tuple[str, list[Span]]]


def words_of(one: dict[str, Any]) -> Words:
    """Return the words of an input, up to `MOST_WORDS`."""
    text, breaks = one["text"][:MOST_CHARACTERS], one.get("breaks") or []
    found = _found(text, breaks)
    gaps = _gaps(text, found, set(breaks))
    return Words(
        _places(text, found, one.get("phrases")),
        [text[start:end] for start, end in found],
        [_window(text, found, gaps, rows) for rows in _cut(text, found, gaps)],
    )


@cache
def _word() -> re.Pattern[str]:
    """Return the pattern of a word: letters and their marks, digits, or one other character.

    Python's letters are without marks, as of vowels in Hindi and Arabic.
    """
    marks = (c for c in map(chr, range(0x300, 0x10000)) if unicodedata.category(c)[0] == "M")
    letter = rf"[^\W\d_{_ALONE}]"
    return re.compile(rf"[{_ALONE}]|{letter}(?:{letter}|[{''.join(marks)}])*|\d+|\S")


def _found(text: str, breaks: Sequence[int]) -> list[Span]:
    """Return where words start and end; none goes over a break."""
    edges = [0, *(place for place in breaks if place < len(text)), len(text)]
    found: list[Span] = []
    for start, end in pairwise(edges):
        for match in _word().finditer(text, start, end):
            found.append(match.span())
            if len(found) == MOST_WORDS:
                return found
    return found


def _gaps(text: str, found: list[Span], breaks: set[int]) -> list[str]:
    """Return what stands before each word: blanks as one, also where only a break is."""
    gaps, before = [], 0
    for start, end in found:
        gap = _GAP.sub("\n" if "\n" in text[before:start] else " ", text[before:start])
        gaps.append(gap or (" " if start in breaks else ""))
        before = end
    return gaps


def _cut(text: str, found: list[Span], gaps: list[str]) -> Iterator[range]:
    """Yield the words of each window: a short text whole, a long one cut where sentences end."""
    first, best = 0, 0
    for row in range(1, len(found)):
        start, end = found[row - 1]
        if row - first >= _LEAST and (text[start:end] in _ENDS or "\n" in gaps[row]):
            best = row
        if row - first == _WINDOW:
            cut = best if best > first else row
            yield range(first, cut)
            first = cut
    if first < len(found):
        yield range(first, len(found))


def _window(text: str, found: list[Span], gaps: list[str], rows: range) -> tuple[str, list[Span]]:
    parts: list[str] = []
    spans, place = [], 0
    for row in rows:
        gap, word = gaps[row] if parts else "", text[slice(*found[row])]
        parts += [gap, word]
        spans.append((place + len(gap), place + len(gap) + len(word)))
        place = spans[-1][1]
    return "".join(parts), spans


def _places(text: str, found: list[Span], phrases: list[int] | None) -> list[Span]:
    if phrases is None:
        return found
    places = []
    for start, end in found:
        number = bisect_right(phrases, start) - 1
        before = _utf16(text[phrases[number] : start])
        place = number * PHRASE + min(before, PHRASE - 1)
        places.append((place, place + _utf16(text[start:end])))
    return places


def _utf16(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text) + sum(letter > "\uffff" for letter in text)

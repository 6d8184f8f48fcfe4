"""What a word looks like, in numbers: for stacks without an encoder that knows words."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

DIMENSIONS: Final = 384
_AFFIXES: Final = (1, 2, 3)
_LONGEST: Final = 32  # characters of a word that is compared as a whole


def spellings(words: Sequence[str]) -> NDArray[np.int8]:
    """Return signed counts of what words look like, shape (words, DIMENSIONS).

    Each word by itself, its shape and its ends are added to one place each (feature hashing,
    Weinberger et al. 2009).
    """
    rows = np.zeros((len(words), DIMENSIONS), np.int8)
    for row, word in zip(rows, words, strict=True):
        for place, sign in _looks(word[:_LONGEST]):
            row[place] += sign
    return rows


@lru_cache(maxsize=16_384)
def _looks(word: str) -> tuple[tuple[int, int], ...]:
    lower = word.casefold()
    looks = [f"={lower}", f"#{_shape(word)}"]
    looks += [f"<{lower[:size]}" for size in _AFFIXES] + [f">{lower[-size:]}" for size in _AFFIXES]
    hashes = [crc32(look.encode("utf-8", "surrogatepass")) for look in looks]
    return tuple((number % DIMENSIONS, 1 if number >> 31 else -1) for number in hashes)


def _shape(word: str) -> str:
    """Return a word as its kinds of characters, each run once: `Xx` for Paris, `0` for 42."""
    kinds = (
        "X" if c.isupper() else "x" if c.isalpha() else "0" if c.isdigit() else c for c in word
    )
    return "".join(kind for kind, _ in groupby(kinds))

"""What a word looks like, in numbers: alone where no encoder knows what it means."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

DIMENSIONS: Final = 384
_AFFIXES: Final = (1, 2, 3)
LOOKS: Final = 2 + 2 * len(_AFFIXES)  # of a word
_LONGEST: Final = 32  # characters of a word that is compared as a whole


def spellings(words: Sequence[str]) -> NDArray[np.int16]:
    """Return what words look like, shape (words, LOOKS), for `spelt`.

    Each word by itself, its shape and its ends have a place and a sign each (feature hashing,
    Weinberger et al. 2009): 1 + place, negative by the sign. A 24th of what dense rows would take.
    """
    return np.array([_looks(word[:_LONGEST]) for word in words], np.int16).reshape(-1, LOOKS)


def spelt(looks: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return the sums of the signs at each place, shape (words, DIMENSIONS)."""
    rows = np.zeros((len(looks), DIMENSIONS), np.float32)
    np.add.at(rows, (np.arange(len(looks))[:, None], np.abs(looks) - 1), np.sign(looks))
    return rows


@lru_cache(maxsize=16_384)
def _looks(word: str) -> tuple[int, ...]:
    lower = word.casefold()
    looks = [f"={lower}", f"#{_shape(word)}"]
    looks += [f"<{lower[:size]}" for size in _AFFIXES] + [f">{lower[-size:]}" for size in _AFFIXES]
    hashes = [crc32(look.encode("utf-8", "surrogatepass")) for look in looks]
    return tuple((1 + n % DIMENSIONS) * (1 if n >> 31 else -1) for n in hashes)


def _shape(word: str) -> str:
    """Return a word as its kinds of characters, each run once: `Xx` for Paris, `0` for 42."""
    kinds = (
        "X" if c.isupper() else "x" if c.isalpha() else "0" if c.isdigit() else c for c in word
    )
    return "".join(kind for kind, _ in groupby(kinds))

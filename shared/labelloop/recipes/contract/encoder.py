"""A small encoder to check recipes with: texts with the same letters in a row are close."""

from collections.abc import Sequence
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

_DIMENSIONS: Final = 64
_LETTERS: Final = 3


class LettersEncoder:
    """Counts three letters in a row, by their checksums; see `recipes.protocol.Encoder`."""

    name: Final = "letters-1"
    dimensions: Final = _DIMENSIONS

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (texts, dimensions)."""
        return np.array([_vector(text) for text in texts], np.float32).reshape(-1, _DIMENSIONS)

    def words(
        self, texts: Sequence[str], words: Sequence[Sequence[tuple[int, int]]]
    ) -> NDArray[np.float32]:
        """Return what a word is made of, shape (words, dimensions)."""
        pairs = zip(texts, words, strict=True)
        return self.encode([text[start:end] for text, spans in pairs for start, end in spans])


def _vector(text: str) -> NDArray[np.float32]:
    counts, body = np.zeros(_DIMENSIONS, np.float32), text.encode("utf-8", "surrogatepass")
    counts[0] = 1  # so that an empty text has a direction, too
    for start in range(len(body) - _LETTERS + 1):
        counts[crc32(body[start : start + _LETTERS]) % _DIMENSIONS] += 1
    return counts / np.linalg.norm(counts)

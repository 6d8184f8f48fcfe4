"""What the stack offers recipes: vectors of texts. Those of recent texts are remembered."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.recipes.protocol import Encoder

type Vectors = NDArray[np.float32]

MOST_REMEMBERED: Final = 8_192  # vectors: 12 MB of 384 dimensions


def digest_of(text: str) -> bytes:
    """Return 16 bytes that stand for a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Toolbox:
    """The stack's encoder, if it has one.

    `encoder`: its name, empty without one; `load`: returns it, called when vectors are needed.
    """

    def __init__(
        self,
        encoder: str = "",
        load: Callable[[], Encoder] | None = None,
        most_remembered: int = MOST_REMEMBERED,
    ) -> None:
        self.encoder = encoder
        self._load, self._most_remembered = load, most_remembered
        self._remembered: OrderedDict[bytes, Vectors] = OrderedDict()

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, shape (texts, dimensions); ValueError without an encoder."""
        if self._load is None:
            raise ValueError("a stack without an encoder has no vectors")
        digests = [digest_of(text) for text in texts]
        vectors = {digest: self._recall(digest) for digest in digests}
        new = {d: t for d, t in zip(digests, texts, strict=True) if vectors[d] is None}
        encoder = self._load()
        if new:
            encoded = zip(new, encoder.encode(list(new.values())), strict=True)
            vectors |= {digest: self._remember(digest, vector) for digest, vector in encoded}
        rows = [row for digest in digests if (row := vectors[digest]) is not None]
        return np.stack([np.empty(encoder.dimensions, np.float32), *rows])[1:]

    def words(self, texts: Sequence[str], words: Sequence[Sequence[tuple[int, int]]]) -> Vectors:
        """Return what words mean in their texts, shape (words, any); ValueError without encoder."""
        if self._load is None:
            raise ValueError("a stack without an encoder has no words")
        return self._load().words(texts, words)

    def _recall(self, digest: bytes) -> Vectors | None:
        if digest not in self._remembered:
            return None
        self._remembered.move_to_end(digest)
        return self._remembered[digest]

    def _remember(self, digest: bytes, vector: Vectors) -> Vectors:
        """Remember a copy of a vector: a row would hold the whole batch in memory."""
        self._remembered[digest] = vector.copy()
        while len(self._remembered) > self._most_remembered:
            self._remembered.popitem(last=False)
        return vector

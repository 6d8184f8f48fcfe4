"""What the stack lends recipes: vectors of texts, none encoded twice while it is remembered."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.recipes.protocol import Encoder

type Vectors = NDArray[np.float32]

_MOST_REMEMBERED: Final = 8_192  # vectors: 12 MB of 384 dimensions


def digest_of(text: str) -> bytes:
    """Return the 16 bytes that a text is known by."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Toolbox:
    """The stack's encoder, if it has one.

    `encoder` is its name, empty without one; `load` is called when a text needs it first.
    """

    def __init__(self, encoder: str = "", load: Callable[[], Encoder] | None = None) -> None:
        self.encoder = encoder
        self._load = load
        self._remembered: OrderedDict[bytes, Vectors] = OrderedDict()

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, shape (texts, dimensions); ValueError without an encoder."""
        if self._load is None:
            raise ValueError("a stack without an encoder has no vectors")
        digests = [digest_of(text) for text in texts]
        found = {digest: self._recall(digest) for digest in digests}
        new = {d: t for d, t in zip(digests, texts, strict=True) if found[d] is None}
        encoder = self._load()
        if new:
            encoded = zip(new, encoder.encode(list(new.values())), strict=True)
            found |= {digest: self._remember(digest, vector) for digest, vector in encoded}
        rows = [row for digest in digests if (row := found[digest]) is not None]
        return np.stack([np.empty(encoder.dimensions, np.float32), *rows])[1:]

    def _recall(self, digest: bytes) -> Vectors | None:
        if digest not in self._remembered:
            return None
        self._remembered.move_to_end(digest)
        return self._remembered[digest]

    def _remember(self, digest: bytes, vector: Vectors) -> Vectors:
        """Keep a vector of its own: a row would keep the whole batch in memory."""
        self._remembered[digest] = vector.copy()
        while len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return vector

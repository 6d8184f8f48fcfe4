"""Turn texts into what a model sees of them, and encode no text twice while it is remembered."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.learning.features import Features
from labelloop.ports import Encoder
from labelloop.recipes.text_choices.terms import bags_of

type Vectors = NDArray[np.float32]

_MOST_REMEMBERED: Final = 8_192  # vectors: 12 MB of 384 dimensions
_NOTHING: Final[Mapping[bytes, Vectors]] = MappingProxyType({})


def digest_of(text: str) -> bytes:
    """Return the 16 bytes that a text is known by."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Featuriser:
    """What the stack sees of texts: bags of terms, and vectors where there is an encoder.

    `encoder` is the encoder's name, empty without one; `load` is called when a text needs it first.
    """

    def __init__(self, encoder: str = "", load: Callable[[], Encoder] | None = None) -> None:
        self.encoder = encoder
        self._load = load
        self._remembered: OrderedDict[bytes, Vectors] = OrderedDict()

    def __call__(self, texts: Sequence[str], *, encode: bool = True) -> Features:
        """Return the features of texts, with vectors if there is an encoder and they are wanted."""
        has_vectors = encode and self._load is not None
        return Features(bags_of(texts), self.vectors(texts) if has_vectors else None)

    def vectors(self, texts: Sequence[str], known: Mapping[bytes, Vectors] = _NOTHING) -> Vectors:
        """Return the vectors of texts, shape (texts, dimensions); `known` ones by `digest_of`."""
        if self._load is None:
            raise ValueError("a stack without an encoder has no vectors")
        digests = [digest_of(text) for text in texts]
        found = {digest: self._recall(digest, known) for digest in digests}
        new = {d: t for d, t in zip(digests, texts, strict=True) if found[d] is None}
        encoder = self._load()
        if new:
            encoded = zip(new, encoder.encode(list(new.values())), strict=True)
            found |= {digest: self._remember(digest, vector) for digest, vector in encoded}
        rows = [row for digest in digests if (row := found[digest]) is not None]
        return np.stack([np.empty(encoder.dimensions, np.float32), *rows])[1:]

    def _recall(self, digest: bytes, known: Mapping[bytes, Vectors]) -> Vectors | None:
        if digest in self._remembered:
            self._remembered.move_to_end(digest)
            return self._remembered[digest]
        return known.get(digest)

    def _remember(self, digest: bytes, vector: Vectors) -> Vectors:
        """Keep a vector of its own: a row would keep the whole batch in memory."""
        self._remembered[digest] = vector.copy()
        while len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return vector

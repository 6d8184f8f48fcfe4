"""Vectors of labelled texts, stored with the project so that no training encodes one twice."""

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import batched
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.features import KeptFeatures
from labelloop.errors import Retryable
from labelloop.recipes.protocol import Tools
from labelloop.recipes.tools import digest_of

_TEXTS_AT_ONCE: Final = 500
# A function has 300 s: encoding leaves half of it to the rest.
BUDGET_S: Final = 150.0

type Vectors = NDArray[np.float32]


class Unfinished(Retryable):
    """There was more to encode than a function has time for. What was encoded is kept."""


class StoredVectors:
    """Tools that encode what is not stored yet, and store it when they are put away.

    What a training that ended did not ask for is not stored again. Unfinished when there is too
    much to encode, in all calls together; the next try goes on where this one stopped.
    """

    def __init__(
        self, tools: Tools, kept: KeptFeatures, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.encoder = tools.encoder
        self._tools, self._kept, self._clock = tools, kept, clock
        self._stored: Mapping[bytes, Vectors] = {}
        self._used: dict[bytes, Vectors] = {}
        self._has_new, self._started = False, clock()

    def __enter__(self) -> Self:
        """Read what is stored."""
        if self.encoder:
            self._stored = self._kept.labelled()
        return self

    def __exit__(self, cut_off_by: type[BaseException] | None, *_: Any) -> None:
        """Store what was used, if any of it is new; all that is known if there was more to use."""
        if self._has_new:
            self._kept.keep_labelled({**self._stored, **self._used} if cut_off_by else self._used)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (texts, dimensions)."""
        wanted = {digest_of(text): text for text in texts}
        known = {d: row for d in wanted if (row := self._known(d)) is not None}
        self._used |= known
        new = [digest for digest in wanted if digest not in known]
        for batch in batched(new, _TEXTS_AT_ONCE, strict=False):
            encoded = self._tools.vectors([wanted[digest] for digest in batch])
            self._used |= zip(batch, encoded, strict=True)
            self._has_new = True
            left = sum(digest not in self._used for digest in wanted)
            if left and self._clock() - self._started > BUDGET_S:
                raise Unfinished(f"{left:,} texts are still to be encoded")
        return np.stack([self._used[digest_of(text)] for text in texts])

    def _known(self, digest: bytes) -> Vectors | None:
        found = self._used.get(digest)
        return self._stored.get(digest) if found is None else found


class RecalledVectors:
    """Tools that encode nothing: what is not stored has vectors that are no numbers."""

    def __init__(self, encoder: str, stored: Mapping[bytes, Vectors]) -> None:
        self.encoder, self._stored = encoder, stored
        dimensions = next((len(row) for row in stored.values()), 1)
        self._nothing = np.full(dimensions, np.nan, np.float32)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (texts, dimensions), or such as are not finite."""
        rows = [self._stored.get(digest_of(text), self._nothing) for text in texts]
        return np.stack([self._nothing, *rows])[1:]


class UsedVectors:
    """Tools that remember which vectors were asked for."""

    def __init__(self, tools: Tools) -> None:
        self.encoder, self._tools = tools.encoder, tools
        self.found: dict[bytes, Vectors] = {}

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (texts, dimensions)."""
        rows = self._tools.vectors(texts)
        self.found |= zip(map(digest_of, texts), rows, strict=True)
        return rows

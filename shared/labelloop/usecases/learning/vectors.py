"""Vectors of what is labelled, stored with the project so that no training encodes one twice."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.features import FeatureFiles
from labelloop.errors import Retryable, Unreached
from labelloop.recipes.protocol import Tools
from labelloop.recipes.tools import Looking, digest_of, rows_of

_IMAGES_AT_ONCE: Final = 100  # they are fetched, too
# A function has 300 s: encoding leaves half of it to the rest.
BUDGET_S: Final = 150.0

type Vectors = NDArray[np.float32]
type Words = Sequence[Sequence[tuple[int, int]]]
type Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Limits:
    """How long a training encodes, and how many texts between two looks at the clock."""

    budget_s: float = BUDGET_S
    texts_at_once: int = 500


LIMITS: Final = Limits()


def _to_nobody(done: int, total: int) -> None:
    """Report to nobody."""


class Unfinished(Retryable):
    """There was more to encode than a function has time for. What was encoded is stored."""


class StoredVectors:
    """Tools that encode what has no stored vector; on exit the used vectors are stored.

    Those of images that can't be read are not: the next training tries again. `unreached`: why some
    could not be fetched, by address, though a later try may succeed.

    Vectors that a completed training did not use are dropped. Unfinished if there is too much to
    encode, in all calls together; the next try goes on where this one stopped. `report` is called
    with how many of a call's texts or images are encoded, and how many there are to encode.
    """

    def __init__(
        self,
        tools: Looking,
        files: FeatureFiles,
        limits: Limits = LIMITS,
        clock: Callable[[], float] = time.monotonic,
        report: Report = _to_nobody,
    ) -> None:
        self.encoder, self.image_encoder = tools.encoder, tools.image_encoder
        self._tools, self._files, self._limits, self._clock = tools, files, limits, clock
        self._report = report
        self._stored: Mapping[bytes, Vectors] = {}
        self._used: dict[bytes, Vectors] = {}
        self._has_new, self._started = False, clock()
        self.unreached: dict[str, Unreached] = {}

    def __enter__(self) -> Self:
        """Read what is stored."""
        if self.encoder or self.image_encoder:
            self._stored = self._files.labelled()
        return self

    def __exit__(self, cut_off_by: type[BaseException] | None, *_: Any) -> None:
        """Store the used vectors if any is new; after an error, all vectors."""
        used = {digest: row for digest, row in self._used.items() if np.isfinite(row).all()}
        if self._has_new and used:
            self._files.store_labelled({**self._stored, **used} if cut_off_by else used)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (texts, dimensions)."""
        return self._vectors(texts, self._tools.vectors, self._limits.texts_at_once)

    def images(self, addresses: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (addresses, dimensions), NaN for what can't be read."""
        return self._vectors(addresses, self._looked_at, _IMAGES_AT_ONCE)

    def _looked_at(self, addresses: list[str]) -> Vectors:
        looks = self._tools.look(addresses)
        for address, look in zip(addresses, looks, strict=True):
            if isinstance(look, Unreached):
                self.unreached[address] = look
        return rows_of(looks, self._tools.images([]).shape[1])

    def _vectors(
        self, texts: Sequence[str], encode: Callable[[list[str]], Vectors], at_once: int
    ) -> Vectors:
        if not texts:
            return encode([])
        digests = [digest_of(text) for text in texts]
        wanted = dict(zip(digests, texts, strict=True))
        stored = {d: row for d in wanted if (row := self._vector(d)) is not None}
        self._used |= stored
        new = [digest for digest in wanted if digest not in stored]
        missing = len(new)
        for batch in batched(new, at_once, strict=False):
            encoded = encode([wanted[digest] for digest in batch])
            self._used |= zip(batch, encoded, strict=True)
            self._has_new = True
            missing -= len(batch)
            self._report(len(new) - missing, len(new))
            if missing and self._clock() - self._started > self._limits.budget_s:
                raise Unfinished(f"{missing:,} texts or images are still to be encoded")
        return np.stack([self._used[digest] for digest in digests])

    def words(self, texts: Sequence[str], words: Words) -> Vectors:
        """Return what words mean in their texts, shape (words, any)."""
        return self._tools.words(texts, words)

    def _vector(self, digest: bytes) -> Vectors | None:
        used = self._used.get(digest)
        return self._stored.get(digest) if used is None else used


class RecalledVectors:
    """Tools that encode nothing: a text without a stored vector gets one of NaN."""

    def __init__(self, encoder: str, stored: Mapping[bytes, Vectors]) -> None:
        self.encoder = self.image_encoder = encoder
        self._stored = stored
        dimensions = next((len(row) for row in stored.values()), 1)
        self._nothing = np.full(dimensions, np.nan, np.float32)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (texts, dimensions), or NaN."""
        rows = [self._stored.get(digest_of(text), self._nothing) for text in texts]
        return np.stack([self._nothing, *rows])[1:]

    def words(self, texts: Sequence[str], words: Words) -> Vectors:
        """Return nothing of each word: none is stored."""
        return np.empty((sum(map(len, words)), 0), np.float32)

    images = vectors


class UsedVectors:
    """Tools that remember the vectors of all texts they were given."""

    def __init__(self, tools: Tools) -> None:
        self.encoder, self.image_encoder = tools.encoder, tools.image_encoder
        self._tools = tools
        self.by_digest: dict[bytes, Vectors] = {}

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (texts, dimensions)."""
        return self._remembered(texts, self._tools.vectors(texts))

    def images(self, addresses: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (addresses, dimensions), NaN for what can't be read."""
        return self._remembered(addresses, self._tools.images(addresses))

    def _remembered(self, texts: Sequence[str], rows: Vectors) -> Vectors:
        self.by_digest |= zip(map(digest_of, texts), rows, strict=True)
        return rows

    def words(self, texts: Sequence[str], words: Words) -> Vectors:
        """Return what words mean in their texts, shape (words, any)."""
        return self._tools.words(texts, words)

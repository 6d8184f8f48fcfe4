"""What trainings encode and fetch of labelled tasks, stored so that none does it twice."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.features import FeatureFiles
from labelloop.errors import Retryable, Unreached, Unreadable
from labelloop.recipes.protocol import Tools
from labelloop.recipes.tools import Looking, Read, copy_digest, digest_of, rows_of

_FETCHED_AT_ONCE: Final = 100
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
    """Tools that encode and fetch what is not stored; on exit what was used is stored.

    What can't be read is not: the next training tries again. `unread`: why some could not be, by
    address; a later try may succeed for some of them, the `unreached`.

    What a completed training did not use is dropped. Unfinished if there is too much to encode or
    to fetch, in all calls together; the next try goes on where this one stopped. `report` is called
    with how many of a call's texts or images are done, and how many there are to do.
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
        self._stored_texts: Mapping[bytes, str] | None = None  # read when a text is asked for
        self._read: dict[bytes, str | None] = {}
        self.unread: dict[str, Unreadable] = {}

    @property
    def unreached(self) -> list[Unreached]:
        """Why some images and texts could not be read that a later try may read."""
        return [why for why in self.unread.values() if isinstance(why, Unreached)]

    def __enter__(self) -> Self:
        """Read what is stored."""
        if self.encoder or self.image_encoder:
            self._stored = self._files.labelled()
        return self

    def __exit__(self, cut_off_by: type[BaseException] | None, *_: Any) -> None:
        """Store what was used if any of it is new; after an error, with what was stored before."""
        used = {digest: row for digest, row in self._used.items() if np.isfinite(row).all()}
        if self._has_new and used:
            self._files.store_labelled({**self._stored, **used} if cut_off_by else used)
        before = self._stored_texts or {}
        texts = {digest: text for digest, text in self._read.items() if text is not None}
        if texts.keys() - before.keys():
            self._files.store_texts({**before, **texts} if cut_off_by else texts)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (texts, dimensions)."""
        return self._vectors(texts, self._tools.vectors, self._limits.texts_at_once)

    def images(self, addresses: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (addresses, dimensions), NaN for what can't be read."""
        return self._vectors(addresses, self._looked_at, _FETCHED_AT_ONCE)

    def texts(self, addresses: Sequence[str]) -> list[str | None]:
        """Return the texts at addresses, None for what can't be read."""
        return self._read_at(addresses, digest_of, self._tools.read)

    def copies(self, addresses: Sequence[str]) -> list[str | None]:
        """Return small copies of the images at addresses, None for what can't be read."""
        return self._read_at(addresses, copy_digest, self._tools.copied)

    def _read_at(
        self,
        addresses: Sequence[str],
        digest_of: Callable[[str], bytes],
        read: Callable[[Sequence[str]], list[Read]],
    ) -> list[str | None]:
        if addresses and self._stored_texts is None:
            self._stored_texts = self._files.texts()
        stored = self._stored_texts or {}
        wanted = dict(zip(map(digest_of, addresses), addresses, strict=True))
        self._read |= {digest: stored[digest] for digest in wanted if digest in stored}
        new = [digest for digest in wanted if digest not in self._read]
        done = 0
        for batch in batched(new, _FETCHED_AT_ONCE, strict=False):
            asked = [wanted[digest] for digest in batch]
            found = read(asked)
            self._note_unread(asked, found)
            for digest, one in zip(batch, found, strict=True):
                self._read[digest] = None if isinstance(one, Unreadable) else one
            done += len(batch)
            self._go_on(done, len(new))
        return [self._read[digest_of(address)] for address in addresses]

    def _looked_at(self, addresses: list[str]) -> Vectors:
        looks = self._tools.look(addresses)
        self._note_unread(addresses, looks)
        return rows_of(looks, self._tools.images([]).shape[1])

    def _note_unread(self, addresses: Sequence[str], found: Sequence[object]) -> None:
        pairs = zip(addresses, found, strict=True)
        self.unread |= {address: why for address, why in pairs if isinstance(why, Unreadable)}

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
        done = 0
        for batch in batched(new, at_once, strict=False):
            encoded = encode([wanted[digest] for digest in batch])
            self._used |= zip(batch, encoded, strict=True)
            self._has_new = True
            done += len(batch)
            self._go_on(done, len(new))
        return np.stack([self._used[digest] for digest in digests])

    def _go_on(self, done: int, total: int) -> None:
        """Report how far a call is; Unfinished if its time is over before it is done."""
        self._report(done, total)
        if done < total and self._clock() - self._started > self._limits.budget_s:
            raise Unfinished(f"{total - done:,} texts or images are still to be encoded")

    def words(self, texts: Sequence[str], words: Words) -> Vectors:
        """Return what words mean in their texts, shape (words, any)."""
        return self._tools.words(texts, words)

    def _vector(self, digest: bytes) -> Vectors | None:
        used = self._used.get(digest)
        return self._stored.get(digest) if used is None else used


def _no_texts() -> Mapping[bytes, str]:
    return {}


class RecalledVectors:
    """Tools that encode and fetch nothing: a text without a stored vector gets one of NaN.

    `texts`: returns those that are stored, by the digests of their addresses.
    """

    def __init__(
        self,
        encoder: str,
        stored: Mapping[bytes, Vectors],
        texts: Callable[[], Mapping[bytes, str]] = _no_texts,
    ) -> None:
        self.encoder = self.image_encoder = encoder
        self._stored, self._texts = stored, texts
        self._dimensions = next((len(row) for row in stored.values()), 1)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (texts, dimensions), or NaN."""
        rows = [self._stored.get(digest_of(text)) for text in texts]
        known = next((len(row) for row in rows if row is not None), self._dimensions)
        nothing = np.full(known, np.nan, np.float32)
        return np.stack([nothing, *(nothing if row is None else row for row in rows)])[1:]

    def words(self, texts: Sequence[str], words: Words) -> Vectors:
        """Return nothing of each word: none is stored."""
        return np.empty((sum(map(len, words)), 0), np.float32)

    def texts(self, addresses: Sequence[str]) -> list[str | None]:
        """Return the texts at addresses, None for those that are not stored."""
        stored = self._texts() if addresses else {}
        return [stored.get(digest_of(address)) for address in addresses]

    def copies(self, addresses: Sequence[str]) -> list[str | None]:
        """Return small copies of the images at addresses, None for those that are not stored."""
        stored = self._texts() if addresses else {}
        return [stored.get(copy_digest(address)) for address in addresses]

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

    def texts(self, addresses: Sequence[str]) -> list[str | None]:
        """Return the texts at addresses, None for what can't be read."""
        return self._tools.texts(addresses)

    def copies(self, addresses: Sequence[str]) -> list[str | None]:
        """Return small copies of the images at addresses, None for what can't be read."""
        return self._tools.copies(addresses)

    def _remembered(self, texts: Sequence[str], rows: Vectors) -> Vectors:
        self.by_digest |= zip(map(digest_of, texts), rows, strict=True)
        return rows

    def words(self, texts: Sequence[str], words: Words) -> Vectors:
        """Return what words mean in their texts, shape (words, any)."""
        return self._tools.words(texts, words)

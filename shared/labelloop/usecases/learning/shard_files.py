"""The files of one shard of the pool: fetched in as many goes as they take, each kept."""

from collections.abc import Callable, Iterator, Sequence
from itertools import batched
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.features import Begun, FeatureFiles, Reason
from labelloop.errors import Unreached, Unreadable
from labelloop.recipes.protocol import Control
from labelloop.recipes.tools import Look, Looking, Read, copy_digest, digest_of, rows_of
from labelloop.usecases.learning.vectors import RecalledVectors, Unfinished

_AT_ONCE: Final = 24  # between two looks at the clock: 9 s where each takes as long as it may

type Vectors = NDArray[np.float32]
type Words = Sequence[Sequence[tuple[int, int]]]


class ShardFiles:
    """Tools that remember each image and text of a shard, and store them if time is over too soon.

    Then Unfinished is raised, and the next call goes on from there. `has_time`: whether to go on.
    """

    def __init__(
        self,
        tools: Looking,
        files: FeatureFiles,
        shard: str,
        sees: str,
        has_time: Callable[[], bool],
    ) -> None:
        self.encoder, self.image_encoder = tools.encoder, tools.image_encoder
        self._tools, self._files, self._has_time = tools, files, has_time
        self._shard = shard, sees
        self._looks: dict[bytes, Look] = {}
        self._texts: dict[bytes, Read] = {}
        self._stored: Begun | None = None

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (texts, dimensions)."""
        return self._tools.vectors(texts)

    def words(self, texts: Sequence[str], words: Words) -> Vectors:
        """Return what words mean in their texts, shape (words, any)."""
        return self._tools.words(texts, words)

    def images(self, addresses: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (addresses, dimensions), NaN for what can't be read."""
        if not addresses:
            return self._tools.images([])
        looks = self._remembered(addresses, self._tools.look, self._looks)
        return rows_of(looks, self._tools.images([]).shape[1])

    def texts(self, addresses: Sequence[str]) -> list[str | None]:
        """Return the texts at addresses, None for what can't be read."""
        read = self._remembered(addresses, self._tools.read, self._texts) if addresses else []
        return [None if isinstance(one, Unreadable) else one for one in read]

    def copies(self, addresses: Sequence[str]) -> list[str | None]:
        """Return small copies of the images at addresses, None for what can't be read."""
        if not addresses:
            return []
        read = self._remembered(addresses, self._tools.copied, self._texts, copy_digest)
        return [None if isinstance(one, Unreadable) else one for one in read]

    def _remembered[What](
        self,
        addresses: Sequence[str],
        fetch: Callable[[Sequence[str]], Sequence[What]],
        known: dict[bytes, What],
        digest_of: Callable[[str], bytes] = digest_of,
    ) -> list[What]:
        self._recall()
        digests = [digest_of(address) for address in addresses]
        wanted = dict(zip(digests, addresses, strict=True))
        new = [digest for digest in wanted if digest not in known]
        missing = len(new)
        for batch in batched(new, _AT_ONCE, strict=False):
            known |= zip(batch, fetch([wanted[digest] for digest in batch]), strict=True)
            missing -= len(batch)
            if missing and not self._has_time():
                self._files.store_begun(*self._shard, self._begun())
                raise Unfinished(f"{missing:,} files of a part are still to be fetched")
        return [known[digest] for digest in digests]

    def _recall(self) -> None:
        """Read what was stored of the shard, once. Reasons are not said to be of either kind."""
        if self._stored is not None:
            return
        begun = self._stored = self._files.begun(*self._shard)
        for digest, (reason, fix, is_final) in begun.reasons.items():
            why = (Unreadable if is_final else Unreached)(reason, fix)
            self._looks[digest] = self._texts[digest] = why
        self._looks |= begun.vectors
        self._texts |= begun.texts

    def _begun(self) -> Begun:
        known: list[tuple[bytes, Look | Read]] = [*self._looks.items(), *self._texts.items()]
        return Begun(
            {digest: one for digest, one in known if isinstance(one, np.ndarray)},
            {digest: reason_of(one) for digest, one in known if isinstance(one, Unreadable)},
            {digest: one for digest, one in known if isinstance(one, str)},
        )

    def why(self, input_: object, control: Control) -> tuple[Unreadable, str] | None:
        """Return why an input can't be read, and the address of its file; None if it can.

        Of several reasons one that no later try changes.
        """
        traced = _Traced(self.image_encoder)
        control.features([input_], traced)
        whys = [
            *self._whys(traced.images_of, self._looks),
            *self._whys(traced.texts_of, self._texts),
            *self._whys(traced.copies_of, self._texts, copy_digest),
        ]
        return min(whys, key=lambda why: isinstance(why[0], Unreached), default=None)

    def _whys[What](
        self,
        addresses: Sequence[str],
        known: dict[bytes, What],
        digest_of: Callable[[str], bytes] = digest_of,
    ) -> Iterator[tuple[Unreadable, str]]:
        for address in addresses:
            found = known.get(digest_of(address))
            if isinstance(found, Unreadable):
                yield found, address

    def forget_begun(self) -> None:
        """Forget what was stored of the files: the features of the shard are."""
        if self._stored not in (None, Begun()):
            self._files.store_begun(*self._shard, Begun())


class _Traced(RecalledVectors):
    """Tools that know nothing, and remember what images and texts they were asked for."""

    def __init__(self, encoder: str) -> None:
        super().__init__(encoder, {})
        self.images_of: list[str] = []
        self.texts_of: list[str] = []
        self.copies_of: list[str] = []

    def images(self, addresses: Sequence[str]) -> Vectors:
        """Return rows of NaN."""
        self.images_of += addresses
        return self.vectors(addresses)

    def texts(self, addresses: Sequence[str]) -> list[str | None]:
        """Return nothing of each."""
        self.texts_of += addresses
        return [None for _ in addresses]

    def copies(self, addresses: Sequence[str]) -> list[str | None]:
        """Return nothing of each."""
        self.copies_of += addresses
        return [None for _ in addresses]


def reason_of(error: Unreadable) -> Reason:
    """Return why a file can't be read, as it is stored."""
    return str(error), error.fix, not isinstance(error, Unreached)

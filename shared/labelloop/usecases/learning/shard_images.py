"""The images of one shard of the pool: fetched in as many goes as they take, each kept."""

from collections.abc import Callable, Sequence
from itertools import batched
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.features import Begun, FeatureFiles, Reason
from labelloop.errors import Unreached, Unreadable
from labelloop.recipes.protocol import Control
from labelloop.recipes.tools import Look, Looking, digest_of, rows_of
from labelloop.usecases.learning.vectors import RecalledVectors, Unfinished

_AT_ONCE: Final = 24  # between two looks at the clock: 9 s where each takes as long as it may

type Vectors = NDArray[np.float32]
type Words = Sequence[Sequence[tuple[int, int]]]


class ShardImages:
    """Tools that remember each image of a shard, and store them if time is over before all are had.

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
        self._stored: dict[bytes, Look] | None = None

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
        if self._stored is None:
            self._stored = _looks_of(self._files.begun(*self._shard))
            self._looks |= self._stored
        digests = [digest_of(address) for address in addresses]
        wanted = dict(zip(digests, addresses, strict=True))
        new = [digest for digest in wanted if digest not in self._looks]
        missing = len(new)
        for batch in batched(new, _AT_ONCE, strict=False):
            looks = self._tools.look([wanted[digest] for digest in batch])
            self._looks |= zip(batch, looks, strict=True)
            missing -= len(batch)
            if missing and not self._has_time():
                self._files.store_begun(*self._shard, _begun_of(self._looks))
                raise Unfinished(f"{missing:,} images of a part are still to be fetched")
        dimensions = self._tools.images([]).shape[1]
        return rows_of([self._looks[digest] for digest in digests], dimensions)

    def why(self, input_: object, control: Control) -> tuple[Unreadable, str] | None:
        """Return why an input can't be read, and the address of its image; None if it can.

        Of several reasons one that no later try changes.
        """
        traced = _Traced(self.image_encoder)
        control.features([input_], traced)
        looks = ((self._looks.get(digest_of(address)), address) for address in traced.asked)
        whys = [(look, address) for look, address in looks if isinstance(look, Unreadable)]
        return min(whys, key=lambda why: isinstance(why[0], Unreached), default=None)

    def forget_begun(self) -> None:
        """Forget what was stored of the images: the features of the shard are."""
        if self._stored:
            self._files.store_begun(*self._shard, Begun({}, {}))


class _Traced(RecalledVectors):
    """Tools that know nothing, and remember what images they were asked for."""

    def __init__(self, encoder: str) -> None:
        super().__init__(encoder, {})
        self.asked: list[str] = []

    def images(self, addresses: Sequence[str]) -> Vectors:
        """Return rows of NaN."""
        self.asked += addresses
        return self.vectors(addresses)


def reason_of(error: Unreadable) -> Reason:
    """Return why an image can't be read, as it is stored."""
    return str(error), error.fix, not isinstance(error, Unreached)


def _looks_of(begun: Begun) -> dict[bytes, Look]:
    looks: dict[bytes, Look] = dict(begun.vectors)
    for digest, (reason, fix, is_final) in begun.reasons.items():
        looks[digest] = (Unreadable if is_final else Unreached)(reason, fix)
    return looks


def _begun_of(looks: dict[bytes, Look]) -> Begun:
    return Begun(
        {digest: look for digest, look in looks.items() if not isinstance(look, Unreadable)},
        {digest: reason_of(look) for digest, look in looks.items() if isinstance(look, Unreadable)},
    )

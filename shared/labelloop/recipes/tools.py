"""What the stack offers recipes: vectors of texts and of images. The latest are remembered."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import batched
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.errors import BadModel, Unreadable
from labelloop.observability import count, logger
from labelloop.recipes.protocol import Encoder, ImageEncoder, Tools

type Vectors = NDArray[np.float32]
type Fetch = Callable[[Sequence[str]], Sequence[bytes | Unreadable]]
"""Returns what is at each address, or why it can't be had."""
type Find = Callable[[str], tuple[str, Callable[[], Encoder] | None]]
"""Returns an encoder's full name by its name, and what loads it; BadModel if it is not here.

The name `none` has an empty one, and nothing to load.
"""
type Look = Vectors | Unreadable
"""The vector of an image, shape (dimensions,), or why it can't be read."""

MOST_REMEMBERED: Final = 8_192  # vectors: 12 MB of 384 dimensions
_MOST_IMAGES_REMEMBERED: Final = 2_048  # 10 MB of 1,280 dimensions
_FETCHED_AT_ONCE: Final = 24  # images, of up to 5 MB each
_MOST_REASONS: Final = 5
_MOST_OTHERS: Final = 2  # encoders beside the stack's, which take memory


def digest_of(text: str) -> bytes:
    """Return 16 bytes that stand for a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Recent:
    """The vectors of what was encoded last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._vectors: OrderedDict[bytes, Vectors] = OrderedDict()

    def recall(self, digest: bytes) -> Vectors | None:
        """Return a vector if it is remembered."""
        if digest not in self._vectors:
            return None
        self._vectors.move_to_end(digest)
        return self._vectors[digest]

    def remember(self, digest: bytes, vector: Vectors) -> Vectors:
        """Remember a copy of a vector: a row would hold the whole batch in memory."""
        self._vectors[digest] = vector.copy()
        while len(self._vectors) > self._most:
            self._vectors.popitem(last=False)
        return vector


class Looking(Tools, Protocol):
    """Tools that also say why an image can't be read, and know those beside other encoders."""

    def chosen(self, name: str | None) -> Self:
        """Return the tools beside an encoder that a project chose by its name; None: the stack's.

        BadModel if it is not here.
        """
        ...

    def beside(self, encoder: str) -> Self:
        """Return the tools that a version reads, by its encoder's full name, empty for none of its.

        BadModel if it is not here.
        """
        ...

    def look(self, addresses: Sequence[str]) -> list[Look]:
        """Return the vector of each image, or why it can't be read. ValueError as `images`."""
        ...


@dataclass(frozen=True)
class Images:
    """The stack's image encoder, loaded when it is needed, and what fetches images for it."""

    encoder: str
    load: Callable[[], ImageEncoder]
    fetch: Fetch


class Toolbox:
    """The stack's encoders, if it has any.

    `encoder`: the name of that for texts, empty without one; `load`: returns it, called when
    vectors are needed. `find`: finds others, for projects that chose another than the stack's.
    """

    def __init__(
        self,
        encoder: str = "",
        load: Callable[[], Encoder] | None = None,
        images: Images | None = None,
        most_remembered: int = MOST_REMEMBERED,
        find: Find | None = None,
    ) -> None:
        self.encoder = encoder
        self.image_encoder = images.encoder if images else ""
        self._load, self._images = load, images
        self._texts_seen = Recent(most_remembered)
        self._images_seen = Recent(_MOST_IMAGES_REMEMBERED)
        self._most_remembered, self._find = most_remembered, find
        self._others: OrderedDict[str, Toolbox] = OrderedDict()

    def chosen(self, name: str | None) -> "Toolbox":
        """Return the tools beside an encoder that a project chose by its name; None: these."""
        return self if name is None else self._other(name)

    def beside(self, encoder: str) -> "Toolbox":
        """Return the tools that a version reads, by its encoder's full name; these for none."""
        if encoder in ("", self.encoder, self.image_encoder):
            return self
        if encoder in self._others:
            self._others.move_to_end(encoder)
            return self._others[encoder]
        found = self._other(encoder.rpartition("-")[0])
        if found.encoder != encoder:
            raise BadModel(f"the model was trained on vectors of {encoder}, which is another one")
        return found

    def _other(self, name: str) -> "Toolbox":
        if self._find is None:
            raise BadModel(f"there is no encoder {name} here")
        encoder, load = self._find(name)
        if encoder == self.encoder:
            return self
        if encoder not in self._others:
            self._others[encoder] = Toolbox(encoder, load, self._images, self._most_remembered)
        self._others.move_to_end(encoder)
        while len(self._others) > _MOST_OTHERS:
            self._others.popitem(last=False)
        return self._others[encoder]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, shape (texts, dimensions); ValueError without an encoder."""
        if self._load is None:
            raise ValueError("a stack without an encoder has no vectors")
        digests = [digest_of(text) for text in texts]
        vectors = {digest: self._texts_seen.recall(digest) for digest in digests}
        new = {d: t for d, t in zip(digests, texts, strict=True) if vectors[d] is None}
        encoder = self._load()
        if new:
            encoded = zip(new, encoder.encode(list(new.values())), strict=True)
            vectors |= {digest: self._texts_seen.remember(digest, row) for digest, row in encoded}
        rows = [row for digest in digests if (row := vectors[digest]) is not None]
        return np.stack([np.empty(encoder.dimensions, np.float32), *rows])[1:]

    def words(self, texts: Sequence[str], words: Sequence[Sequence[tuple[int, int]]]) -> Vectors:
        """Return what words mean in their texts, shape (words, any); ValueError without encoder."""
        if self._load is None:
            raise ValueError("a stack without an encoder has no words")
        return self._load().words(texts, words)

    def images(self, addresses: Sequence[str]) -> Vectors:
        """Return the vectors of images, shape (addresses, dimensions); NaN for unreadable ones."""
        looks = self.look(addresses)
        return rows_of(looks, self._images.load().dimensions if self._images else 0)

    def look(self, addresses: Sequence[str]) -> list[Look]:
        """Return the vector of each image, shape (dimensions,), or why it can't be read.

        ValueError without an image encoder. Why images can't be read is logged and counted.
        """
        if self._images is None:
            raise ValueError("a stack without an image encoder has no vectors of images")
        digests = [digest_of(address) for address in addresses]
        found: dict[bytes, Look] = {
            digest: vector
            for digest in digests
            if (vector := self._images_seen.recall(digest)) is not None
        }
        new = {d: a for d, a in zip(digests, addresses, strict=True) if d not in found}
        encoder = self._images.load()
        for batch in batched(new.items(), _FETCHED_AT_ONCE, strict=False):
            files = self._images.fetch([address for _, address in batch])
            for (digest, _), file in zip(batch, files, strict=True):
                try:
                    if isinstance(file, Unreadable):
                        raise file
                    found[digest] = self._images_seen.remember(digest, encoder.encode(file))
                except Unreadable as exc:
                    found[digest] = exc
        _report(Counter(str(found[d]) for d in new if isinstance(found[d], Unreadable)))
        return [found[digest] for digest in digests]


def rows_of(looks: Sequence[Look], dimensions: int) -> Vectors:
    """Return the vectors as rows, shape (looks, dimensions); NaN for images that can't be read."""
    nothing = np.full(dimensions, np.nan, np.float32)
    rows = [nothing if isinstance(look, Unreadable) else look for look in looks]
    return np.stack([nothing, *rows])[1:]


def _report(reasons: Counter[str]) -> None:
    """Log and count images that can't be read. Reasons hold no addresses: these may be secrets."""
    if reasons:
        facts = {"images": reasons.total(), "why": dict(reasons.most_common(_MOST_REASONS))}
        logger().warning("images not read", extra=facts)
        count("ImagesNotRead")

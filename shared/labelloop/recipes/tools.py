"""What the stack offers recipes: vectors of texts and images, texts by address; some remembered."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import batched
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.errors import BadModel, Unreached, Unreadable
from labelloop.observability import count, logger
from labelloop.recipes.protocol import Encoder, ImageEncoder, Tools

type Vectors = NDArray[np.float32]
type Fetch = Callable[[Sequence[str]], Sequence[bytes | Unreadable]]
"""Returns what is at each address, or why it can't be had."""
type Find = Callable[[str], "Texts | Images"]
"""Returns an encoder by its name, one of texts or of images; BadModel if it is not here."""
type Look = Vectors | Unreadable
"""The vector of an image, shape (dimensions,), or why it can't be read."""
type Read = str | Unreadable
"""The text at an address, or a copy of the image there, or why it can't be read."""

MOST_REMEMBERED: Final = 8_192  # vectors: 12 MB of 384 dimensions
_MOST_IMAGES_REMEMBERED: Final = 2_048  # 10 MB of 1,280 dimensions
_MOST_TEXTS_REMEMBERED: Final = 256
_MOST_COPIES_REMEMBERED: Final = 64
_LONGEST_READ: Final = 200_000  # characters of what is at an address, tags and all
_FETCHED_AT_ONCE: Final = 24  # files, of up to 5 MB each
_MOST_REASONS: Final = 5
_MOST_ILLEGIBLE: Final = 0.1  # of a text's characters: one in Latin letters may have some accents
_MOST_OTHERS: Final = 2  # sets of encoders beside the stack's, which take memory


def digest_of(text: str) -> bytes:
    """Return 16 bytes that stand for a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def copy_digest(address: str) -> bytes:
    """Return 16 bytes that stand for the copy of an image, where texts are stored by addresses."""
    return digest_of(f"copy of {address}")


class Recent[What]:
    """What was encoded or fetched last, by digest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[bytes, What] = OrderedDict()

    def recall(self, digest: bytes) -> What | None:
        """Return what is remembered, None if nothing is."""
        if digest not in self._known:
            return None
        self._known.move_to_end(digest)
        return self._known[digest]

    def remember(self, digest: bytes, one: What) -> None:
        """Remember one, in place of what was asked for longest ago."""
        self._known[digest] = one
        while len(self._known) > self._most:
            self._known.popitem(last=False)


class Looking(Tools, Protocol):
    """Tools that also say why a file can't be read, and know those beside other encoders."""

    def tuned_to(self) -> Collection[str]:
        """Return the digests of the texts that the encoder was tuned to: see `recipes.tuned_to`.

        BadModel if they can't be read.
        """
        ...

    def chosen(self, name: str | None) -> Self:
        """Return the tools beside an encoder that a project chose by its name; None: the stack's.

        BadModel if it is not here.
        """
        ...

    def beside(self, encoder: str) -> Self:
        """Return the tools that a version reads, by its encoders' full name, empty for none of its.

        BadModel if one is not here.
        """
        ...

    def look(self, addresses: Sequence[str]) -> list[Look]:
        """Return the vector of each image, or why it can't be read. ValueError as `images`."""
        ...

    def read(self, addresses: Sequence[str]) -> list[Read]:
        """Return the text at each address, or why it can't be read."""
        ...

    def copied(self, addresses: Sequence[str]) -> list[Read]:
        """Return a small copy of the image at each address, or why it can't be read."""
        ...


def _uncopied(_: bytes) -> str:
    raise Unreached("nothing is copied here")


@dataclass(frozen=True)
class Images:
    """The stack's image encoder, loaded when it is needed, and what fetches images for it.

    `copy`: returns a small copy of an image file as a data: URI; Unreadable says why not.
    """

    encoder: str
    load: Callable[[], ImageEncoder]
    fetch: Fetch
    copy: Callable[[bytes], str] = _uncopied


@dataclass(frozen=True)
class Texts:
    """An encoder of texts, loaded when it is needed; of `none` an empty name, and nothing.

    `tuned_to`: returns the digests of the texts that it was tuned to, called by trainings alone.
    """

    encoder: str
    load: Callable[[], Encoder] | None
    tuned_to: Callable[[], Collection[str]] = frozenset


class Toolbox:
    """The stack's encoders, if it has any, and what fetches texts by address.

    `encoder`: the name of that for texts, empty without one; `load`: returns it, called when
    vectors are needed; `fetch`: that of images if none is given. `find`: finds other encoders, for
    projects that chose another than the stack's. `tuned_to`: see `Texts`.
    """

    def __init__(
        self,
        encoder: str = "",
        load: Callable[[], Encoder] | None = None,
        images: Images | None = None,
        most_remembered: int = MOST_REMEMBERED,
        fetch: Fetch | None = None,
        find: Find | None = None,
        tuned_to: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        self.encoder, self._tuned_to = encoder, tuned_to
        self.image_encoder = images.encoder if images else ""
        self._load, self._images = load, images
        self._fetch = fetch or (images.fetch if images else _out_of_reach)
        self._texts_seen = Recent[Vectors](most_remembered)
        self._images_seen = Recent[Vectors](_MOST_IMAGES_REMEMBERED)
        self._texts_read = Recent[str](_MOST_TEXTS_REMEMBERED)
        self._copied = Recent[str](_MOST_COPIES_REMEMBERED)
        self._most_remembered, self._find = most_remembered, find
        self._others: OrderedDict[str, Toolbox] = OrderedDict()

    def chosen(self, name: str | None) -> "Toolbox":
        """Return the tools beside an encoder that a project chose by its name; None: these."""
        return self if name is None else self._other(name)

    def beside(self, encoder: str) -> "Toolbox":
        """Return the tools that a version reads, by its encoders' full name; these for none.

        A version of texts and images names two.
        """
        others = sorted({*encoder.split("+")} - {"", self.encoder, self.image_encoder})
        if not others:
            return self
        return self._remembered("+".join(others), lambda: self._replaced(others))

    def tuned_to(self) -> Collection[str]:
        """Return the digests of the texts that the encoder was tuned to, none of most encoders."""
        return self._tuned_to()

    def demand(self, encoder: str) -> None:
        """Load the encoders of a version, by their full name; BadModel if one can't be."""
        found, names = self.beside(encoder), encoder.split("+")
        if found.encoder in names:
            found.vectors([""])
        if found.image_encoder in names:
            found.images([])

    def _other(self, name: str) -> "Toolbox":
        found = self._found(name)
        if isinstance(found, Images):
            raise BadModel(f"the encoder {name} sees images, not texts")
        if found.encoder == self.encoder:
            return self
        return self._remembered(found.encoder, lambda: self._with(found, self._images))

    def _replaced(self, others: Sequence[str]) -> "Toolbox":
        """Return the tools beside other encoders, by the full name of each; the rest stays."""
        texts, images = Texts(self.encoder, self._load, self._tuned_to), self._images
        for other in others:
            found = self._found(other.rpartition("-")[0])
            if isinstance(found, Images):
                name, images = found.encoder, found
            else:
                name, texts = found.encoder, found
            if name != other:
                raise BadModel(f"the model was trained on vectors of {other}, which is another one")
        return self._with(texts, images)

    def _found(self, name: str) -> "Texts | Images":
        if self._find is None:
            raise BadModel(f"there is no encoder {name} here")
        return self._find(name)

    def _with(self, texts: Texts, images: "Images | None") -> "Toolbox":
        most, fetch = self._most_remembered, self._fetch
        return Toolbox(texts.encoder, texts.load, images, most, fetch, tuned_to=texts.tuned_to)

    def _remembered(self, others: str, make: Callable[[], "Toolbox"]) -> "Toolbox":
        """Return the tools beside other encoders, as they were made for those before."""
        if others not in self._others:
            self._others[others] = make()
        self._others.move_to_end(others)
        while len(self._others) > _MOST_OTHERS:
            self._others.popitem(last=False)
        return self._others[others]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, shape (texts, dimensions); ValueError without an encoder."""
        if self._load is None:
            raise ValueError("a stack without an encoder has no vectors")
        digests = [digest_of(text) for text in texts]
        vectors = {digest: self._texts_seen.recall(digest) for digest in digests}
        new = {d: t for d, t in zip(digests, texts, strict=True) if vectors[d] is None}
        encoder = self._load()
        if new:
            for digest, row in zip(new, encoder.encode(list(new.values())), strict=True):
                vectors[digest] = row
                self._texts_seen.remember(digest, row.copy())  # a row would hold its whole batch
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
        encode, fetch = self._images.load().encode, self._images.fetch
        looks, whys = _made_of(addresses, fetch, encode, self._images_seen)
        _report("images", "ImagesNotRead", whys)
        return looks

    def texts(self, addresses: Sequence[str]) -> list[str | None]:
        """Return the texts at addresses, None for those that can't be read."""
        return [None if isinstance(one, Unreadable) else one for one in self.read(addresses)]

    def read(self, addresses: Sequence[str]) -> list[Read]:
        """Return the text at each address, or why it can't be read; that is logged and counted."""
        texts, whys = _made_of(addresses, self._fetch, text_of, self._texts_read)
        _report("texts", "TextsNotRead", whys)
        return texts

    def copies(self, addresses: Sequence[str]) -> list[str | None]:
        """Return small copies of images, None for those that can't be read."""
        return [None if isinstance(one, Unreadable) else one for one in self.copied(addresses)]

    def copied(self, addresses: Sequence[str]) -> list[Read]:
        """Return a small copy of each image as a data: URI, or why it can't be read.

        ValueError without an image encoder: what decodes images is beside it.
        """
        if self._images is None:
            raise ValueError("a stack without an image encoder has no copies of images")
        copies, whys = _made_of(addresses, self._images.fetch, self._images.copy, self._copied)
        _report("images", "ImagesNotRead", whys)
        return copies


def text_of(body: bytes) -> str:
    """Return a file as Label Studio's page reads it: as UTF-8, whatever its server says of it.

    That is how browsers decode what a script fetches (https://fetch.spec.whatwg.org/#dom-body-text),
    so places of spans are counted in this text. A very long one is cut: what lies behind is not
    learnt. Unreadable if nobody could read it so.
    """
    if b"\x00" in body:
        raise Unreadable("it is no text")
    text = body.decode("utf-8-sig", "replace")
    if text.count("\ufffd") > _MOST_ILLEGIBLE * len(text):
        raise Unreadable("it is no text in UTF-8, as which Label Studio shows it")
    return text[:_LONGEST_READ]


def _out_of_reach(addresses: Sequence[str]) -> list[bytes | Unreadable]:
    return [Unreached("nothing is fetched here") for _ in addresses]


def _made_of[What](
    addresses: Sequence[str],
    fetch: Fetch,
    make: Callable[[bytes], What],
    recent: Recent[What],
) -> tuple[list[What | Unreadable], Counter[str]]:
    """Return what is made of the file at each address, or why it can't be; and the new reasons."""
    digests = [digest_of(address) for address in addresses]
    known = ((digest, recent.recall(digest)) for digest in digests)
    found: dict[bytes, What | Unreadable] = {d: one for d, one in known if one is not None}
    new = {d: a for d, a in zip(digests, addresses, strict=True) if d not in found}
    whys: Counter[str] = Counter()
    for batch in batched(new.items(), _FETCHED_AT_ONCE, strict=False):
        files = fetch([address for _, address in batch])
        for (digest, _), file in zip(batch, files, strict=True):
            try:
                if isinstance(file, Unreadable):
                    raise file
                made = make(file)
                recent.remember(digest, made)
                found[digest] = made
            except Unreadable as exc:
                found[digest] = exc
                whys[str(exc)] += 1
    return [found[digest] for digest in digests], whys


def rows_of(looks: Sequence[Look], dimensions: int) -> Vectors:
    """Return the vectors as rows, shape (looks, dimensions); NaN for images that can't be read."""
    nothing = np.full(dimensions, np.nan, np.float32)
    rows = [nothing if isinstance(look, Unreadable) else look for look in looks]
    return np.stack([nothing, *rows])[1:]


def _report(what: str, metric: str, whys: Counter[str]) -> None:
    """Log and count what can't be read. Reasons hold no addresses: these may be secrets."""
    if whys:
        facts = {what: whys.total(), "why": dict(whys.most_common(_MOST_REASONS))}
        logger().warning(f"{what} not read", extra=facts)
        count(metric)

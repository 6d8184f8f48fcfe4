"""The files of an encoder, in the layer or in the bucket. Imports little: the sweep reads names.

encoder.json      {"name", "model_sha256", "tokenizer_sha256", "dimensions", "max_tokens"}, and
                  {"words_sha256"} where there is a words.onnx; and what `Reading` has
model.onnx        from token ids, shape (texts, tokens), to vectors of the texts or of the tokens
words.onnx        from the same to states of the tokens, shape (texts, tokens, any): what words mean
                  in their text. Made of model.onnx's own weights, so the name, which stands for
                  those, does without its checksum. Without it spans are learnt from spelling.
                  In a folder it may leave weights in model.onnx, as ONNX's external data.
tokenizer.json    in the format of the library tokenizers
tuned.json        of one that `labelloop tune` made, with {"tuned_sha256"} in encoder.json: a list
                  of digests of the texts that it was tuned to, each 16 hexadecimal digits,
                  ascending: see `recipes.tuned_to`
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Self

from labelloop.errors import BadModel
from labelloop.ports import ObjectStore

WORDS: Final = "words.onnx"
TUNED: Final = "tuned.json"
TUNED_DIGEST: Final = "tuned_sha256"  # in encoder.json
MOST_TUNED: Final = 100_000  # texts
_MOST_TUNED_BYTES: Final = 24 * MOST_TUNED
MOST_BYTES: Final = 600_000_000  # of a model; it is in memory twice while it is loaded
MOST_DIMENSIONS: Final = 4_096
MOST_TOKENS: Final = 512
POOLINGS: Final = ("", "mean", "cls", "pooled")
_DIGEST: Final = re.compile("[0-9a-f]{16}")
_MOST_LETTERS: Final = 1_000  # of a prefix, or of an output's name

type Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a graph's output becomes vectors; what encoder.json does not say has the default.

    `pooling`: `mean` or `cls` of the tokens' states, `pooled` if the graph gives a vector a text;
    empty: whichever the graph gives, states by their mean. `prefix` goes before each text.
    `output`: which of the graph's outputs, empty for the first. `is_alone`: vectors depend on what
    else is in a call, as with quantised activations, so each text gets a call of its own.
    """

    pooling: str = ""
    prefix: str = ""
    output: str = ""
    is_alone: bool = False

    @classmethod
    def of(cls, description: dict[str, Any]) -> Self:
        """Return what a description says. ValueError for what can't be."""
        reading = cls(**{name: description[name] for name in FIELDS if name in description})
        if reading.pooling not in POOLINGS or type(reading.is_alone) is not bool:
            raise ValueError(f"pooling {reading.pooling!r}: expected {', '.join(POOLINGS[1:])}")
        for text in (reading.prefix, reading.output):
            if not isinstance(text, str) or len(text) > _MOST_LETTERS:
                raise ValueError(f"{text!r:.40}: expected a short text")
        return reading

    def to_json(self) -> dict[str, Any]:
        """Return what differs from the defaults, as encoder.json has it."""
        plain = asdict(Reading())
        return {name: value for name, value in asdict(self).items() if value != plain[name]}


FIELDS: Final = tuple(Reading.__dataclass_fields__)


@dataclass(frozen=True)
class EncoderFiles:
    """The files of one encoder. Raises BadModel for a missing file or a wrong digest."""

    name: str
    dimensions: int
    max_tokens: int
    _digests: dict[str, str]
    _read: Read
    most_bytes: int = MOST_BYTES
    folder: Path | None = None  # where they lie, if they are files
    reading: Reading = Reading()

    @property
    def has_words(self) -> bool:
        """Whether there is a words.onnx."""
        return WORDS in self._digests

    @classmethod
    def built_in(cls) -> Self:
        """Return the layer's files: those in the first folder `encoder` on `sys.path`."""
        folder = folder_on_path("encoder")
        if folder is None:
            raise BadModel("there is no encoder here: the function lacks EncoderLayer")
        return cls.in_folder("minilm", folder)

    @classmethod
    def in_folder(cls, name: str, folder: Path) -> Self:
        """Return the files in a folder."""
        return replace(cls._described(name, from_folder(folder)), folder=folder)

    @classmethod
    def held(cls, name: str, contents: Mapping[str, bytes]) -> Self:
        """Return files that are in memory."""
        return cls._described(name, contents.get)

    @classmethod
    def named_there(cls, folder: Path) -> Self:
        """Return the files in a folder, by the name in encoder.json or, without one, the folder's.

        So what `make build` makes has the name that it has in a deployed stack.
        """
        try:
            name = json.loads((folder / "encoder.json").read_bytes())["name"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            name = ""  # whatever is wrong besides, `in_folder` says
        return cls.in_folder(name if isinstance(name, str) and name else folder.name, folder)

    @classmethod
    def of(cls, store: ObjectStore, name: str) -> Self:
        """Return the files in the bucket under encoders/<name>/."""
        return cls._described(name, stored(store, name, f"there is no encoder {name}"))

    @classmethod
    def _described(cls, name: str, read: Read) -> Self:
        body = read("encoder.json")
        if body is None:
            raise BadModel(f"encoder {name}: encoder.json is missing")
        try:
            description = json.loads(body)
            digests = {
                "model.onnx": str(description["model_sha256"]),
                "tokenizer.json": str(description["tokenizer_sha256"]),
            }
            words = str(description.get("words_sha256") or "")
            tuned = str(description.get(TUNED_DIGEST) or "")
            dimensions = whole(description["dimensions"], 1, MOST_DIMENSIONS)
            max_tokens = whole(description["max_tokens"], 3, MOST_TOKENS)
            reading = Reading.of(description)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as exc:
            reason = f"{type(exc).__name__}: {exc}"
            raise BadModel(f"encoder {name}: encoder.json cannot be read: {reason}") from exc
        facts = [digests, dimensions, max_tokens, *([more] if (more := reading.to_json()) else [])]
        digest = sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
        digests |= ({WORDS: words} if words else {}) | ({TUNED: tuned} if tuned else {})
        full_name = f"{name}-{digest}"
        return cls(full_name, dimensions, max_tokens, digests, read, reading=reading)

    def tuned_to(self) -> frozenset[str]:
        """Return the digests of the texts that it was tuned to, none of most encoders."""
        if TUNED not in self._digests:
            return frozenset()
        whose = f"encoder {self.name}"
        body = checked(self._read, TUNED, self._digests[TUNED], whose, _MOST_TUNED_BYTES)
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        if not _are_digests(found):
            raise BadModel(f"{whose}: {TUNED} is no list of digests, ascending")
        return frozenset(found)

    def contents(self) -> dict[str, bytes]:
        """Return all files by name, with the encoder's NOTICE if there is one."""
        others = {name: self._read(name) for name in ("encoder.json", "NOTICE")}
        contents = {name: self.read(name) for name in self._digests}
        return contents | {name: body for name, body in others.items() if body is not None}

    def read(self, file: str) -> bytes:
        """Return the bytes of model.onnx, words.onnx, tokenizer.json or tuned.json."""
        whose = f"encoder {self.name}"
        return checked(self._read, file, self._digests[file], whose, self.most_bytes)


def _are_digests(found: Any) -> bool:
    if not isinstance(found, list) or len(found) > MOST_TUNED:
        return False
    are_texts = all(isinstance(one, str) and _DIGEST.fullmatch(one) for one in found)
    return are_texts and all(one < other for one, other in pairwise(found))


def base_of(encoder: str) -> str:
    """Return an encoder's name without its checksum, by the name that versions carry."""
    return encoder.rpartition("-")[0]


def folder_on_path(name: str) -> Path | None:
    """Return the first folder of that name on `sys.path` that holds an encoder."""
    candidates = (Path(entry, name, "encoder.json") for entry in sys.path)
    return next((path.parent for path in candidates if path.is_file()), None)


def from_folder(folder: Path) -> Read:
    """Return what reads files of a folder."""

    def read(file: str) -> bytes | None:
        path = folder / file
        return path.read_bytes() if path.is_file() else None

    return read


def from_store(store: ObjectStore, name: str) -> Read:
    """Return what reads files in the bucket under encoders/<name>/."""

    def read(file: str) -> bytes | None:
        stored = store.get(f"encoders/{name}/{file}")
        return stored.body if stored else None

    return read


def stored(store: ObjectStore, name: str, lacking: str) -> Read:
    """Return what reads an encoder's files in the bucket; BadModel, `lacking`, if none is there."""
    read = from_store(store, name)
    if read("encoder.json") is None:
        fix = f"`labelloop encoder list` names them, `labelloop encoder add {name}` adds one"
        raise BadModel(lacking, fix)
    return read


def checked(read: Read, file: str, digest: str, whose: str, most_bytes: int = MOST_BYTES) -> bytes:
    """Return the bytes of a file; BadModel if it is missing, too large or another one."""
    body = read(file)
    if body is None:
        raise BadModel(f"{whose}: {file} is missing")
    if len(body) > most_bytes:
        raise BadModel(f"{whose}: {file} is larger than {most_bytes:,} bytes")
    if sha256(body).hexdigest() != digest:
        raise BadModel(f"{whose}: {file} is not the one that encoder.json names")
    return body


def whole(value: Any, least: int, most: int) -> int:
    """Return a whole number within its limits, else raise ValueError."""
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{value!r} is not in {least}..{most}")
    return value

"""An imported model as one artefact: the ONNX file, its tokenizer, and how both are used.

A zip file, not compressed, always the same bytes for the same model:

description.json    see `Description`
model.onnx          as it was imported
tokenizer.json      where it reads tokens, in the format of the library tokenizers
head.onnx           where a head was trained on its answers: see `recipes.text.onnx_model`
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Self

from labelloop.errors import BadModel, OutOfMemory
from labelloop.recipes.imported import FORMAT
from labelloop.recipes.imported.pixels import Pixels

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Trained

DESCRIPTION: Final = "description.json"
GRAPH: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
HEAD: Final = "head.onnx"
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)

# What an input of a graph is fed with: see `feeding`.
TEXT: Final = "text"
IDS: Final = "ids"
MASK: Final = "mask"
TYPES: Final = "types"
COLUMN: Final = "column"
COLUMNS: Final = "columns"
IMAGE: Final = "image"
ROLES: Final = (TEXT, IDS, MASK, TYPES, COLUMN, COLUMNS, IMAGE)

# How an output is read: see `reading`.
PROBABILITIES: Final = "probabilities"
LOGITS: Final = "logits"
FORMS: Final = (PROBABILITIES, LOGITS)

MODEL: Final = "model"
VECTORS: Final = "vectors"


@dataclass(frozen=True, slots=True)
class Fed:
    """An input of the graph: its name, what it is fed with, its type, and its shape.

    `shape`: 0 where a dimension may vary. `fields`: of the tasks' data, for columns.
    """

    name: str
    role: str
    type: str
    shape: tuple[int, ...]
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """How an imported model is used.

    `labels`: of its classes, in their order; `is_several`: whether any number of them may be right;
    `keys`: the classes as a map's keys, where the output is a list of maps. `output`: its name;
    `form`: probabilities or logits. `max_tokens`: of a text. `role`: `model` if trainings go their
    own way and must beat it, `vectors` if a head is trained on its answers, or on the output
    `vectors`, if that is named. `source`: what is known of the file, for the card. `pixels`: how
    images are prepared, None for a model that reads none.
    """

    labels: tuple[str, ...]
    inputs: tuple[Fed, ...]
    output: str
    form: str = PROBABILITIES
    is_several: bool = False
    keys: tuple[str | int, ...] = ()
    max_tokens: int = 0
    role: str = MODEL
    vectors: str = ""
    source: Mapping[str, Any] = field(default_factory=dict)
    pixels: Pixels | None = None

    def to_json(self) -> str:
        """Return it as it is stored."""
        return json.dumps(asdict(self) | {"format": FORMAT}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return a stored description; BadModel for anything else."""
        try:
            stored: dict[str, Any] = json.loads(text)
            if stored.pop("format") != FORMAT:
                raise BadModel("it was imported by another release: import it again")
            inputs = tuple(
                Fed(**each | {"shape": tuple(each["shape"]), "fields": tuple(each["fields"])})
                for each in stored.pop("inputs")
            )
            labels, keys = tuple(stored.pop("labels")), tuple(stored.pop("keys"))
            described = stored.pop("pixels", None)
            pixels = None if described is None else Pixels.of(described)
            read = cls(inputs=inputs, labels=labels, keys=keys, pixels=pixels, **stored)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as exc:
            raise BadModel(f"its description can't be read: {type(exc).__name__}") from exc
        are_known = (
            read.form in FORMS
            and read.role in (MODEL, VECTORS)
            and all(fed.role in ROLES for fed in inputs)
            and (read.pixels is not None) == any(fed.role == IMAGE for fed in inputs)
        )
        are_labels = len(labels) > 1 and all(isinstance(label, str) for label in labels)
        if not (are_known and are_labels):
            raise BadModel("its description can't be read: it names nothing that is known")
        return read


@dataclass(frozen=True, slots=True)
class Package:
    """An imported model, unpacked. `head`: of a version that was trained after it, else empty."""

    description: Description
    graph: bytes
    tokenizer: bytes = b""
    head: bytes = b""

    def packed(self) -> bytes:
        """Return the artefact. Equal packages give equal bytes."""
        files = {
            DESCRIPTION: self.description.to_json().encode(),
            GRAPH: self.graph,
            TOKENIZER: self.tokenizer,
            HEAD: self.head,
        }
        body = io.BytesIO()
        with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as archive:
            for name, content in files.items():
                if content:
                    archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), content)
        return body.getvalue()

    def with_head(self, trained: "Trained") -> "Trained":
        """Return a head that was trained beside the model, and the model, as one artefact."""
        artefact = replace(self, head=trained.artefact).packed()
        facts = {"bytes": len(artefact), "imported": dict(self.description.source)}
        return replace(trained, artefact=artefact, facts=trained.facts | facts)

    @classmethod
    def unpacked(cls, artefact: bytes) -> Self:
        """Return what an artefact holds; BadModel for any other bytes."""
        try:
            with zipfile.ZipFile(io.BytesIO(artefact)) as archive:
                files = {name: _read(archive, name) for name in archive.namelist()}
        except MemoryError as exc:
            raise OutOfMemory("there is too little memory to load the model") from exc
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as exc:
            raise BadModel(f"it is no imported model: {type(exc).__name__}") from exc
        if not {DESCRIPTION, GRAPH} <= files.keys():
            raise BadModel("it is no imported model: a part of it is missing")
        description = Description.from_json(files[DESCRIPTION])
        tokenizer, head = files.get(TOKENIZER, b""), files.get(HEAD, b"")
        return cls(description, files[GRAPH], tokenizer, head)


def is_package(artefact: bytes) -> bool:
    """Say whether an artefact holds an imported model, not one that was trained here."""
    return artefact.startswith(b"PK\x03\x04") and DESCRIPTION.encode() in artefact[:64]


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a file that is not compressed: so it is no larger than the archive."""
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise ValueError("compressed")
    return archive.read(name)

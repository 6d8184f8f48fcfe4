"""Read a model that a person imports, from a file or a folder, and see what can be known of it.

A folder as `save_pretrained`, optimum and the hub lay it out: an ONNX file, in it or in its folder
`onnx`, with tokenizer.json, config.json and preprocessor_config.json beside it or above.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from labelloop.adapters.onnx_file import MOST_BYTES, OnnxFile, read_onnx, with_plain_locale
from labelloop.cli.image_processor import prepared_by
from labelloop.errors import BadModel, BadSettings, Rejected
from labelloop.recipes.importing import ModelFile, packed

_GRAPH: Final = "model.onnx"
_MOST_TOKENIZER_BYTES: Final = 50_000_000
_UNNAMED: Final = re.compile(r"LABEL_\d+|\d+")  # as libraries call what nobody named
_ONE_FILE: Final = "name one of them: labelloop model import FOLDER/NAME.onnx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person says of a model: see the options of `labelloop model import`."""

    labels: Sequence[str] = ()
    role: str = "model"
    inputs: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[str] = ()
    output: str = ""
    vectors: str = ""
    max_tokens: int = 0
    pixels: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """The files of a model. `config`: of config.json, as transformers write it; empty without.

    `processor`: of preprocessor_config.json, how images are prepared.
    """

    path: Path
    graph: bytes
    tokenizer: bytes
    config: Mapping[str, Any]
    processor: Mapping[str, Any] = field(default_factory=dict)


def read_source(path: Path) -> Source:
    """Return a model's files; Rejected says what is missing."""
    file = _file(path)
    folders = [file.parent, *([file.parent.parent] if file.parent.name == "onnx" else [])]
    try:
        if file.stat().st_size > MOST_BYTES:
            raise BadModel(
                f"{file} has {file.stat().st_size:,} bytes, and {MOST_BYTES:,} fit into a "
                "function's memory",
                "quantise it to int8: onnxruntime.quantization.quantize_dynamic",
            )
        tokenizer = _beside("tokenizer.json", folders)
        if len(tokenizer) > _MOST_TOKENIZER_BYTES:
            raise BadModel(f"{file.parent}: tokenizer.json is too large", "use a smaller one")
        config, processor = (
            _config(_beside(name, folders)) for name in ("config.json", "preprocessor_config.json")
        )
        return Source(file, file.read_bytes(), tokenizer, config, processor)
    except OSError as exc:
        raise Rejected(f"{exc.filename}: {exc.strerror}", "name a file that you may read") from None


def artefact_of(source: Source, wishes: Wishes) -> tuple[bytes, OnnxFile, str]:
    """Return a model as an artefact, what stands in its file, and what is to be said of its labels.

    BadModel with what to do.
    """
    read = read_onnx(source.graph)
    graph = with_plain_locale(source.graph)
    labels = wishes.labels or _labels(source.config) or [str(one) for one in read.knows]
    texts = [one for one in read.knows if isinstance(one, str)]
    labels, remark = in_its_order(labels, texts or _labels(source.config))
    if not labels:
        raise BadSettings(
            "the labels of its numbers are unknown: neither it nor a config.json names them",
            "name them in its order: --labels spam,ham",
        )
    model = ModelFile(
        graph=graph,
        inputs=read.inputs,
        outputs=read.outputs,
        knows=read.knows,
        labels=labels,
        tokenizer=source.tokenizer,
        gets=wishes.inputs,
        columns=wishes.columns,
        output=wishes.output,
        vectors=wishes.vectors,
        role=wishes.role,
        max_tokens=wishes.max_tokens,
        pixels={**prepared_by(source.processor), **wishes.pixels},
        source={
            "file": source.path.name,
            "sha256": read.sha256,
            "bytes": read.bytes,
            "opset": read.opset,
            "producer": read.producer,
        },
    )
    return packed(model), read, remark


def in_its_order(labels: Sequence[str], names: Sequence[str]) -> tuple[Sequence[str], str]:
    """Return the labels in the order of a model's numbers, and what is to be said of that.

    `names`: what the file calls them, in its order; empty if it does not. Labels of the same names
    are taken by name, other ones by their place, as a label config may have names of its own.
    BadModel if a label has the name of another place.
    """
    by_name = {label.casefold(): label for label in labels}
    known = [name.casefold() for name in names]
    if sorted(by_name) == sorted(known) and len(by_name) == len(labels):
        ordered = [by_name[name] for name in known]
        if ordered == list(labels):
            return ordered, ""
        return ordered, f"by their names, in the order of the file: {', '.join(ordered)}"
    if len(labels) != len(names):
        return labels, ""
    pairs = list(zip(names, labels, strict=True))
    for place, (name, label) in enumerate(pairs, start=1):
        if label.casefold() in known and label.casefold() != name.casefold():
            message = f"its class {place} is {name!r}, and the label there is {label!r}"
            raise BadModel(message, f"name the labels in its order: {', '.join(names)}")
    if all(_UNNAMED.fullmatch(name) for name in names):
        return labels, ""
    return labels, f"by their places: {', '.join(f'{name} is {label}' for name, label in pairs)}"


def _file(path: Path) -> Path:
    if not path.exists():
        raise Rejected(f"there is no {path}", "name an .onnx file, or a folder with one")
    if not path.is_dir():
        return path
    found = [*sorted(path.glob("*.onnx")), *sorted((path / "onnx").glob("*.onnx"))]
    named = [one for one in found if one.name == _GRAPH]
    if not found:
        fix = "export the model: optimum-cli export onnx, or skl2onnx.to_onnx"
        raise Rejected(f"there is no .onnx file in {path}", fix)
    if len(found) > 1 and len(named) != 1:
        names = ", ".join(str(one.relative_to(path)) for one in found[:5])
        raise Rejected(f"there are several .onnx files in {path}: {names}", _ONE_FILE)
    return (named or found)[0]


def _beside(name: str, folders: Sequence[Path]) -> bytes:
    paths = (folder / name for folder in folders)
    return next((path.read_bytes() for path in paths if path.is_file()), b"")


def _config(body: bytes) -> Mapping[str, Any]:
    try:
        config = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}


def _labels(config: Mapping[str, Any]) -> list[str]:
    """Return the labels that a transformer's config.json names, in the order of their numbers."""
    named = config.get("id2label")
    if not isinstance(named, dict) or not all(str(key).isdecimal() for key in named):
        return []
    return [str(named[key]) for key in sorted(named, key=int)]

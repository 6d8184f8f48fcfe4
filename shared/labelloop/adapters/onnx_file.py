"""What stands in an ONNX file, read without running it: whether it can be served, and how it looks.

Whatever is wrong is a BadModel that says what, with what to do about it in `fix`. Some faults show
only when the graph runs: see `sandbox`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from labelloop.errors import BadModel

MOST_BYTES: Final = 200_000_000
OLDEST_OPSET: Final = 7  # onnxruntime reads no older one
_DOMAINS: Final = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}  # onnxruntime's own
_MOST_DEPTH: Final = 8  # of graphs within graphs
_MOST_SHOWN: Final = 3
_EXPORT_AGAIN: Final = "export the model again"
_OTHERS: Final = {  # what other files begin with: what they are, and what to do
    b"version https://git-lfs": ("a pointer of Git LFS, not the model", "git lfs pull"),
    b"PK\x03\x04": (
        "a zip file, such as torch.save writes",
        "export it: torch.onnx.export(model, ...)",
    ),
    b"\x80": ("a pickle", "export it: skl2onnx.to_onnx(model, ...)"),
    b"\x89HDF": ("an HDF5 file, such as Keras writes", "export it with tf2onnx or model.export"),
    b"GGUF": ("a GGUF file", "export it: optimum-cli export onnx"),
    b"TFL3": ("a TensorFlow Lite file", "export it with tf2onnx"),
    b"<": ("a page, not a model", "download it again, as the file itself"),
    b"{": ("a JSON file", "name the .onnx file"),
}


@dataclass(frozen=True, slots=True)
class Slot:
    """An input or output of a graph.

    `type`: of its elements as ONNX names them, such as `float`, `int64` or `string`; `sequence` or
    `map` for what is no tensor. `shape`: a name or an empty text where a dimension may vary.
    """

    name: str
    type: str
    shape: tuple[int | str, ...]

    def __str__(self) -> str:
        """Return it as people read it."""
        dimensions = ", ".join(str(each) if each != "" else "any" for each in self.shape)
        return f"{self.name!r} ({self.type}[{dimensions}])"


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """What is known of a file without running it. `operators`: as domain:name, sorted."""

    sha256: str
    bytes: int
    opset: int
    producer: str
    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    operators: tuple[str, ...]


def read_onnx(body: bytes, most_bytes: int = MOST_BYTES) -> OnnxFile:
    """Return what stands in a file; BadModel if it can't be served, whatever it computes."""
    _check_size(body, most_bytes)
    model = _parsed(body)
    try:
        opset = _opset(model)
        _check_weights(model)
        operators = _operators(model)
        given = {tensor.name for tensor in model.graph.initializer}
        inputs = [_slot(one) for one in model.graph.input if one.name not in given]
        outputs = [_slot(one) for one in model.graph.output]
    except (UnicodeDecodeError, ValueError) as exc:
        raise BadModel(f"it is damaged: {type(exc).__name__}", _EXPORT_AGAIN) from exc
    _check_ends(inputs, outputs)
    digest = sha256(body).hexdigest()
    facts = opset, str(model.producer_name)[:100], tuple(inputs), tuple(outputs), operators
    return OnnxFile(digest, len(body), *facts)


def _check_size(body: bytes, most_bytes: int) -> None:
    if not body:
        raise BadModel("it is empty", _EXPORT_AGAIN)
    for start, (what, fix) in _OTHERS.items():
        if body.startswith(start):
            raise BadModel(f"it is {what}", fix)
    if len(body) > most_bytes:
        raise BadModel(
            f"it has {len(body):,} bytes, and {most_bytes:,} fit into a function's memory",
            "quantise it to int8: onnxruntime.quantization.quantize_dynamic",
        )


def _parsed(body: bytes) -> Any:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    model = onnx.ModelProto()
    try:
        model.ParseFromString(body)
        is_model = model.ir_version > 0 and len(model.graph.node) > 0
    except (DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise BadModel("it is no ONNX file, or a part of one", "download it again") from exc
    if not is_model:
        raise BadModel("it is no ONNX model: it has no graph, or no node in it", _EXPORT_AGAIN)
    if model.ir_version > onnx.IR_VERSION:
        raise BadModel(
            f"its IR version is {model.ir_version}; up to {onnx.IR_VERSION} can be read",
            f"set it before saving: model.ir_version = {onnx.IR_VERSION}",
        )
    return model


def _opset(model: Any) -> int:
    """Return the version of the standard operators. Other domains must be onnxruntime's own."""
    import onnx

    newest = onnx.defs.onnx_opset_version()
    versions = {each.domain: each.version for each in model.opset_import}
    opset = versions.get("", versions.get("ai.onnx", 0))
    if not versions:
        raise BadModel("it names no opset", _EXPORT_AGAIN)
    if opset and not OLDEST_OPSET <= opset <= newest:
        raise BadModel(
            f"its opset is {opset}; {OLDEST_OPSET} to {newest} are known",
            "export it again with opset 17, or convert it: onnx.version_converter",
        )
    return int(opset)


def _check_weights(model: Any) -> None:
    """Refuse weights in other files, which would not come along."""
    import onnx

    for graph in _graphs(model):
        for tensor in _tensors(graph):
            if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
                where = {entry.key: entry.value for entry in tensor.external_data}
                raise BadModel(
                    f"it keeps weights in another file ({where.get('location', '?')!r:.80})",
                    "save it as one: onnx.save(onnx.load(path), path, save_as_external_data=False)",
                )


def _tensors(graph: Any) -> Iterator[Any]:
    yield from getattr(graph, "initializer", ())
    for sparse in getattr(graph, "sparse_initializer", ()):
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)


def _operators(model: Any) -> tuple[str, ...]:
    """Return the operators that a model uses; BadModel if onnxruntime has not all of them."""
    own = {(function.domain, function.name) for function in model.functions}
    used = {
        (node.domain, node.op_type)
        for graph in _graphs(model)
        for node in graph.node
        if (node.domain, node.op_type) not in own
    }
    custom = sorted(f"{domain}:{name}" for domain, name in used if domain not in _DOMAINS)
    if custom:
        raise BadModel(
            f"it uses operators of its own: {_listed(custom)}",
            "export it with standard operators only; texts are made into tokens by a "
            "tokenizer.json beside the model",
        )
    versions = {each.domain: each.version for each in model.opset_import}
    unknown = sorted(name for domain, name in used if not _is_known(domain, name, versions))
    if unknown:
        raise BadModel(
            f"onnxruntime has no operator {_listed(unknown)} in this opset",
            "export it again with opset 17",
        )
    return tuple(sorted(f"{domain}:{name}" for domain, name in used))


def _is_known(domain: str, name: str, versions: dict[str, int]) -> bool:
    import onnx

    if domain == "com.microsoft":
        return True  # onnxruntime alone knows those: they show when the graph is loaded
    domain = "" if domain == "ai.onnx" else domain
    newest = onnx.defs.onnx_opset_version() if not domain else 10_000
    return bool(onnx.defs.has(name, min(versions.get(domain, newest), newest), domain))


def _graphs(model: Any) -> Iterator[Any]:
    """Yield the graph, those within it, and the bodies of its functions: all that have nodes."""
    for graph in (model.graph, *model.functions):
        yield from _within(graph, 0)


def _within(graph: Any, depth: int) -> Iterator[Any]:
    if depth > _MOST_DEPTH:
        raise BadModel(f"it has graphs within graphs, more than {_MOST_DEPTH} deep", _EXPORT_AGAIN)
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            inner = [*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])]
            for each in inner:
                yield from _within(each, depth + 1)


def _slot(value: Any) -> Slot:
    import onnx

    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        return Slot(value.name, str(kind or "nothing").removesuffix("_type"), ())
    tensor = value.type.tensor_type
    types = {number: name.lower() for name, number in onnx.TensorProto.DataType.items()}
    shape = tuple(
        int(each.dim_value) if each.HasField("dim_value") else str(each.dim_param)
        for each in tensor.shape.dim
    )
    return Slot(value.name, types.get(tensor.elem_type, "unknown"), shape)


def _check_ends(inputs: Sequence[Slot], outputs: Sequence[Slot]) -> None:
    for slots, what in ((inputs, "input"), (outputs, "output")):
        if not slots:
            raise BadModel(f"it has no {what}", _EXPORT_AGAIN)
        names = [slot.name for slot in slots]
        if not all(names) or len(set(names)) < len(names):
            raise BadModel(f"two of its {what}s have one name, or one has none", _EXPORT_AGAIN)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")

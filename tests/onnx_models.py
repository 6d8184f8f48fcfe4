"""Models that people may import: exported by skl2onnx, or small graphs made by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from labelloop.adapters.onnx_file import read_onnx, with_plain_locale
from labelloop.recipes.importing import ModelFile, fitted_to, packed, read_as, tried

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
WIDTH = 8


def text_pipeline(texts: Sequence[str], labels: Sequence[Any], *, zipmap: bool = False) -> bytes:
    """Return TF-IDF and a logistic regression, as skl2onnx exports them: strings in."""
    made = make_pipeline(TfidfVectorizer(), LogisticRegression(C=100.0)).fit(texts, labels)
    options = {id(made): {"zipmap": zipmap}}
    inputs = [("text", StringTensorType([None, 1]))]
    exported = to_onnx(made, initial_types=inputs, options=options, target_opset=17)
    return bytes(exported.SerializeToString())


def topics_pipeline(texts: Sequence[str], ticked: Sequence[Sequence[bool]]) -> bytes:
    """Return a network on TF-IDF that says of each topic how likely it is, as skl2onnx has it."""
    network = MLPClassifier((), random_state=0, max_iter=2_000, learning_rate_init=0.05)
    made = make_pipeline(TfidfVectorizer(), network).fit(texts, np.array(ticked, np.int64))
    inputs = [("text", StringTensorType([None, 1]))]
    options = {id(made): {"zipmap": False}}
    exported = to_onnx(made, initial_types=inputs, options=options, target_opset=17)
    return bytes(exported.SerializeToString())


def number_model(rows: Sequence[Sequence[float]], labels: Sequence[Any]) -> bytes:
    """Return a logistic regression on numbers, as skl2onnx exports it."""
    made = LogisticRegression().fit(np.array(rows), labels)
    inputs = [("x", FloatTensorType([None, len(rows[0])]))]
    options = {id(made): {"zipmap": False}}
    exported = to_onnx(made, initial_types=inputs, options=options, target_opset=17)
    return bytes(exported.SerializeToString())


def image_model(images: Any, labels: Sequence[Any], *, channels_last: bool = False) -> bytes:
    """Return a logistic regression on pixels from 0 to 1, as skl2onnx exports it, behind a reshape.

    `images`: arrays of whole numbers from 0 to 255, shape (height, width, channels).
    """
    pixels = np.stack(images).astype(np.float32) / 255
    places = pixels if channels_last else pixels.transpose(0, 3, 1, 2)
    rows = places.reshape(len(places), -1)
    made = LogisticRegression(C=10.0, max_iter=1_000).fit(rows, labels)
    inputs = [("x", FloatTensorType([None, rows.shape[1]]))]
    options = {id(made): {"zipmap": False}}
    model = to_onnx(made, initial_types=inputs, options=options, target_opset=17)
    model.graph.node.insert(0, helper.make_node("Flatten", ["pixel_values"], ["x"]))
    del model.graph.input[:]
    shape = ["n", *places.shape[1:]]
    model.graph.input.append(
        helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, shape)
    )
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def convolution(colours: Sequence[Sequence[int]], *, size: int | str, kind: int) -> bytes:
    """Return a small network that tells colours apart: logits, and what it sees, `pooler_output`.

    A convolution, a mean over all places, and a layer that was fitted to these colours by least
    squares. `size`: of a side, a name for any; `kind`: of the numbers that it reads.
    """
    random = np.random.default_rng(0)
    kernels = random.normal(size=(6, 3, 1, 1)).astype(np.float32)
    unit = np.array(colours, np.float32) / 255
    seen = np.maximum(unit @ kernels[:, :, 0, 0].T, 0)
    padded = np.concatenate([seen, np.ones((len(seen), 1), np.float32)], axis=1)
    fitted = np.linalg.lstsq(padded, 8 * np.eye(len(colours)), rcond=None)[0].astype(np.float32)
    reads_whole = kind == TensorProto.UINT8
    nodes = [
        helper.make_node("Cast", ["pixels"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["float", "scale"], ["scaled"]),
        helper.make_node("Conv", ["scaled", "kernels"], ["found"]),
        helper.make_node("Relu", ["found"], ["active"]),
        helper.make_node("GlobalAveragePool", ["active"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["pooler_output"]),
        helper.make_node("Gemm", ["pooler_output", "weights", "bias"], ["logits"]),
    ]
    given = {
        "scale": np.array([1 / 255 if reads_whole else 1.0], np.float32),
        "kernels": kernels,
        "weights": fitted[:-1],
        "bias": fitted[-1],
    }
    graph = helper.make_graph(
        nodes,
        "convolution",
        [helper.make_tensor_value_info("pixels", kind, ["n", 3, size, size])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", len(colours)]),
            helper.make_tensor_value_info("pooler_output", TensorProto.FLOAT, ["n", 6]),
        ],
        [numpy_helper.from_array(array, name) for name, array in given.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    whole = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(whole)
    return bytes(whole.SerializeToString())


def tokenizer_of(words: Sequence[str]) -> bytes:
    """Return a tokenizer.json that knows some words."""
    vocabulary = {word: place for place, word in enumerate([*SPECIAL, *dict.fromkeys(words)])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return made.to_str().encode()


def transformer(
    words: Sequence[Sequence[str]], *, types: bool = False, pooled: bool = False
) -> tuple[bytes, bytes]:
    """Return a small attention model and its tokenizer. `words`: those that speak for each label.

    Embeddings, one head of self-attention with a residual, a masked mean, a head: logits.
    """
    known = list(dict.fromkeys(word for group in words for word in group))
    vectors = np.zeros((len(SPECIAL) + len(known), WIDTH), np.float32)
    for label, group in enumerate(words):
        for word in group:
            vectors[len(SPECIAL) + known.index(word), label] = 4.0
    head = np.eye(WIDTH, len(words), dtype=np.float32)
    weights = {
        "vectors": vectors,
        "head": head,
        "scale": np.array([0.1], np.float32),
        "one": np.array([1.0], np.float32),
        "far": np.array([-1e4], np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["vectors", "input_ids"], ["x"]),
        helper.make_node("Transpose", ["x"], ["xt"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["x", "xt"], ["dots"]),
        helper.make_node("Mul", ["dots", "scale"], ["scaled"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "axis1"], ["row_mask"]),
        helper.make_node("Sub", ["one", "row_mask"], ["hidden"]),
        helper.make_node("Mul", ["hidden", "far"], ["bias"]),
        helper.make_node("Add", ["scaled", "bias"], ["masked"]),
        helper.make_node("Softmax", ["masked"], ["attention"], axis=-1),
        helper.make_node("MatMul", ["attention", "x"], ["attended"]),
        helper.make_node("Add", ["attended", "x"], ["states"]),
        helper.make_node("Unsqueeze", ["mask", "axis2"], ["column_mask"]),
        helper.make_node("Mul", ["states", "column_mask"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "axis1"], ["sums"], keepdims=0),
        helper.make_node("ReduceSum", ["mask", "axis1"], ["length"], keepdims=1),
        helper.make_node("Div", ["sums", "length"], ["pooler_output"]),
        helper.make_node("MatMul", ["pooler_output", "head"], ["logits"]),
    ]
    inputs = [_slot(name) for name in ("input_ids", "attention_mask")]
    if types:
        inputs.append(_slot("token_type_ids"))
        nodes.append(helper.make_node("Identity", ["token_type_ids"], ["unused"]))
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", len(words)])]
    if pooled:
        outputs.append(
            helper.make_tensor_value_info("pooler_output", TensorProto.FLOAT, ["n", WIDTH])
        )
    axes = [numpy_helper.from_array(np.array([axis], np.int64), f"axis{axis}") for axis in (1, 2)]
    given = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "transformer", inputs, outputs, [*given, *axes])
    opset = [helper.make_opsetid("", 17)]
    whole = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(whole)
    return bytes(whole.SerializeToString()), tokenizer_of(known)


def _slot(name: str) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "tokens"])


def artefact_of(graph: bytes, labels: Sequence[str], control: Any = None, **named: Any) -> bytes:
    """Return a model as it is stored, read as a look at its output says.

    `control`: what it is imported for; one label of several if there is none.
    """
    graph = with_plain_locale(graph)
    read = read_onnx(graph)
    source = {"file": "model.onnx", "sha256": read.sha256}
    model = ModelFile(
        graph=graph,
        inputs=read.inputs,
        outputs=read.outputs,
        knows=read.knows,
        labels=labels,
        source=source,
        **named,
    )
    artefact = packed(model)
    if control is not None:
        artefact = fitted_to(artefact, control)
    reads_images = any(len(slot.shape) == 4 for slot in read.inputs)
    if reads_images:
        return read_as(artefact, tried(artefact, [])["form"])
    rows = [{"text": "a text", "fields": {}}] if not named.get("columns") else []
    return read_as(artefact, tried(artefact, rows)["form"]) if rows else artefact

"""Models that can't be served, each for a reason of its own: the file, its ends, what it does.

Each is a graph, a tokenizer.json, what a person says of it, and words of the reason.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from labelloop.cli.imported_model import Wishes
from tests.onnx_models import tokenizer_of

FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
LABELS = ("money", "travel", "food")
TOKENIZER = tokenizer_of(["the", "bank", "our", "flight", "soup", "was"])


@dataclass(frozen=True)
class Broken:
    """`made`: called for the graph, so that a large one is in memory for its own test alone."""

    made: Callable[[], bytes]
    says: str
    wishes: Wishes = Wishes(labels=LABELS)  # noqa: RUF009 - frozen
    tokenizer: bytes = TOKENIZER


def slot(name: str, kind: int, shape: Sequence[int | str]) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def weight(name: str, values: Any) -> Any:
    return numpy_helper.from_array(np.asarray(values), name)


IDS = slot("input_ids", INT64, ["n", "tokens"])
LOGITS = slot("logits", FLOAT, ["n", 3])
TABLE = weight("table", np.eye(20, 3, dtype=np.float32))
AXIS = weight("axis", np.array([1], np.int64))
LOOK_UP = [
    helper.make_node("Gather", ["table", "input_ids"], ["x"]),
    helper.make_node("ReduceSum", ["x", "axis"], ["logits"], keepdims=0),
]


def net(
    nodes: Sequence[Any] = LOOK_UP,
    inputs: Sequence[Any] = (IDS,),
    outputs: Sequence[Any] = (LOGITS,),
    weights: Sequence[Any] = (TABLE, AXIS),
    opsets: Sequence[tuple[str, int]] = (("", 17),),
    ir_version: int = 8,
) -> Any:
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(weights))
    versions = [helper.make_opsetid(*each) for each in opsets]
    return helper.make_model(graph, opset_imports=versions, ir_version=ir_version)


def bytes_of(*changes: Any, **parts: Any) -> Callable[[], bytes]:
    return lambda: net(*changes, **parts).SerializeToString()


def then(*nodes: Any, weights: Sequence[Any] = (), outputs: Sequence[Any] = (LOGITS,)) -> Any:
    """Return a graph whose sums go through more nodes: from `sums` to `logits`."""
    first = [LOOK_UP[0], helper.make_node("ReduceSum", ["x", "axis"], ["sums"], keepdims=0)]
    return bytes_of([*first, *nodes], weights=[TABLE, AXIS, *weights], outputs=outputs)


def op(kind: str, *ends: str, domain: str = "", **attributes: Any) -> Any:
    *inputs, output = ends
    return helper.make_node(kind, inputs, [output], domain=domain, **attributes)


def said(**named: Any) -> Wishes:
    return Wishes(**{"labels": LABELS} | named)


# -- the file ----------------------------------------------------------------------------------


def cut(share: float) -> Callable[[], bytes]:
    return lambda: (whole := net().SerializeToString())[: int(len(whole) * share)]


def external() -> bytes:
    model = net()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return bytes(model.SerializeToString())


def nested() -> bytes:
    graph = helper.make_graph([op("Identity", "a", "b")], "g", [], [])
    for _ in range(12):
        node = helper.make_node("If", ["c"], ["y"], then_branch=graph, else_branch=graph)
        graph = helper.make_graph([node], "g", [], [])
    return bytes(net(list(graph.node)).SerializeToString())


def not_utf8() -> bytes:
    return bytes(net(inputs=[slot("input_idz", INT64, ["n", "t"])]).SerializeToString()).replace(
        b"input_idz", b"input_\xff\xfe\xfd"
    )


def without(field: str) -> Callable[[], bytes]:
    def made() -> bytes:
        model = net()
        (model if field == "opset_import" else model.graph).ClearField(field)
        return bytes(model.SerializeToString())

    return made


FILES = {
    "empty": Broken(lambda: b"", "it is empty"),
    "words": Broken(lambda: b"This is the model, as promised.", "no ONNX"),
    "random bytes": Broken(lambda: np.random.default_rng(0).bytes(5_000), "no ONNX"),
    "cut in half": Broken(cut(0.5), "no ONNX file, or a part of one"),
    "cut at the end": Broken(cut(0.97), "no ONNX file, or a part of one"),
    "a pickle": Broken(lambda: b"\x80\x05\x95rest", "a pickle"),
    "of torch.save": Broken(lambda: b"PK\x03\x04archive/data.pkl", "a zip file"),
    "of Keras": Broken(lambda: b"\x89HDF\r\n\x1a\n", "HDF5"),
    "a page": Broken(lambda: b"<!DOCTYPE html><title>404</title>", "a page"),
    "a pointer": Broken(
        lambda: b"version https://git-lfs.github.com/spec/v1", "git lfs".title()[:3]
    ),
    "JSON": Broken(lambda: b'{"model_type": "bert"}', "a JSON file"),
    "GGUF": Broken(lambda: b"GGUF\x03", "a GGUF file"),
    "TensorFlow Lite": Broken(lambda: b"TFL3rest", "TensorFlow Lite"),
    "no graph": Broken(onnx.ModelProto(ir_version=8).SerializeToString, "no graph"),
    "no nodes": Broken(without("node"), "no node"),
    "no opset": Broken(without("opset_import"), "no opset"),
    "no input": Broken(without("input"), "no input"),
    "no output": Broken(without("output"), "no output"),
    "an opset to come": Broken(bytes_of(opsets=[("", 99)]), "its opset is 99"),
    "an opset of long ago": Broken(bytes_of(opsets=[("", 5)]), "its opset is 5"),
    "an IR version to come": Broken(bytes_of(ir_version=99), "its IR version is 99"),
    "weights elsewhere": Broken(external, "weights in another file"),
    "graphs within graphs": Broken(nested, "graphs within graphs"),
    "no UTF-8": Broken(not_utf8, "no UTF-8"),
    "operators of somebody": Broken(
        bytes_of([op("Think", "input_ids", "logits", domain="my.company")]), "my.company:Think"
    ),
    "onnxruntime-extensions": Broken(
        bytes_of([op("BertTokenizer", "input_ids", "logits", domain="ai.onnx.contrib")]),
        "ai.onnx.contrib:BertTokenizer",
    ),
    "an operator that is none": Broken(
        bytes_of([op("Nonesuch", "input_ids", "logits")]), "no operator Nonesuch"
    ),
    "an operator of a later opset": Broken(then(op("Gelu", "sums", "logits")), "no operator Gelu"),
    "two outputs of one name": Broken(bytes_of(outputs=[LOGITS, LOGITS]), "have one name"),
    "an input without a name": Broken(
        bytes_of(inputs=[slot("", INT64, ["n", "t"])]), "or one has none"
    ),
}

# -- inputs and outputs ------------------------------------------------------------------------


def ending(*outputs: Any) -> Callable[[], bytes]:
    return bytes_of(outputs=outputs)


def taking(*inputs: Any) -> Callable[[], bytes]:
    return bytes_of(inputs=inputs)


def of_kind(name: str, kind: int, *shape: int | str) -> Callable[[], bytes]:
    return taking(slot(name, kind, shape))


def knowing(count: int) -> Callable[[], bytes]:
    """Return a classifier of scikit-learn's kind that names its outcomes by numbers."""
    node = helper.make_node(
        "LinearClassifier",
        ["x"],
        ["label", "probabilities"],
        domain="ai.onnx.ml",
        coefficients=[1.0] * count * 2,
        intercepts=[0.0] * count,
        classlabels_ints=list(range(10, 10 + count)),
    )
    outputs = [slot("label", INT64, ["n"]), slot("probabilities", FLOAT, ["n", count])]
    opsets = [("", 17), ("ai.onnx.ml", 3)]
    return bytes_of([node], [slot("x", FLOAT, ["n", 2])], outputs, [], opsets)


def naming(*names: str) -> Callable[[], bytes]:
    """Return one that names them by texts."""
    node = helper.make_node(
        "LinearClassifier",
        ["x"],
        ["label", "probabilities"],
        domain="ai.onnx.ml",
        coefficients=[1.0] * len(names) * 2,
        intercepts=[0.0] * len(names),
        classlabels_strings=list(names),
    )
    outputs = [slot("label", STRING, ["n"]), slot("probabilities", FLOAT, ["n", len(names)])]
    opsets = [("", 17), ("ai.onnx.ml", 3)]
    return bytes_of([node], [slot("x", FLOAT, ["n", 2])], outputs, [], opsets)


def of_maps() -> bytes:
    model = net()
    value = model.graph.output[0]
    value.type.Clear()
    kinds = value.type.sequence_type.elem_type.map_type
    kinds.key_type = INT64
    kinds.value_type.tensor_type.elem_type = FLOAT
    return bytes(model.SerializeToString())


TWO = said(columns=("a", "b"))
ENDS = {
    "tokens without a tokenizer": Broken(bytes_of(), "there is no tokenizer.json", tokenizer=b""),
    "a mask of nothing": Broken(
        of_kind("attention_mask", INT64, "n", "t"), "no input of token ids"
    ),
    "tokens of three dimensions": Broken(
        of_kind("input_ids", INT64, "n", "t", 2), "nothing is known to fit"
    ),
    "tokens that are numbers": Broken(
        of_kind("input_ids", FLOAT, "n", "t"), "takes some numbers of a task"
    ),
    "eight tasks at once": Broken(of_kind("input_ids", INT64, 8, "t"), "always takes 8 tasks"),
    "an image": Broken(of_kind("pixels", FLOAT, "n", 3, 224, 224), "asks about a text"),
    "a sound": Broken(of_kind("samples", FLOAT, "n", "t", 1), "nothing is known to fit"),
    "numbers without names": Broken(of_kind("x", FLOAT, "n", 4), "takes 4 numbers of a task"),
    "numbers of too many names": Broken(
        of_kind("x", FLOAT, "n", 4), "2 columns are named", said(columns=("a", "b"))
    ),
    "five texts at once": Broken(of_kind("texts", STRING, "n", 5), "takes 5 values of a task"),
    "complex numbers": Broken(
        of_kind("x", TensorProto.COMPLEX64, "n", 4), "nothing is known to fit"
    ),
    "two matrices": Broken(
        taking(slot("a", FLOAT, ["n", 2]), slot("b", FLOAT, ["n", 3])), "nothing is known to fit"
    ),
    "an input that there is not": Broken(
        bytes_of(), "no input 'text'", said(inputs={"text": "text"})
    ),
    "an input that gets nothing known": Broken(
        bytes_of(), "gets no 'sound'", said(inputs={"input_ids": "sound"})
    ),
    "tokens for texts": Broken(
        bytes_of(), "and text is string", said(inputs={"input_ids": "text"})
    ),
    "a label too few": Broken(bytes_of(), "3 numbers for a task, and 2", said(labels=LABELS[:2])),
    "a label too many": Broken(
        bytes_of(), "3 numbers for a task, and 4", said(labels=(*LABELS, "sports"))
    ),
    "one label": Broken(bytes_of(), "two labels or more", said(labels=("food",))),
    "a label twice": Broken(
        bytes_of(), "two labels or more, each once", said(labels=("food", "food", "money"))
    ),
    "no label": Broken(bytes_of(), "are unknown", said(labels=())),
    "a label that is not offered": Broken(
        bytes_of(), "offers no sports", said(labels=("money", "travel", "sports"))
    ),
    "labels beyond those it has numbers for": Broken(knowing(5), "5 classes (10, 11, 12", TWO),
    "labels in another order": Broken(
        naming("food", "money", "other"), "its class 1 is 'food'", TWO
    ),
    "a label alone": Broken(ending(slot("label", INT64, ["n"])), "holds no numbers"),
    "a text for an answer": Broken(ending(slot("label", STRING, ["n", 1])), "holds no numbers"),
    "an answer for each token": Broken(
        ending(slot("logits", FLOAT, ["n", "t", 3])), "no row of numbers"
    ),
    "a number for a task": Broken(ending(slot("logits", FLOAT, ["n"])), "no row of numbers"),
    "an output that there is not": Broken(bytes_of(), "no output 'probs'", said(output="probs")),
    "two outputs that may be it": Broken(
        ending(slot("a", FLOAT, ["n", 3]), slot("b", FLOAT, ["n", 3])), "several outputs"
    ),
    "maps of nothing known": Broken(of_maps, "names no classes"),
    "vectors that there are not": Broken(
        bytes_of(), "is no row of numbers", said(role="vectors", vectors="hidden")
    ),
}

# -- what it does ------------------------------------------------------------------------------


def endless() -> bytes:
    """Return a graph whose loop never ends."""
    body = helper.make_graph(
        [op("Identity", "go", "go_on"), op("Add", "acc", "one", "more")],
        "body",
        [
            slot("i", INT64, []),
            slot("go", TensorProto.BOOL, []),
            slot("acc", FLOAT, ["n", 3]),
        ],
        [slot("go_on", TensorProto.BOOL, []), slot("more", FLOAT, ["n", 3])],
    )
    loop = helper.make_node("Loop", ["", "true", "sums"], ["logits"], body=body)
    true = weight("true", np.array(True))
    one = weight("one", np.ones(1, np.float32))
    return bytes(then(loop, weights=[true, one])())


def wide() -> bytes:
    """Return a graph that asks for 20 GB."""
    shape = weight("shape", np.array([70_000, 70_000], np.int64))
    nodes = [
        op("ConstantOfShape", "shape", "all"),
        op("ReduceSum", "all", "zero", keepdims=0),
        op("Add", "sums", "zero", "logits"),
    ]
    return bytes(then(*nodes, weights=[shape])())


def wrong_length() -> bytes:
    model = net()
    model.graph.initializer[0].raw_data = b"\x00" * 7
    return bytes(model.SerializeToString())


def slow() -> bytes:
    """Return a graph that takes seconds: a product of large matrices, again and again."""
    side = weight("side", np.array([1_500, 1_500], np.int64))
    nodes = [
        op("ConstantOfShape", "side", "nothing"),
        op("ReduceSum", "sums", "sum", keepdims=0),
        op("Add", "nothing", "sum", "m0"),
    ]
    nodes += [op("MatMul", f"m{i}", "m0", f"m{i + 1}") for i in range(60)]
    nodes += [op("ReduceMin", "m60", "least", keepdims=0), op("Min", "sums", "least", "logits")]
    return bytes(then(*nodes, weights=[side])())


ZERO = weight("zero", np.zeros(1, np.float32))
MINUS = weight("minus", np.array([-1.0], np.float32))
FIVE = slot("logits", FLOAT, ["n", "k"])
DEEDS = {
    "NaN": Broken(
        then(op("Div", "sums", "zero", "a"), op("Mul", "a", "zero", "logits"), weights=[ZERO]),
        "no finite numbers",
    ),
    "infinity": Broken(
        then(op("Exp", "sums", "a"), op("Div", "a", "zero", "logits"), weights=[ZERO]),
        "no finite numbers",
    ),
    "roots of what has none": Broken(
        then(
            op("Abs", "sums", "a"),
            op("Sub", "minus", "a", "b"),
            op("Sqrt", "b", "logits"),
            weights=[MINUS],
        ),
        "no finite numbers",
    ),
    "an endless loop": Broken(endless, "endless loop"),
    "all the memory": Broken(wide, "memory"),
    "a fixed number of rows": Broken(
        then(
            op("ReduceSum", "sums", "axis0", "logits", keepdims=1),
            weights=[weight("axis0", np.array([0], np.int64))],
        ),
        "has the shape",
    ),
    "more numbers than it says": Broken(
        then(op("Concat", "sums", "sums", "logits", axis=1), outputs=[FIVE]), "6 numbers for a task"
    ),
    "a shape that does not fit": Broken(
        then(
            op("Reshape", "sums", "shape", "logits"),
            weights=[weight("shape", np.array([7, 3], np.int64))],
        ),
        "onnxruntime does not run it",
    ),
    "chance": Broken(
        then(op("RandomUniformLike", "sums", "a"), op("Add", "sums", "a", "logits")),
        "answers differently",
    ),
    "the other tasks": Broken(
        then(
            op("ReduceMean", "sums", "mean", axes=[0], keepdims=1),
            op("Sub", "sums", "mean", "logits"),
        ),
        "answers differently",
    ),
    "tokens beyond its table": Broken(
        bytes_of(weights=[weight("table", np.eye(3, dtype=np.float32)), AXIS]),
        "onnxruntime does not run it",
    ),
    "a tokenizer that is no JSON": Broken(bytes_of(), "tokenizer.json can't", tokenizer=b"bert"),
    "a tokenizer of nothing": Broken(bytes_of(), "tokenizer.json can't", tokenizer=b"{}"),
    "a tokenizer cut in half": Broken(
        bytes_of(), "tokenizer.json can't", tokenizer=TOKENIZER[: len(TOKENIZER) // 2]
    ),
    "a tokenizer that is no text": Broken(
        bytes_of(), "tokenizer.json can't", tokenizer=b"\xff\xfe\x00"
    ),
    "types that don't fit": Broken(
        then(op("And", "sums", "sums", "logits")), "onnxruntime does not run it"
    ),
    "a circle": Broken(
        then(op("Add", "sums", "b", "a"), op("Add", "a", "a", "b"), op("Abs", "b", "logits")),
        "onnxruntime does not run it",
    ),
    "a weight that there is not": Broken(
        then(op("Add", "sums", "nowhere", "logits")), "onnxruntime does not run it"
    ),
    "a weight of another length": Broken(wrong_length, "onnxruntime does not run it"),
    "an operator that Microsoft has not": Broken(
        bytes_of(
            [op("Nonesuch", "input_ids", "logits", domain="com.microsoft")],
            opsets=[("", 17), ("com.microsoft", 1)],
        ),
        "onnxruntime does not run it",
    ),
    "an output that nothing makes": Broken(
        bytes_of([op("Gather", "table", "input_ids", "x")]), "onnxruntime does not run it"
    ),
    "fields that tasks lack": Broken(
        knowing(3), "what it reads: age, income", said(columns=("age", "income"))
    ),
    "fields that are no numbers": Broken(
        knowing(3), "what it reads: text", said(columns=("text", "text"))
    ),
    "seconds for a task": Broken(slow, "too slow"),
}

# -- of images ---------------------------------------------------------------------------------

IMAGE_LABELS = ("red", "green", "blue")
KERNELS = weight("kernels", np.eye(3, dtype=np.float32)[:, :, None, None])


def seeing(
    *nodes: Any,
    shape: Sequence[int | str] = ("n", 3, 8, 8),
    kind: int = FLOAT,
    weights: Sequence[Any] = (),
    outputs: Sequence[Any] = (LOGITS,),
) -> Callable[[], bytes]:
    """Return a graph of images: the mean of each channel as `sums`, and what comes after it."""
    first = [
        op("Conv", "pixels", "kernels", "found"),
        op("GlobalAveragePool", "found", "pooled"),
        op("Flatten", "pooled", "sums"),
    ]
    last = nodes or (op("Identity", "sums", "logits"),)
    return bytes_of([*first, *last], [slot("pixels", kind, shape)], outputs, [KERNELS, *weights])


def elsewhere() -> bytes:
    model = onnx.ModelProto.FromString(seeing()())
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="model.onnx_data")
    return bytes(model.SerializeToString())


def of_colours(**pixels: Any) -> Wishes:
    return said(labels=IMAGE_LABELS, pixels=pixels)


COLOURS = of_colours()
IMAGES = {
    "four channels": Broken(seeing(shape=("n", 4, 8, 8)), "4 channels", COLOURS),
    "two channels": Broken(seeing(shape=("n", 8, 8, 2)), "2 channels", COLOURS),
    "a channel too few named": Broken(seeing(), "3 channels, and 1", of_colours(order="grey")),
    "a gigapixel": Broken(
        seeing(shape=("n", 3, 32_768, 32_768)), "32,768 x 32,768 pixels", COLOURS
    ),
    "a gigapixel by name": Broken(
        seeing(shape=("n", 3, "h", "w")), "512 on a side", of_colours(height=32_768, width=32_768)
    ),
    "another size than it has": Broken(
        seeing(), "images of 8 x 8, and 16 x 16", of_colours(height=16, width=16)
    ),
    "eight images at once": Broken(seeing(shape=(8, 3, 8, 8)), "always takes 8 tasks", COLOURS),
    "an image beside a text": Broken(
        bytes_of(
            inputs=[slot("pixels", FLOAT, ["n", 3, 8, 8]), IDS],
        ),
        "nothing is known to fit",
        COLOURS,
    ),
    "an image beside tokens, as named": Broken(
        bytes_of(inputs=[slot("pixels", FLOAT, ["n", 3, 8, 8]), IDS]),
        "an image is read alone",
        said(labels=IMAGE_LABELS, inputs={"pixels": "image"}),
    ),
    "whole numbers of 64 bits": Broken(seeing(kind=INT64), "nothing is known to fit", COLOURS),
    "a label too few": Broken(
        seeing(), "3 numbers for a task, and 2", said(labels=IMAGE_LABELS[:2])
    ),
    "a label that is not offered": Broken(
        seeing(), "offers no pink", said(labels=("red", "green", "pink"))
    ),
    "a layer of another size": Broken(
        seeing(
            op("Flatten", "pixels", "all"),
            op("MatMul", "all", "dense", "logits"),
            shape=("n", 3, "h", "w"),
            weights=[weight("dense", np.ones((192, 3), np.float32))],
        ),
        "onnxruntime does not run it",
        of_colours(height=16, width=16),
    ),
    "NaN": Broken(
        seeing(
            op("Sub", "sums", "five", "a"),
            op("Log", "a", "logits"),
            weights=[weight("five", np.full(1, 5, np.float32))],
        ),
        "no finite numbers",
        COLOURS,
    ),
    "a number for each place": Broken(
        seeing(outputs=[slot("found", FLOAT, ["n", 3, 8, 8])]), "no row of numbers", COLOURS
    ),
    "all images of a batch": Broken(
        seeing(
            op("ReduceMean", "sums", "mean", axes=[0], keepdims=1),
            op("Sub", "sums", "mean", "logits"),
        ),
        "answers differently",
        COLOURS,
    ),
    "weights elsewhere": Broken(elsewhere, "weights in another file", COLOURS),
    "an operator that is none": Broken(
        seeing(op("SeeThrough", "sums", "logits")), "no operator SeeThrough", COLOURS
    ),
    "operators of somebody": Broken(
        seeing(op("SeeThrough", "sums", "logits", domain="my.vision")),
        "my.vision:SeeThrough",
        COLOURS,
    ),
    "a model of texts": Broken(
        bytes_of(), "asks about an image, and the model reads none", said(labels=IMAGE_LABELS)
    ),
}

# -- what somebody put into the bucket ---------------------------------------------------------


def description(**changes: Any) -> bytes:
    fields: dict[str, Any] = {
        "format": 1,
        "labels": list(LABELS),
        "keys": [],
        "inputs": [
            {"name": "input_ids", "role": "ids", "type": "int64", "shape": [0, 0], "fields": []}
        ],
        "output": "logits",
        "form": "logits",
        "max_tokens": 64,
        "role": "model",
        "vectors": "",
        "source": {},
    }
    return json.dumps(fields | changes).encode()

"""BERT's encoder (Devlin et al. 2019) as an ONNX graph of plain operators, with int8 weights.

The weights are stored as bytes and a scale for each output; the arithmetic is float32. Quantised
activations would be twice as fast, but their scales come from the whole batch or from the row, and
their sums from the processor at hand: a vector has to be the same with other batch mates, and on
another machine, years later. For the same reason the graph has no padding: all texts of a call have
the same number of tokens.
"""

import json
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET, IR = 20, 10
_IDS = "input_ids"

type Floats = NDArray[np.float32]


class Graph:
    """An ONNX graph; each call of `op` adds one node."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        """Add a constant, return its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype), name))
        return name

    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node, return the name of its output, or of each of its outputs."""
        names = [f"n{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def quantised(self, weights: Floats, axis: int) -> tuple[str, str]:
        """Add weights as int8, and the scales that give them back; a scale spans an axis."""
        scales = np.maximum(np.abs(weights).max(axis, keepdims=True), 1e-12) / np.float32(127)
        return self.constant(np.rint(weights / scales), np.int8), self.constant(scales)

    def dequantised(self, integers: str, scales: str) -> str:
        """Return the name of integers times scales; of constants onnxruntime does it at load."""
        return str(self.op("Mul", self.op("Cast", integers, to=TensorProto.FLOAT), scales))


class Layers:
    """The parts of BERT, by the names that their weights have in a checkpoint."""

    def __init__(self, weights: dict[str, Floats], config: dict[str, Any]) -> None:
        self.graph = Graph()
        self._weights, self._config = weights, config
        self._heads, self.width = config["num_attention_heads"], config["hidden_size"]

    def embeddings(self, ids: str, most: int) -> str:
        """Return the sum of word, position and segment embeddings, normalised; one segment."""
        graph, table = self.graph, self._weights
        integers, scales = graph.quantised(table["embeddings.word_embeddings.weight"], axis=1)
        words = graph.dequantised(
            graph.op("Gather", integers, ids), graph.op("Gather", scales, ids)
        )
        places = table["embeddings.position_embeddings.weight"][:most]
        places = places + table["embeddings.token_type_embeddings.weight"][0]
        zero = graph.constant([0], np.int64)
        length = graph.op("Shape", ids, start=1, end=2)
        place = graph.op("Slice", graph.constant(places), zero, length, zero)
        return self._normalised(graph.op("Add", words, place), "embeddings.LayerNorm")

    def block(self, x: str, name: str) -> str:
        """Return one transformer block."""
        graph, before = self.graph, f"{name}attention."
        parts = [f"{before}self.{part}" for part in ("query", "key", "value")]
        attended = self._linear(self._attention(self._linear(x, *parts)), f"{before}output.dense")
        x = self._normalised(graph.op("Add", attended, x), f"{before}output.LayerNorm")
        inner = graph.op("Gelu", self._linear(x, f"{name}intermediate.dense"))
        outer = self._linear(inner, f"{name}output.dense")
        return self._normalised(graph.op("Add", outer, x), f"{name}output.LayerNorm")

    def _attention(self, projected: str) -> str:
        op, constant = self.graph.op, self.graph.constant
        head_width = self.width // self._heads
        by_head = constant([0, 0, self._heads, head_width], np.int64)
        query, key, value = (
            op("Transpose", op("Reshape", part, by_head), perm=order)
            for part, order in zip(
                op("Split", projected, outputs=3, axis=-1, num_outputs=3),
                ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]),
                strict=True,
            )
        )
        scores = op("Mul", op("MatMul", query, key), constant(head_width**-0.5))
        mixed = op("MatMul", op("Softmax", scores, axis=-1), value)
        joined = op("Transpose", mixed, perm=[0, 2, 1, 3])
        return str(op("Reshape", joined, constant([0, 0, self.width], np.int64)))

    def _linear(self, x: str, *names: str) -> str:
        weights = np.concatenate([self._weights[f"{name}.weight"] for name in names]).T
        bias = np.concatenate([self._weights[f"{name}.bias"] for name in names])
        matrix = self.graph.dequantised(*self.graph.quantised(weights, axis=0))
        return str(self.graph.op("Add", self.graph.op("MatMul", x, matrix), self._floats(bias)))

    def _normalised(self, x: str, name: str) -> str:
        scale, bias = (self._floats(self._weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        epsilon = self._config["layer_norm_eps"]
        return str(self.graph.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=epsilon))

    def _floats(self, values: Floats) -> str:
        return self.graph.constant(values)


def bert(weights: bytes, config: dict[str, Any], most: int) -> onnx.ModelProto:
    """Return the graph: from ids of up to `most` tokens, shape (texts, tokens), to unit vectors.

    A vector is the mean of its tokens' last states (Reimers and Gurevych 2019).
    """
    layers = Layers(tensors(weights), config)
    graph = layers.graph
    x = _states(layers, config["num_hidden_layers"], most)
    mean = graph.op("ReduceMean", x, graph.constant([1], np.int64), keepdims=0)
    graph.nodes.append(helper.make_node("LpNormalization", [mean], ["vectors"], axis=-1, p=2))
    return _model(layers, "vectors", ["texts", layers.width])


def lower(weights: bytes, config: dict[str, Any], most: int, blocks: int) -> onnx.ModelProto:
    """Return the graph of the first transformer blocks alone: from ids to each token's state.

    A graph of its own: as a further output of `bert`'s, onnxruntime would compute all blocks for
    it, and join other operators than before, which changes the last bits of the vectors.
    """
    layers = Layers(tensors(weights), config)
    states = _states(layers, blocks, most)
    layers.graph.nodes.append(helper.make_node("Identity", [states], ["states"]))
    return _model(layers, "states", ["texts", "tokens", layers.width])


def _states(layers: Layers, blocks: int, most: int) -> str:
    x = layers.embeddings(_IDS, most)
    for number in range(blocks):
        x = layers.block(x, f"encoder.layer.{number}.")
    return x


def _model(layers: Layers, output: str, shape: list[str | int]) -> onnx.ModelProto:
    made = helper.make_graph(
        layers.graph.nodes,
        "encoder",
        [helper.make_tensor_value_info(_IDS, TensorProto.INT64, ["texts", "tokens"])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
        layers.graph.constants,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)


def tensors(body: bytes) -> dict[str, Floats]:
    """Return the float tensors of a safetensors file, by name."""
    start = 8 + int.from_bytes(body[:8], "little")
    header = json.loads(body[8:start])
    return {
        name: np.frombuffer(memoryview(body)[start:][slice(*entry["data_offsets"])], "<f4").reshape(
            entry["shape"]
        )
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }

"""EfficientNet-Lite0 (Tan and Le 2019; Liu 2020) as an ONNX graph of plain operators.

Its convolutions have int8 weights with a scale for each output; the arithmetic is float32, so that
a vector is the same on any machine. Batch normalisation is folded into the convolutions. The layer
that names ImageNet's classes is left out: a vector is the mean of the last states over the image.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET, IR = 20, 10
SIZE: Final = 224
WIDTH: Final = 1_280
_EPSILON: Final = 1e-3  # of batch normalisation, as TensorFlow trained it
# Stride and number of the blocks of each stage; kernels and widths are in the weights.
_STAGES: Final = ((1, 1), (2, 2), (2, 2), (2, 3), (1, 3), (2, 4), (1, 1))

type Floats = NDArray[np.float32]


class Layers:
    """The parts of the network, by the names that their weights have in a checkpoint."""

    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        self._weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node, return the name of its output."""
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        """Add a constant, return its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype), name))
        return name

    def convolved(self, x: str, conv: str, norm: str, stride: int = 1) -> str:
        """Return a convolution and its normalisation; padded as TensorFlow pads."""
        kernel, table = self._weights[f"{conv}.weight"], self._weights
        scale = table[f"{norm}.weight"] / np.sqrt(table[f"{norm}.running_var"] + _EPSILON)
        bias = table[f"{norm}.bias"] - table[f"{norm}.running_mean"] * scale
        is_depthwise = kernel.shape[1] == 1 and kernel.shape[2] > 1
        return self.op(
            "Conv",
            x,
            self._quantised(np.asarray(kernel * scale[:, None, None, None], np.float32)),
            self.constant(bias),
            auto_pad="SAME_UPPER",
            strides=[stride, stride],
            group=len(kernel) if is_depthwise else 1,
        )

    def block(self, x: str, name: str, stride: int) -> str:
        """Return an inverted residual block (Sandler et al. 2018)."""
        inner = x
        if f"{name}_expand_conv.weight" in self._weights:
            inner = self.clipped(self.convolved(x, f"{name}_expand_conv", f"{name}_bn0"))
        inner = self.convolved(inner, f"{name}_depthwise_conv", f"{name}_bn1", stride)
        outer = self.convolved(self.clipped(inner), f"{name}_project_conv", f"{name}_bn2")
        return self.op("Add", outer, x) if self._is_residual(name, stride) else outer

    def clipped(self, x: str) -> str:
        """Return numbers from 0 to 6."""
        return self.op("Clip", x, self.constant(0.0), self.constant(6.0))

    def _is_residual(self, name: str, stride: int) -> bool:
        first = self._weights.get(f"{name}_expand_conv.weight")
        width = self._weights[f"{name}_project_conv.weight"].shape[0]
        return stride == 1 and first is not None and first.shape[1] == width

    def _quantised(self, kernel: Floats) -> str:
        """Return a kernel as int8 times scales; of constants onnxruntime does it at load."""
        scales = np.maximum(np.abs(kernel).max((1, 2, 3), keepdims=True), 1e-12) / np.float32(127)
        integers = self.constant(np.rint(kernel / scales), np.int8)
        return self.op(
            "Mul", self.op("Cast", integers, to=TensorProto.FLOAT), self.constant(scales)
        )


def efficientnet(weights: Mapping[str, NDArray[Any]]) -> onnx.ModelProto:
    """Return the graph: from normalised images, shape (images, 3, SIZE, SIZE), to unit vectors."""
    layers = Layers(weights)
    x = layers.clipped(layers.convolved("images", "_conv_stem", "_bn0", stride=2))
    number = 0
    for stride, blocks in _STAGES:
        for place in range(blocks):
            x = layers.block(x, f"_blocks.{number}.", 1 if place else stride)
            number += 1
    x = layers.clipped(layers.convolved(x, "_conv_head", "_bn1"))
    mean = layers.op("Flatten", layers.op("GlobalAveragePool", x))
    layers.nodes.append(helper.make_node("LpNormalization", [mean], ["vectors"], axis=-1, p=2))
    graph = helper.make_graph(
        layers.nodes,
        "encoder",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["images", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["images", WIDTH])],
        layers.constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)

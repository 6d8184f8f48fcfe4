"""Models that do harm or make no sense, under a pointer that names their very checksum."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from labelloop.recipes.text.onnx_model import METADATA


def changed(model: bytes, change: Callable[[Any], object]) -> bytes:
    graph = onnx.load_from_string(model)
    change(graph)
    return bytes(graph.SerializeToString())


def largest(model: Any) -> Any:
    return max(model.graph.initializer, key=lambda tensor: int(np.prod(tensor.dims)))


def weights_of(number: float) -> Callable[[Any], object]:
    def change(model: Any) -> None:
        tensor = largest(model)
        values = np.full(tuple(tensor.dims), number, np.float32)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))

    return change


def external(location: str) -> Callable[[Any], object]:
    def change(model: Any) -> None:
        tensor = largest(model)
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
        tensor.data_location = TensorProto.EXTERNAL
        for name, value in (("location", location), ("offset", "0"), ("length", "64")):
            tensor.external_data.add(key=name, value=value)

    return change


def two_gigabytes(model: Any) -> None:
    largest(model).dims[0] = 268_435_456


def told(**changes: Any) -> Callable[[Any], object]:
    """Change what the metadata tell."""

    def change(model: Any) -> None:
        (prop,) = (one for one in model.metadata_props if one.key == METADATA)
        known = json.loads(prop.value)
        prop.value = json.dumps({k: v for k, v in (known | changes).items() if v is not None})

    return change


def operator(name: str, domain: str = "") -> Callable[[Any], object]:
    def change(model: Any) -> None:
        model.graph.node[-1].op_type = name
        model.graph.node[-1].domain = domain

    return change


FORGED: dict[str, Callable[[Any], object]] = {
    "NaN weights": weights_of(float("nan")),
    "infinite weights": weights_of(float("inf")),
    "external data": external("weights.bin"),
    "external data of this machine": external("/etc/passwd"),
    "external data further up": external("../../../../etc/passwd"),
    "claims 2 GB": two_gigabytes,
    "unknown operator": operator("Exec"),
    "operator of another domain": operator("Softmax", "org.example"),
    "no probabilities": operator("Identity"),
    "fewer labels than columns": told(classes=["Positive"]),
    "more labels than columns": told(classes=["Positive", "Negative", "Neutral"]),
    "labels that are no list": told(classes=7),
    "labels that are no texts": told(classes=[1, 2]),
    "no labels": told(classes=None),
    "another format": told(format=99),
    "no metadata": lambda model: model.ClearField("metadata_props"),
    "no nodes": lambda model: model.graph.ClearField("node"),
    "no outputs": lambda model: model.graph.ClearField("output"),
    "other inputs": lambda model: setattr(model.graph.input[0], "name", "x"),
    "a future opset": lambda model: setattr(model.opset_import[0], "version", 999),
    "a future IR": lambda model: setattr(model, "ir_version", 999),
}

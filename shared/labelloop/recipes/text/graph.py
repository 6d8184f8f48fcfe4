"""The model as a numeric ONNX graph, node by node: skl2onnx copies arrays number by number."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from labelloop.recipes.text.bags import CLOSEST
from labelloop.recipes.text.pooled_experts import LEAST, NEARNESS, PooledExperts

_OPSET: Final = 18
_FLOATS: Final = TensorProto.FLOAT


def graph_of(model: PooledExperts) -> ModelProto:
    """Return the graph: ids, counts and, if trained with them, vectors in; probabilities out."""
    nodes = _Nodes()
    inputs = [_value("ids", TensorProto.INT64, "longest"), _value("counts", _FLOATS, "longest")]
    logits = nodes.add("Add", _bag_scores(nodes, model), model.intercepts_)
    if "vector" in model.coefficients_:
        inputs.append(_value("vectors", _FLOATS, len(model.centre_)))
        vectors = _centred(nodes, model.centre_)
        scores = nodes.add("MatMul", vectors, model.coefficients_["vector"])
        logits = nodes.add("Add", logits, scores)
        if len(model.landmarks_):
            logits = _smoothed(nodes, model, logits, vectors)
    answer = nodes.add("Softmax", logits, axis=1, name="probabilities")
    outputs = [_value(answer, _FLOATS, len(model.classes_))]
    graph = helper.make_graph(nodes.made, "labelloop", inputs, outputs, nodes.constants)
    opsets = [helper.make_opsetid("", _OPSET)]
    return helper.make_model_gen_version(graph, opset_imports=opsets)


def _value(name: str, kind: int, width: str | int) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, ["texts", width])


class _Nodes:
    """Nodes and constants, as they are added. A node and its only output have one name."""

    def __init__(self) -> None:
        self.made: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def add(self, kind: str, *inputs: Any, name: str = "", **attributes: Any) -> str:
        """Add a node and return its name. Inputs: names of others, or arrays for constants."""
        name = name or f"{kind}_{len(self.made)}"
        names = [one if isinstance(one, str) else self._constant(one) for one in inputs]
        self.made.append(helper.make_node(kind, names, [name], name, **attributes))
        return name

    def _constant(self, values: NDArray[Any]) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name


def _centred(nodes: _Nodes, centre: NDArray[np.float32]) -> str:
    """Return vectors as seen from the centre, as `bags.centred` has them."""
    moved = nodes.add("Sub", "vectors", nodes.add("Mul", _length(nodes, "vectors"), centre))
    return nodes.add("Div", moved, nodes.add("Max", _length(nodes, moved), _floats([CLOSEST])))


def _length(nodes: _Nodes, rows: str) -> str:
    return nodes.add("ReduceL2", rows, np.array([1]), keepdims=1)


def _smoothed(nodes: _Nodes, model: PooledExperts, logits: str, vectors: str) -> str:
    """Return log-probabilities mixed with those around, as PooledExperts.predict_proba has them."""
    likeness = nodes.add("MatMul", vectors, NEARNESS * model.landmarks_.T)
    around = nodes.add(
        "MatMul", nodes.add("Softmax", likeness, axis=1), model.landmark_probabilities_
    )
    others = nodes.add("Log", nodes.add("Max", around, _floats([LEAST])))
    own = nodes.add("Mul", nodes.add("LogSoftmax", logits, axis=1), _floats([1 - model.smoothing_]))
    return nodes.add("Add", own, nodes.add("Mul", others, _floats([model.smoothing_])))


def _bag_scores(nodes: _Nodes, model: PooledExperts) -> str:
    """Return tf, sublinear, idf, unit norm, then the sum of the terms' rows of coefficients.

    Id 0 is padding: its idf and its row are zero. Nothing has the width of the vocabulary but the
    coefficients themselves, so memory goes with the length of the texts.
    """
    coefficients = model.coefficients_["bag"]
    idf = _floats(np.concatenate([[0.0], model.tfidf_.idf_]))
    rows = _floats(np.vstack([np.zeros((1, coefficients.shape[1])), coefficients]))
    one, tiny, axis = _floats([1.0]), _floats([1e-12]), np.array([1])
    tf = nodes.add("Add", nodes.add("Log", nodes.add("Max", "counts", one)), one)
    weighted = nodes.add("Mul", tf, nodes.add("Gather", idf, "ids"))
    unit = nodes.add("Div", weighted, nodes.add("Max", _length(nodes, weighted), tiny))
    scores = nodes.add("Gather", rows, "ids")
    bag = nodes.add("MatMul", nodes.add("Unsqueeze", unit, axis), scores)
    return nodes.add("Squeeze", bag, axis)


def _floats(values: Any) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)

"""The model as a numeric ONNX graph: skl2onnx's converter of PooledExperts."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from skl2onnx import convert_sklearn, update_registered_converter
from skl2onnx.algebra import onnx_ops as ops
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType

from labelloop.recipes.text_choices.bags import CLOSEST
from labelloop.recipes.text_choices.pooled_experts import LEAST, NEARNESS, SMOOTHING, PooledExperts

_OPSET: Final = 18


def graph_of(model: PooledExperts) -> Any:
    """Return the graph: ids, counts and, if trained with them, vectors in; probabilities out."""
    inputs = [
        ("ids", Int64TensorType([None, None])),
        ("counts", FloatTensorType([None, None])),
    ]
    if "vector" in model.coefficients_:
        inputs.append(("vectors", FloatTensorType([None, len(model.coefficients_["vector"])])))
    return convert_sklearn(model, "labelloop", initial_types=inputs, target_opset=_OPSET)


def _declare_shape(operator: Any) -> None:
    rows = operator.inputs[0].get_first_dimension()
    width = len(operator.raw_operator.classes_)
    operator.outputs[0].type = FloatTensorType([rows, width])


def _op(kind: Any, *inputs: Any, **attributes: Any) -> Any:
    return kind(*inputs, op_version=_OPSET, **attributes)


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """Write the graph: the scores of the bag and of the vector, summed, and their softmax."""
    model: PooledExperts = operator.raw_operator
    ids, counts, *vectors = operator.inputs
    logits = _op(ops.OnnxAdd, _bag_scores(model, ids, counts), model.intercepts_)
    for vector in vectors:
        moved = _centred(vector, model.centre_)
        logits = _op(ops.OnnxAdd, logits, _op(ops.OnnxMatMul, moved, model.coefficients_["vector"]))
        if len(model.landmarks_):
            logits = _smoothed(model, logits, moved)
    softmax = _op(ops.OnnxSoftmax, logits, axis=1, output_names=operator.outputs)
    softmax.add_to(scope, container)


def _centred(vectors: Any, centre: NDArray[np.float32]) -> Any:
    """Return vectors as seen from the centre, as `bags.centred` has them."""
    moved = _op(ops.OnnxSub, vectors, _op(ops.OnnxMul, _length(vectors), centre))
    return _op(ops.OnnxDiv, moved, _op(ops.OnnxMax, _length(moved), _floats([CLOSEST])))


def _length(rows: Any) -> Any:
    return _op(ops.OnnxReduceL2, rows, np.array([1]), keepdims=1)


def _smoothed(model: PooledExperts, logits: Any, vectors: Any) -> Any:
    """Return log-probabilities mixed with those around, as PooledExperts.predict_proba has them."""
    near = np.ascontiguousarray(NEARNESS * model.landmarks_.T)
    shares = _op(ops.OnnxSoftmax, _op(ops.OnnxMatMul, vectors, near), axis=1)
    around = _op(ops.OnnxMatMul, shares, model.opinions_)
    others = _op(ops.OnnxLog, _op(ops.OnnxMax, around, _floats([LEAST])))
    own = _op(ops.OnnxMul, _op(ops.OnnxLogSoftmax, logits, axis=1), _floats([1 - SMOOTHING]))
    return _op(ops.OnnxAdd, own, _op(ops.OnnxMul, others, _floats([SMOOTHING])))


def _bag_scores(model: PooledExperts, ids: Any, counts: Any) -> Any:
    """Return tf, sublinear, idf, unit norm, then the sum of the terms' rows of coefficients.

    Id 0 is padding: its idf and its row are zero. Nothing has the width of the vocabulary but the
    coefficients themselves, so memory goes with the length of the texts.
    """
    coefficients = model.coefficients_["bag"]
    idf = _floats(np.concatenate([[0.0], model.tfidf_.idf_]))
    rows = _floats(np.vstack([np.zeros((1, coefficients.shape[1])), coefficients]))
    one, tiny, axis = _floats([1.0]), _floats([1e-12]), np.array([1])
    tf = _op(ops.OnnxAdd, _op(ops.OnnxLog, _op(ops.OnnxMax, counts, one)), one)
    weighted = _op(ops.OnnxMul, tf, _op(ops.OnnxGather, idf, ids))
    unit = _op(ops.OnnxDiv, weighted, _op(ops.OnnxMax, _length(weighted), tiny))
    bag = _op(ops.OnnxMatMul, _op(ops.OnnxUnsqueeze, unit, axis), _op(ops.OnnxGather, rows, ids))
    return _op(ops.OnnxSqueeze, bag, axis)


def _floats(values: Any) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)


update_registered_converter(PooledExperts, "LabelloopPooledExperts", _declare_shape, _convert)

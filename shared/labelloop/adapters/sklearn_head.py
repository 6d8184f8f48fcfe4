"""Fitting a head with scikit-learn, and turning it into a numeric ONNX graph with skl2onnx."""

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from skl2onnx import convert_sklearn, update_registered_converter
from skl2onnx.algebra import onnx_ops as ops
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from labelloop.adapters.onnx_head import METADATA, OnnxHead
from labelloop.domain.features import Bags, Features
from labelloop.errors import BadModel, Unprocessable
from labelloop.pointers import FORMAT

MOST_TERMS: Final = 50_000
_MOST_WEIGHTS: Final = 2_000_000  # terms times classes: 8 MB of the artefact
TOLERANCE: Final = 1e-5  # between scikit-learn's probabilities and the graph's
_CHECKED_TEXTS: Final = 100
_OPSET: Final = 18


class BagClassifier(BaseEstimator):  # type: ignore[misc]
    """TF-IDF weights and logistic regression on counts of terms.

    Balanced class weights: with few labels and many classes the rare ones would be drowned.
    """

    def fit(self, counts: Any, labels: Sequence[str]) -> "BagClassifier":
        """Learn from a sparse matrix of counts, shape (texts, terms)."""
        self.tfidf_ = TfidfTransformer(sublinear_tf=True).fit(counts)
        self.regression_ = LogisticRegression(C=10, class_weight="balanced", max_iter=500)
        self.regression_.fit(self.tfidf_.transform(counts), labels)
        self.classes_ = self.regression_.classes_
        return self

    def predict_proba(self, counts: Any) -> NDArray[np.float64]:
        """Return probabilities, shape (texts, classes)."""
        rows: NDArray[np.float64] = self.regression_.predict_proba(self.tfidf_.transform(counts))
        return rows

    @property
    def weights(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Coefficients, shape (classes, terms), and intercepts whose softmax is `predict_proba`.

        Two classes have one row w in scikit-learn: the softmax of (-w/2, w/2) is its sigmoid.
        """
        coef, intercept = self.regression_.coef_, self.regression_.intercept_
        if len(self.classes_) == 2:
            return np.vstack([-coef / 2, coef / 2]), np.concatenate([-intercept / 2, intercept / 2])
        return coef, intercept


class SklearnHead:
    """A fitted head: the reference that its artefact is checked against."""

    encoder = ""  # it looks at no vectors

    def __init__(self, ids: NDArray[np.uint32], classifier: BagClassifier) -> None:
        self.ids = ids  # of the terms that have weights, ascending
        self._classifier = classifier
        self.classes: list[str] = [str(name) for name in classifier.classes_]

    @classmethod
    def fit(cls, features: Features, labels: Sequence[str]) -> "SklearnHead":
        """Learn from texts and their labels, of two classes or more. Deterministic."""
        ids = frequent(features.bags, min(MOST_TERMS, _MOST_WEIGHTS // len(set(labels))))
        if not len(ids):
            raise Unprocessable("the labelled texts hold no words")
        return cls(ids, BagClassifier().fit(_matrix(features.bags, ids), labels))

    def predict_proba(self, features: Features) -> NDArray[np.float64]:
        """Return probabilities, shape (texts, classes)."""
        return self._classifier.predict_proba(_matrix(features.bags, self.ids))

    def to_onnx(self) -> bytes:
        """Return the artefact: one numeric graph, its terms and classes in the metadata."""
        inputs = [
            ("ids", Int64TensorType([None, None])),
            ("counts", FloatTensorType([None, None])),
        ]
        model = convert_sklearn(
            self._classifier, "labelloop", initial_types=inputs, target_opset=_OPSET
        )
        known = {
            "format": FORMAT,
            "classes": self.classes,
            "encoder": self.encoder,
            "ids": self.ids.tolist(),
        }
        onnx.helper.set_model_props(model, {METADATA: json.dumps(known)})
        return bytes(model.SerializeToString())


def frequent(bags: Bags, most: int) -> NDArray[np.uint32]:
    """Return the ids that most texts hold, ascending; of equally frequent ones the lowest."""
    ids, texts = np.unique(bags.ids, return_counts=True)
    return np.sort(ids[np.argsort(-texts, kind="stable")[:most]])


def _matrix(bags: Bags, ids: NDArray[np.uint32]) -> csr_matrix:
    """Return counts, shape (texts, ids); terms of other ids are left out."""
    places = np.searchsorted(ids, bags.ids)
    is_known = np.append(ids, 0)[places] == bags.ids
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(is_known)])[bags.starts]
    counts = bags.counts[is_known].astype(np.float64)
    return csr_matrix((counts, places[is_known], starts), (len(bags), len(ids)))


def train_head(
    features: Features, labels: Sequence[str], encoder: str = ""
) -> tuple[bytes, dict[str, Any]]:
    """Return a checked artefact, and what is worth knowing about it; BadModel if it differs.

    The artefact is loaded by the predictor's own code, and must give scikit-learn's answers.
    """
    head = SklearnHead.fit(features, labels)
    artefact = head.to_onnx()
    probes = features.take(range(min(len(features), _CHECKED_TEXTS)))
    expected, served = head.predict_proba(probes), OnnxHead(artefact).predict_proba(probes)
    difference = float(np.abs(expected - served).max())
    if difference > TOLERANCE:
        raise BadModel(f"the graph's probabilities are up to {difference:.1e} off")
    return artefact, {
        "bytes": len(artefact),
        "terms": len(head.ids),
        "largest_difference": difference,
    }


def _declare_shape(operator: Any) -> None:
    rows = operator.inputs[0].get_first_dimension()
    width = len(operator.raw_operator.classes_)
    operator.outputs[0].type = FloatTensorType([rows, width])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """Write the graph: tf, sublinear, idf, unit norm, then the sum of the terms' weight rows.

    Id 0 is padding: its idf and its row of weights are zero. Nothing has the width of the
    vocabulary but the weights themselves, so memory goes with the length of the texts.
    """
    classifier: BagClassifier = operator.raw_operator
    coef, intercept = classifier.weights
    idf = _floats(np.concatenate([[0.0], classifier.tfidf_.idf_]))
    rows = _floats(np.vstack([np.zeros(coef.shape[0]), coef.T]))
    one, tiny, axis = _floats([1.0]), _floats([1e-12]), np.array([1])

    def op(kind: Any, *inputs: Any, **attributes: Any) -> Any:
        return kind(*inputs, op_version=_OPSET, **attributes)

    ids, counts = operator.inputs
    tf = op(ops.OnnxAdd, op(ops.OnnxLog, op(ops.OnnxMax, counts, one)), one)
    weighted = op(ops.OnnxMul, tf, op(ops.OnnxGather, idf, ids))
    norm = op(ops.OnnxReduceL2, weighted, axis, keepdims=1)
    unit = op(ops.OnnxDiv, weighted, op(ops.OnnxMax, norm, tiny))
    bag = op(ops.OnnxMatMul, op(ops.OnnxUnsqueeze, unit, axis), op(ops.OnnxGather, rows, ids))
    logits = op(ops.OnnxAdd, op(ops.OnnxSqueeze, bag, axis), _floats(intercept))
    softmax = op(ops.OnnxSoftmax, logits, axis=1, output_names=operator.outputs)
    softmax.add_to(scope, container)


def _floats(values: Any) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)


update_registered_converter(BagClassifier, "LabelloopBagClassifier", _declare_shape, _convert)

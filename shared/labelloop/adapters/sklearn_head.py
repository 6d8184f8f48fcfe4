"""Fitting a head with scikit-learn, and turning it into a numeric ONNX graph with skl2onnx."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from skl2onnx import convert_sklearn, update_registered_converter
from skl2onnx.algebra import onnx_ops as ops
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression

from labelloop.adapters.onnx_head import METADATA, OnnxHead
from labelloop.errors import BadModel, Unprocessable
from labelloop.pointers import FORMAT
from labelloop.recipes.terms import MOST_CHARACTERS, terms

MOST_TERMS: Final = 50_000
_MOST_WEIGHTS: Final = 2_000_000  # terms times classes: 8 MB of the artefact
_MOST_COUNTED: Final = 500_000  # terms in memory while those of a large corpus are counted
_LARGE: Final = 3_000_000  # characters
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

    def __init__(self, vectorizer: CountVectorizer, classifier: BagClassifier) -> None:
        self._vectorizer = vectorizer
        self._classifier = classifier
        self.classes: list[str] = [str(name) for name in classifier.classes_]

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str]) -> "SklearnHead":
        """Learn from texts and their labels, of two classes or more. Deterministic."""
        most = min(MOST_TERMS, _MOST_WEIGHTS // len(set(labels)))
        is_large = sum(min(len(text), MOST_CHARACTERS) for text in texts) > _LARGE
        vectorizer = CountVectorizer(
            analyzer=terms,
            max_features=None if is_large else most,
            vocabulary=frequent_terms(texts, most) if is_large else None,
            dtype=np.float64,
        )
        try:
            counts = vectorizer.fit_transform(texts)
        except ValueError as exc:  # scikit-learn's for texts of blanks only
            raise Unprocessable("the labelled texts hold no words") from exc
        return cls(vectorizer, BagClassifier().fit(counts, labels))

    @property
    def terms(self) -> list[str]:
        """The terms that have weights, by their place in the graph."""
        names: list[str] = self._vectorizer.get_feature_names_out().tolist()
        return names

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities, shape (texts, classes)."""
        return self._classifier.predict_proba(self._vectorizer.transform(texts))

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
            "terms": self.terms,
        }
        onnx.helper.set_model_props(model, {METADATA: json.dumps(known)})
        return bytes(model.SerializeToString())


def frequent_terms(texts: Sequence[str], most: int) -> list[str]:
    """Return the terms that most texts hold, in alphabetical order, counted in bounded memory.

    Whenever too many terms are in memory the rarest go (lossy counting, Manku and Motwani 2002): a
    corpus in a script without blanks has more n-grams than a function has memory.
    """
    found: Counter[str] = Counter()
    for text in texts:
        found.update(set(terms(text)))
        least = 1
        while len(found) > _MOST_COUNTED:
            found = Counter({term: n for term, n in found.items() if n > least})
            least += 1
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return sorted(term for term, _ in ranked[:most])


def train_head(texts: Sequence[str], labels: Sequence[str]) -> tuple[bytes, dict[str, Any]]:
    """Return a checked artefact, and what is worth knowing about it; BadModel if it differs.

    The artefact is loaded by the predictor's own code, and must give scikit-learn's answers.
    """
    head = SklearnHead.fit(texts, labels)
    artefact = head.to_onnx()
    probes = ["", *texts[:_CHECKED_TEXTS]]
    expected, served = head.predict_proba(probes), OnnxHead(artefact).predict_proba(probes)
    difference = float(np.abs(expected - served).max())
    if difference > TOLERANCE:
        raise BadModel(f"the graph's probabilities are up to {difference:.1e} off")
    return artefact, {
        "bytes": len(artefact),
        "terms": len(head.terms),
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

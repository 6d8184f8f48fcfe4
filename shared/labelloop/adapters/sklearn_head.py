"""Training: which terms the model knows, the fit, and an artefact checked by the predictor."""

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from labelloop.adapters.head_graph import graph_of
from labelloop.adapters.onnx_head import METADATA, OnnxHead
from labelloop.adapters.two_heads import TwoHeads
from labelloop.domain.features import Bags, Features
from labelloop.domain.training import Trained
from labelloop.errors import BadModel, Unprocessable
from labelloop.pointers import FORMAT

MOST_TERMS: Final = 100_000
_MOST_COEFFICIENTS: Final = 2_000_000  # terms times classes: 8 MB of the artefact
TOLERANCE: Final = 1e-5  # between scikit-learn's probabilities and the graph's
_CHECKED_TEXTS: Final = 100


def train_head(features: Features, labels: Sequence[str], encoder: str = "") -> Trained:
    """Return a model of two classes or more; BadModel if its graph differs. Deterministic.

    `encoder` names what the vectors come from: a model is of no use to another's vectors. The
    artefact is loaded by the predictor's own code, and must give scikit-learn's answers.
    """
    terms = frequent_terms(features.bags, min(MOST_TERMS, _MOST_COEFFICIENTS // len(set(labels))))
    if not len(terms) and features.vectors is None:
        raise Unprocessable("the labelled texts hold no words")
    model = TwoHeads().fit((counts_of(features.bags, terms), features.vectors), labels)
    artefact = _artefact(model, terms, encoder)
    difference = _difference(model, terms, artefact, features)
    if difference > TOLERANCE:
        raise BadModel(f"the graph's probabilities are up to {difference:.1e} off")
    facts = {
        "bytes": len(artefact),
        "terms": len(terms),
        "balance": model.balance_,
        "sharpness": dict(zip(model.inputs_, model.sharpness_.round(3).tolist(), strict=True)),
        "largest_difference": difference,
    }
    return Trained(artefact, facts, [str(name) for name in model.classes_], model.out_of_fold_)


def frequent_terms(bags: Bags, most: int) -> NDArray[np.uint32]:
    """Return the ids of the terms that most texts hold, ascending; ties by id."""
    found, texts = np.unique(bags.ids, return_counts=True)
    kept = np.argsort(-texts, kind="stable")[:most]
    return np.sort(found[kept])


def counts_of(bags: Bags, terms: NDArray[np.uint32]) -> csr_matrix:
    """Return the counts of the terms, shape (texts, terms); other terms are left out."""
    width = max(1, len(terms))  # a model of texts without words still has a bag, always empty
    places = np.searchsorted(terms, bags.ids).clip(max=width - 1)
    known = terms[places] == bags.ids if len(terms) else np.zeros(len(bags.ids), bool)
    starts = np.concatenate([[0], np.cumsum(known)])[bags.starts]
    shape = (len(bags), width)
    return csr_matrix((bags.counts[known], places[known], starts), shape=shape)


def _artefact(model: TwoHeads, terms: NDArray[np.uint32], encoder: str) -> bytes:
    known = {
        "format": FORMAT,
        "classes": [str(name) for name in model.classes_],
        "terms": terms.tolist(),
        "encoder": encoder,
    }
    graph = graph_of(model)
    onnx.helper.set_model_props(graph, {METADATA: json.dumps(known)})
    return bytes(graph.SerializeToString())


def _difference(model: TwoHeads, terms: Any, artefact: bytes, features: Features) -> float:
    probes = features.take(range(min(len(features), _CHECKED_TEXTS)))
    expected = model.predict_proba((counts_of(probes.bags, terms), probes.vectors))
    return float(np.abs(expected - OnnxHead(artefact).predict_proba(probes)).max())

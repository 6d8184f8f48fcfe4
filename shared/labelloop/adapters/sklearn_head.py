"""Training: which terms the model knows, the fit, and an artefact checked by the predictor."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from labelloop.adapters.head_graph import graph_of
from labelloop.adapters.onnx_head import METADATA, OnnxHead
from labelloop.adapters.pooled_heads import PooledHeads, Rows
from labelloop.domain.features import Bags, Features
from labelloop.domain.training import Trained
from labelloop.errors import BadModel, Unprocessable
from labelloop.pointers import FORMAT

type Vectors = NDArray[np.float32]

MOST_TERMS: Final = 100_000
_MOST_COEFFICIENTS: Final = 2_000_000  # terms times classes: 8 MB of the artefact
_LANDMARKS_TERMS: Final = 10_000
TOLERANCE: Final = 1e-5  # between scikit-learn's probabilities and the graph's
_CHECKED_TEXTS: Final = 100


def train_head(
    features: Features,
    labels: Sequence[str],
    encoder: str = "",
    landmarks: Features | None = None,
    names: Mapping[str, Vectors] | None = None,
) -> Trained:
    """Return a model of two classes or more; BadModel if its graph differs. Deterministic.

    `encoder` names what the vectors come from: a model is of no use to another's vectors.
    `landmarks` are some hundred tasks of the pool, drawn at random, that tell its topics; if they
    have vectors, the answers are smoothed over them. `names` has the vector of each class's name,
    which alone answers for classes without an example. The artefact is loaded by the predictor's
    own code, and must give scikit-learn's answers.
    """
    if not len(features.bags.ids) and features.vectors is None:
        raise Unprocessable("the labelled texts hold no words")
    terms = known_terms(features.bags, landmarks, len({*labels, *(names or ())}))
    around = _rows(landmarks, terms) if landmarks is not None and len(landmarks) else None
    model = PooledHeads().fit(_rows(features, terms), labels, names, around)
    artefact = _artefact(model, terms, encoder)
    difference = _difference(model, terms, artefact, features)
    if difference > TOLERANCE:
        raise BadModel(f"the graph's probabilities are up to {difference:.1e} off")
    facts = {
        "bytes": len(artefact),
        "terms": len(terms),
        "choices": asdict(model.choices_),
        "sharpness": {expert: round(a, 3) for expert, a in model.sharpness_.items()},
        "landmarks": len(model.landmarks_),
        "largest_difference": difference,
    }
    return Trained(artefact, facts, [str(name) for name in model.classes_], model.out_of_fold_)


def known_terms(bags: Bags, landmarks: Features | None, classes: int) -> NDArray[np.uint32]:
    """Return the ids of the terms that a model of so many classes knows, ascending.

    Those of the labelled texts, and the more frequent ones of the landmarks.
    """
    most = min(MOST_TERMS, _MOST_COEFFICIENTS // classes)
    if landmarks is None:
        return frequent_terms(bags, most)
    others = frequent_terms(landmarks.bags, min(_LANDMARKS_TERMS, most // 2))
    return np.union1d(frequent_terms(bags, most - len(others)), others)


def frequent_terms(bags: Bags, most: int) -> NDArray[np.uint32]:
    """Return the ids of the terms that most texts hold, ascending; ties by id."""
    texts = np.bincount(bags.ids)
    found = np.flatnonzero(texts)
    kept = np.argsort(-texts[found], kind="stable")[:most]
    return np.sort(found[kept]).astype(np.uint32)


def counts_of(bags: Bags, terms: NDArray[np.uint32]) -> csr_matrix:
    """Return the counts of the terms, shape (texts, terms); other terms are left out."""
    width = max(1, len(terms))  # a model of texts without words still has a bag, always empty
    places = np.full(1 + max(bags.ids.max(initial=0), terms.max(initial=0)), -1, np.int32)
    places[terms] = np.arange(len(terms))
    columns = places[bags.ids]
    known = columns >= 0
    starts = np.concatenate([[0], np.cumsum(known)])[bags.starts]
    shape = (len(bags), width)
    return csr_matrix((bags.counts[known], columns[known], starts), shape=shape)


def _rows(features: Features, terms: NDArray[np.uint32]) -> Rows:
    return counts_of(features.bags, terms), features.vectors


def _artefact(model: PooledHeads, terms: NDArray[np.uint32], encoder: str) -> bytes:
    known = {
        "format": FORMAT,
        "classes": [str(name) for name in model.classes_],
        "terms": terms.tolist(),
        "encoder": encoder,
    }
    graph = graph_of(model)
    onnx.helper.set_model_props(graph, {METADATA: json.dumps(known)})
    return bytes(graph.SerializeToString())


def _difference(model: PooledHeads, terms: Any, artefact: bytes, features: Features) -> float:
    probes = features.take(range(min(len(features), _CHECKED_TEXTS)))
    expected = model.predict_proba(_rows(probes, terms))
    return float(np.abs(expected - OnnxHead(artefact).predict_proba(probes)).max())

"""Training: the fit, and an artefact checked by the predictor."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray

from labelloop.bucket.pointers import FORMAT
from labelloop.domain.learning.features import Features
from labelloop.domain.learning.training import Trained
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.text_choices.fitted_model import FittedHead
from labelloop.recipes.text_choices.graph import graph_of
from labelloop.recipes.text_choices.onnx_model import METADATA, OnnxHead

type Vectors = NDArray[np.float32]

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
    head = FittedHead(features, labels, landmarks, names)
    artefact = _artefact(head, encoder)
    difference = _difference(head, artefact, features)
    if difference > TOLERANCE:
        raise BadModel(f"the graph's probabilities are up to {difference:.1e} off")
    model = head.model
    facts = {
        "bytes": len(artefact),
        "terms": len(head.terms),
        "choices": asdict(model.choices_),
        "sharpness": {expert: round(a, 3) for expert, a in model.sharpness_.items()},
        "landmarks": len(model.landmarks_),
        "largest_difference": difference,
    }
    return Trained(artefact, facts, head.classes, model.out_of_fold_)


def _artefact(head: FittedHead, encoder: str) -> bytes:
    known = {
        "format": FORMAT,
        "classes": head.classes,
        "terms": head.terms.tolist(),
        "encoder": encoder,
    }
    graph = graph_of(head.model)
    onnx.helper.set_model_props(graph, {METADATA: json.dumps(known)})
    return bytes(graph.SerializeToString())


def _difference(head: FittedHead, artefact: bytes, features: Features) -> float:
    probes = features.take(range(min(len(features), _CHECKED_TEXTS)))
    expected = head.predict_proba(probes)
    return float(np.abs(expected - OnnxHead(artefact).predict_proba(probes)).max())

"""A model as scikit-learn fits it: the artefact is made from it, and must answer as it does."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.protocol import Trained
from labelloop.recipes.text import FORMAT
from labelloop.recipes.text.bags import BAGS, VECTORS, Features
from labelloop.recipes.text.graph import graph_of
from labelloop.recipes.text.known_terms import MOST_COEFFICIENTS, counts_of, known_terms
from labelloop.recipes.text.onnx_model import METADATA, OnnxModel
from labelloop.recipes.text.pooled_experts import Classes, PooledExperts, Rows, classes_of
from labelloop.recipes.text.probabilities import answers_of
from labelloop.recipes.text.ridge import RIDGE_LIMITS, RidgeLimits

_CHECKED_TEXTS: Final = 100


@dataclass(frozen=True)
class ModelLimits:
    """How large a model may be, and how far off its graph."""

    coefficients: int = MOST_COEFFICIENTS
    tolerance: float = 1e-5  # between scikit-learn's probabilities and the graph's
    ridge: RidgeLimits = RIDGE_LIMITS


MODEL_LIMITS: Final = ModelLimits()


class FittedModel:
    """A model of two classes or more, and the ids of the terms that it knows. Deterministic.

    `landmarks`: texts of the pool, drawn at random, that its topics are learnt from; if they have
    vectors, the answers are smoothed over them. `names`: the vector of each class's name, the only
    thing known of a class without an example. `encoder`: the name of what the vectors come from; a
    model is of no use with another encoder's. `more`: JSON that the artefact holds besides, by keys
    of a recipe's own.
    """

    def __init__(
        self,
        features: Features,
        labels: Sequence[Classes],
        landmarks: Features | None = None,
        names: Mapping[str, NDArray[np.float32]] | None = None,
        encoder: str = "",
        more: Mapping[str, Any] | None = None,
        limits: ModelLimits = MODEL_LIMITS,
    ) -> None:
        """Learn, as `PooledExperts.fit` says; Unprocessable where there is nothing to see."""
        if not len(features.bags.ids) and features.vectors is None:
            raise Unprocessable("the labelled texts hold no words")
        classes = len(classes_of([*labels, *(names or ())]))
        self.terms = known_terms(features.bags, landmarks, classes, limits.coefficients)
        around = self._rows(landmarks) if landmarks is not None and len(landmarks) else None
        model = PooledExperts(limits.ridge)
        self.model = model.fit(self._rows(features), labels, names, around, features.tuned)
        self.names = tuple(str(name) for name in self.model.classes_)
        self.encoder, self._tolerance = encoder, limits.tolerance
        self._more = more or {}
        self.needs = (BAGS,) if features.vectors is None else (BAGS, VECTORS)
        self._probes = features.take(range(min(len(features), _CHECKED_TEXTS)))

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each class for each text."""
        return answers_of(self.predict_proba(Features.of(features)), self.names)

    def predict_proba(self, features: Features) -> NDArray[np.float32]:
        """Return the probability of each class for each text, shape (texts, classes)."""
        return self.model.predict_proba(self._rows(features))

    def packed(self) -> Trained:
        """Return the model as an ONNX graph; BadModel if that answers differently.

        The artefact is loaded by the predictor's own code, and must give scikit-learn's answers.
        """
        artefact = self._artefact()
        difference = self._difference(artefact)
        if difference > self._tolerance:
            raise BadModel(f"the graph's probabilities are up to {difference:.1e} off")
        model = self.model
        facts = {
            "bytes": len(artefact),
            "terms": len(self.terms),
            "choices": asdict(model.hyperparameters_),
            "sharpness": {name: round(value, 3) for name, value in model.sharpness_.items()},
            "landmarks": len(model.landmarks_),
            "largest_difference": difference,
        }
        if model.gain_of_vectors_ is not None:
            gain = asdict(model.gain_of_vectors_)
            facts["vectors_add"] = {name: round(value, 4) for name, value in gain.items()}
        return Trained(artefact, facts, answers_of(model.out_of_fold_, self.names))

    def _artefact(self) -> bytes:
        metadata = {
            "format": FORMAT,
            "classes": list(self.names),
            "terms": self.terms.tolist(),
            "encoder": self.encoder,
            **self._more,
        }
        graph = graph_of(self.model)
        onnx.helper.set_model_props(graph, {METADATA: json.dumps(metadata)})
        return bytes(graph.SerializeToString())

    def _difference(self, artefact: bytes) -> float:
        expected = self.predict_proba(self._probes)
        return float(np.abs(expected - OnnxModel(artefact).predict_proba(self._probes)).max())

    def _rows(self, features: Features) -> Rows:
        return counts_of(features.bags, self.terms), features.vectors

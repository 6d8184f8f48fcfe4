"""A head as scikit-learn has it: what the artefact is made from, and answers as it does."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.learning.features import Features
from labelloop.recipes.text_choices.known_terms import counts_of, known_terms
from labelloop.recipes.text_choices.pooled_experts import PooledHeads, Rows


class FittedHead:
    """A model of two classes or more, and the ids of the terms that it knows."""

    def __init__(
        self,
        features: Features,
        labels: Sequence[str],
        landmarks: Features | None = None,
        names: Mapping[str, NDArray[np.float32]] | None = None,
    ) -> None:
        """Learn, as `PooledHeads.fit` says. Deterministic."""
        self.terms = known_terms(features.bags, landmarks, len({*labels, *(names or ())}))
        around = self._rows(landmarks) if landmarks is not None and len(landmarks) else None
        self.model = PooledHeads().fit(self._rows(features), labels, names, around)
        self.classes = [str(name) for name in self.model.classes_]

    def predict_proba(self, features: Features) -> NDArray[np.float32]:
        """Return the probability of each class for each text, shape (texts, classes)."""
        return self.model.predict_proba(self._rows(features))

    def _rows(self, features: Features) -> Rows:
        return counts_of(features.bags, self.terms), features.vectors

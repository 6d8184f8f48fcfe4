"""A model of paths as it is fitted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.recipes.protocol import Trained
from labelloop.recipes.taxonomy.model import USUAL
from labelloop.recipes.taxonomy.paths import answers_of
from labelloop.recipes.taxonomy.tree import Paths, names_of
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.fitted_model import FittedModel
from labelloop.recipes.text.probabilities import probabilities_of


class FittedTaxonomy:
    """See `recipes.protocol.Fitted`, and `FittedModel` for the arguments."""

    def __init__(
        self,
        features: Features,
        labels: Sequence[Paths],
        landmarks: Features | None,
        names: Mapping[str, NDArray[np.float32]],
        encoder: str,
    ) -> None:
        self._usual = round(sum(map(len, labels)) / len(labels), 3)
        classes, more = [names_of(label) for label in labels], {USUAL: self._usual}
        self._model = FittedModel(features, classes, landmarks, names, encoder, more)
        self.names = self._model.names
        self.encoder = encoder
        self.needs = self._model.needs

    def answer(self, features: Columns) -> Answers:
        """Return how likely each path is, and how many a label has."""
        probabilities = self._model.predict_proba(Features.of(features))
        return answers_of(probabilities, self.names, self._usual)

    def packed(self) -> Trained:
        """Return the model as it is stored; BadModel if that answers differently."""
        packed = self._model.packed()
        out_of_fold = answers_of(probabilities_of(packed.out_of_fold), self.names, self._usual)
        facts = packed.facts | {USUAL: self._usual}
        return replace(packed, facts=facts, out_of_fold=out_of_fold)

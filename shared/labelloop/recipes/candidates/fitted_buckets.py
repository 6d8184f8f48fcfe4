"""Which bucket candidates go to, as it was fitted: a model of single texts, one a candidate."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from labelloop.domain.answers import Answers, Label
from labelloop.domain.columns import Columns
from labelloop.recipes.candidates.answers import NAMED, answers_of, ids_of
from labelloop.recipes.candidates.bucket_measure import flat_labels
from labelloop.recipes.candidates.model import needs_of, sorted_by
from labelloop.recipes.compared.items import Items
from labelloop.recipes.protocol import Trained
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.fitted_model import FittedModel
from labelloop.recipes.text.probabilities import probabilities_of
from labelloop.recipes.text.seen import LANDMARKS


class FittedBuckets:
    """A model of two buckets or more. Deterministic."""

    def __init__(
        self, labels: Sequence[Label], features: Columns, pool: Columns | None, encoder: str
    ) -> None:
        """Learn; Unprocessable where there is nothing to see."""
        items = Items.of(features)
        self._starts, self._ids = items.starts, features.ragged(NAMED)
        landmarks = None if pool is None else _first(Items.of(pool))
        texts = Features(items.bags, items.vectors)
        buckets = flat_labels(ids_of(Answers((), features)), labels)
        has_vectors = items.vectors is not None
        self._model = FittedModel(texts, buckets, landmarks, None, encoder if has_vectors else "")
        self.names = self._model.names
        self.encoder = self._model.encoder
        self.needs = needs_of(has_vectors)

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each bucket for each candidate."""
        return sorted_by(self._model, features)

    def packed(self) -> Trained:
        """Return the model as it is stored; BadModel if that answers differently."""
        trained = self._model.packed()
        rows = probabilities_of(trained.out_of_fold)
        known = np.where(np.isfinite(rows), rows, 1 / len(self.names))  # the only one of its bucket
        answers = answers_of(known, self._starts, self._ids, self.names)
        return replace(trained, out_of_fold=answers)


def _first(items: Items) -> Features:
    texts = Features(items.bags, items.vectors)
    return texts.take(range(min(LANDMARKS, len(texts))))

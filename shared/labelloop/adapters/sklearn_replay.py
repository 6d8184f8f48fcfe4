"""Fitting the same texts again and again: a replayed project's model, without an artefact."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from labelloop.recipes.terms import IDS, bags_of

_MOST_TERMS = 50_000


class Replay:
    """Texts and their labels, ready to be learnt in any part."""

    def __init__(self, texts: Sequence[str], labels: NDArray[np.int64]) -> None:
        bags = bags_of(texts)
        counts = csr_matrix((bags.counts, bags.ids, bags.starts), shape=(len(texts), IDS + 1))
        common = np.argsort(-counts.getnnz(axis=0), kind="stable")[:_MOST_TERMS]
        self._counts = counts[:, common]
        self._labels = labels

    def __call__(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Learn from some rows, of two classes or more; return all rows' probabilities (n, k)."""
        weights = TfidfTransformer(sublinear_tf=True).fit(self._counts[rows])
        model = LogisticRegression(C=10, class_weight="balanced", max_iter=500)
        model.fit(weights.transform(self._counts[rows]), self._labels[rows])
        found = np.zeros((len(self._labels), int(self._labels.max()) + 1))
        found[:, model.classes_] = model.predict_proba(weights.transform(self._counts))
        return found

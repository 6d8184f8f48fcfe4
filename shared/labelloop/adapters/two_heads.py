"""The model: a head on the bags of terms and one on the encoder's vectors, pooled.

Each head scores the classes linearly. A class's probability goes with exp(a * score of the bag +
b * score of the vector), a product of experts (Hinton 2002), with a and b learnt out of fold: a
project whose labels go by words leans on the bag, one whose labels go by meaning on the vector.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfTransformer

from labelloop.adapters.ridge import Floats, Scorer, fit

PENALTIES: Final = {"bag": 0.3, "vector": 1.0}
BALANCES: Final = (1.0, 0.5, 0.0)  # of class weights: equal shares, half way, as labelled
_PRIOR_SHARPNESS: Final = 6.0  # a and b before anything is known
_MOST_TO_CHOOSE: Final = 600  # examples: more don't change the choice of the balance
_BOUNDS: Final = (-3.0, 5.0)  # of log a and log b


class TwoHeads(BaseEstimator):  # type: ignore[misc]
    """TF-IDF and ridge regression on counts, ridge regression on vectors, pooled and calibrated."""

    def fit(self, rows: tuple[Any, Floats | None], labels: Sequence[str]) -> "TwoHeads":
        """Learn from a sparse matrix of counts, shape (texts, terms), and vectors or None."""
        counts, vectors = rows
        self.tfidf_ = TfidfTransformer(sublinear_tf=True).fit(counts)
        self.classes_, codes = np.unique(np.asarray(labels), return_inverse=True)
        self.inputs_ = ["bag"] if vectors is None else ["bag", "vector"]
        seen = self._seen(counts, vectors)
        some = _spread(codes, _MOST_TO_CHOOSE)
        part = {name: seen[name][some] for name in self.inputs_}
        losses = [self._pooled(part, codes[some], balance)[2] for balance in BALANCES]
        self.balance_ = BALANCES[int(np.argmin(losses))]
        heads, self.sharpness_, self.loss_ = self._pooled(seen, codes, self.balance_)
        scores = sum(a * head.out_of_fold for a, head in zip(self.sharpness_, heads, strict=True))
        self.out_of_fold_ = softmax(scores, axis=1).astype(np.float32)
        self.out_of_fold_[np.bincount(codes)[codes] == 1] = np.nan
        pairs = list(zip(self.inputs_, self.sharpness_, heads, strict=True))
        self.coefficients_ = {name: _floats(a * head.coefficients) for name, a, head in pairs}
        self.intercepts_ = _floats(sum(a * head.intercepts for _, a, head in pairs))
        return self

    def predict_proba(self, rows: tuple[Any, Floats | None]) -> NDArray[np.float32]:
        """Return probabilities, shape (texts, classes)."""
        seen = self._seen(*rows)
        logits = sum(seen[name] @ self.coefficients_[name] for name in self.inputs_)
        probabilities: NDArray[np.float32] = softmax(logits + self.intercepts_, axis=1)
        return probabilities

    def _seen(self, counts: Any, vectors: Floats | None) -> dict[str, Any]:
        return {"bag": self.tfidf_.transform(counts), "vector": vectors}

    def _pooled(
        self, seen: dict[str, Any], codes: NDArray[np.integer], balance: float
    ) -> tuple[list[Scorer], Floats, float]:
        """Return a scorer for each input, their sharpness, and the loss out of fold."""
        targets = np.eye(len(self.classes_))[codes]
        weights = _class_weights(codes, balance)
        heads = [fit(seen[name], targets, weights, PENALTIES[name]) for name in self.inputs_]
        known = np.bincount(codes)[codes] > 1
        scores = np.stack([head.out_of_fold[known] for head in heads])
        return heads, *_sharpness(scores, codes[known])


def _sharpness(scores: Floats, codes: NDArray[np.integer]) -> tuple[Floats, float]:
    """Return what to multiply each head's scores by, and the mean log-loss that is left.

    Shrunk towards the prior, as by one example: with a handful of labels anything fits.
    """
    at = np.arange(len(codes))
    prior = np.full(len(scores), np.log(_PRIOR_SHARPNESS))

    def loss(logs: Floats) -> tuple[float, Floats]:
        sharp = np.exp(logs)
        log_p = log_softmax(np.tensordot(sharp, scores, 1), axis=1)
        errors = np.exp(log_p)
        errors[at, codes] -= 1
        slopes = sharp * (scores * errors).sum(axis=(1, 2))
        away = logs - prior
        return float(away @ away - log_p[at, codes].sum()), slopes + 2 * away

    found = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * len(prior))
    return np.exp(found.x), float(found.fun) / max(1, len(codes))


def _class_weights(codes: NDArray[np.integer], balance: float) -> Floats:
    weights = (1.0 / np.bincount(codes)[codes]) ** balance
    return np.asarray(weights * (len(codes) / weights.sum()))


def _spread(codes: NDArray[np.integer], most: int) -> NDArray[np.integer]:
    """Return up to so many rows, each class by its share."""
    by_class = np.argsort(codes, kind="stable")
    if len(codes) <= most:
        return by_class
    return by_class[np.linspace(0, len(codes) - 1, most).astype(np.int64)]


def _floats(values: Any) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)

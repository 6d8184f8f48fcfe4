"""The model: a head on the bags of terms and one on the encoder's vectors, pooled.

Each head scores the classes linearly. A class's probability goes with exp(a * score of the bag +
b * score of the vector), a product of experts (Hinton 2002), with a and b learnt out of fold: a
project whose labels go by words leans on the bag, one whose labels go by meaning on the vector.
The vectors of the classes' names make a third expert, which has an opinion before any label.
Vectors are seen from the centre of the project's texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfTransformer

from labelloop.adapters.ridge import Codes, Floats, Goal, Ridge, Scorer
from labelloop.domain.features import centred

type Rows = tuple[Any, Floats | None]  # counts, sparse, shape (texts, terms); vectors or None

NEARNESS: Final = 25.0  # of a landmark by cosine: at 0.1 less alike it weighs a twelfth
SMOOTHING: Final = 0.3  # the landmarks' share in the pooled answer
LEAST: Final = 1e-6  # of a probability before its logarithm
_PRIOR_SHARPNESS: Final = {"bag": 6.0, "vector": 6.0, "name": 16.0}  # before anything is known
_MOST_TO_CHOOSE: Final = 600  # examples: more don't change what is chosen
_WORTH: Final = 2.0  # log-likelihood in all, out of fold, that another choice has to gain
_BOUNDS: Final = (-3.0, 5.0)  # of the logarithm of a sharpness


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen for each project: the heads' ridge penalties, and how classes are balanced.

    `balance`: 1 gives each class an equal share, 0 each example.
    """

    bag: float = 0.3
    vector: float = 3.0
    balance: float = 1.0


_OTHERS: Final = {"balance": (0.5, 0.0), "vector": (1.0, 10.0), "bag": (0.1, 1.0)}


class TwoHeads(BaseEstimator):  # type: ignore[misc]
    """TF-IDF and ridge regression on counts, ridge regression on vectors, pooled and calibrated."""

    def fit(
        self,
        rows: Rows,
        labels: Sequence[str],
        names: Mapping[str, Floats] | None = None,
        landmarks: Rows | None = None,
    ) -> "TwoHeads":
        """Learn from examples and their labels.

        `names`: the vector of each class's name; of classes without an example too. `landmarks`:
        texts without a label, with vectors: what is said of them weighs in on what is said of their
        neighbours. That is a step of label propagation (Zhu and Ghahramani 2002): what the bag
        knows of a text reaches texts that mean the same in other words.
        """
        counts, vectors = rows
        self.tfidf_ = TfidfTransformer(sublinear_tf=True).fit(counts)
        self.classes_ = np.unique([*labels, *(names or ())])
        self.centre_ = _centre(vectors, landmarks)
        self.inputs_ = ["bag"] if vectors is None else ["bag", "vector"]
        self.experts_ = [*self.inputs_, *(["name"] if names else [])]
        codes = np.searchsorted(self.classes_, np.asarray(labels))
        seen = self._seen(rows)
        if names:
            named = centred(np.stack([names[name] for name in self.classes_]), self.centre_).T
        said = seen["vector"] @ named if names else None
        self.choices_ = self._chosen(seen, codes, said)
        every = {name: Ridge(seen[name]) for name in self.inputs_}
        heads, sharpness, _ = self._pooled(every, codes, self.choices_, said)
        self.sharpness_ = dict(zip(self.experts_, sharpness.tolist(), strict=True))
        scores = np.tensordot(sharpness, _scores(heads, said), 1)
        self.out_of_fold_ = softmax(scores, axis=1).astype(np.float32)
        self.out_of_fold_[np.bincount(codes)[codes] == 1] = np.nan
        pairs = list(zip(self.inputs_, sharpness, heads, strict=False))
        self.coefficients_ = {name: _floats(a * head.coefficients) for name, a, head in pairs}
        self.intercepts_ = _floats(sum(a * head.intercepts for _, a, head in pairs))
        if names:  # linear in the vector too, so no work of its own later
            self.coefficients_["vector"] += _floats(sharpness[-1] * named)
        self.landmarks_ = np.empty((0, 0), np.float32)
        if landmarks is not None:
            around = self._seen(landmarks)
            self.landmarks_ = around["vector"]
            self.opinions_ = _floats(softmax(self._logits(around), axis=1))
        return self

    def predict_proba(self, rows: Rows) -> NDArray[np.float32]:
        """Return probabilities, shape (texts, classes)."""
        seen = self._seen(rows)
        log_p = log_softmax(self._logits(seen), axis=1)
        if len(self.landmarks_):
            likeness = seen["vector"] @ self.landmarks_.T
            around = softmax(NEARNESS * likeness, axis=1) @ self.opinions_
            log_p = (1 - SMOOTHING) * log_p + SMOOTHING * np.log(np.maximum(around, LEAST))
        probabilities: NDArray[np.float32] = softmax(log_p, axis=1)
        return probabilities

    def _logits(self, seen: Mapping[str, Any]) -> Floats:
        logits: Floats = sum(seen[name] @ self.coefficients_[name] for name in self.inputs_)
        return logits + self.intercepts_

    def _seen(self, rows: Rows) -> dict[str, Any]:
        """Return what each head sees of the rows."""
        counts, vectors = rows
        seen = {"bag": self.tfidf_.transform(counts)}
        if vectors is not None and len(self.centre_):
            seen["vector"] = centred(vectors, self.centre_)
        return seen

    def _chosen(self, seen: Mapping[str, Any], codes: Codes, said: Floats | None) -> Choices:
        """Return what does best out of fold, one choice after the other."""
        some = _spread(codes, _MOST_TO_CHOOSE)
        part = {name: Ridge(seen[name][some]) for name in self.inputs_}
        of_some = None if said is None else said[some]
        best = Choices()
        least = self._pooled(part, codes[some], best, of_some)[2]
        for name, others in _OTHERS.items():
            for value in others if name != "vector" or name in self.inputs_ else ():
                tried = replace(best, **{name: value})
                loss = self._pooled(part, codes[some], tried, of_some)[2]
                if loss < least - _WORTH:
                    best, least = tried, loss
        return best

    def _pooled(
        self, seen: Mapping[str, Ridge], codes: Codes, choices: Choices, said: Floats | None
    ) -> tuple[list[Scorer], Floats, float]:
        """Return a scorer for each input, the experts' sharpness, and the loss out of fold in all.

        `said`: the likeness of the rows to the classes' names, which no label went into.
        """
        goal = Goal(codes, len(self.classes_), choices.balance)
        heads = [seen[name].fit(goal, getattr(choices, name)) for name in self.inputs_]
        known = np.bincount(codes)[codes] > 1
        prior = np.log([_PRIOR_SHARPNESS[expert] for expert in self.experts_])
        return heads, *_sharpness(_scores(heads, said)[:, known], codes[known], prior)


def _centre(vectors: Floats | None, landmarks: Rows | None) -> NDArray[np.float32]:
    """Return the mean vector of all texts that are there, labelled or not; empty without any."""
    if vectors is None:
        return np.empty(0, np.float32)
    every = vectors if landmarks is None else np.concatenate([vectors, landmarks[1]])
    return _floats(every.mean(axis=0))


def _scores(heads: Sequence[Scorer], said: Floats | None) -> Floats:
    """Return what each expert says of the rows, shape (experts, rows, classes)."""
    return np.stack([head.out_of_fold for head in heads] + ([] if said is None else [said]))


def _sharpness(scores: Floats, codes: Codes, prior: Floats) -> tuple[Floats, float]:
    """Return what to multiply each expert's scores by, and the log-loss that is left.

    Shrunk towards the prior, as by one example: with a handful of labels anything fits.
    """
    at = np.arange(len(codes))

    def loss(logs: Floats) -> tuple[float, Floats]:
        sharp = np.exp(logs)
        log_p = log_softmax(np.tensordot(sharp, scores, 1), axis=1)
        errors = np.exp(log_p)
        errors[at, codes] -= 1
        slopes = sharp * (scores * errors).sum(axis=(1, 2))
        away = logs - prior
        return float(away @ away - log_p[at, codes].sum()), slopes + 2 * away

    found = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * len(prior))
    return np.exp(found.x), float(found.fun)


def _spread(codes: Codes, most: int) -> Codes:
    """Return up to so many rows, each class by its share."""
    by_class = np.argsort(codes, kind="stable")
    if len(codes) <= most:
        return by_class
    return by_class[np.linspace(0, len(codes) - 1, most).astype(np.int64)]


def _floats(values: Any) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)

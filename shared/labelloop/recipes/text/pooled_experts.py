"""The model: experts on a text's terms, its topics and its vector, pooled.

Each expert scores the classes linearly, and its sharpness is learnt out of fold: a project whose
labels depend on words relies on the terms, one whose labels depend on meaning on the encoder's
vector. Topics are learnt from unlabelled texts too, so they help in a language that the encoder
does not know. The vectors of the classes' names are one more expert, which needs no label.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfTransformer

from labelloop.recipes.text.bags import centred
from labelloop.recipes.text.experts import PRIOR_SHARPNESS, Experts, Flags
from labelloop.recipes.text.ridge import RIDGE_LIMITS, Floats, RidgeLimits
from labelloop.recipes.text.topics import topics_of

type Classes = str | Collection[str]  # of an example: one, or several in equal shares
type Rows = tuple[Any, Floats | None]  # counts, sparse, shape (texts, terms); vectors or None

NEARNESS: Final = 25.0  # of a landmark by cosine: one at 0.1 less weighs a twelfth
SMOOTHING: Final = 0.3  # the landmarks' share in the pooled answer, at most
LEAST: Final = 1e-6  # the lowest probability that a logarithm is taken of
_LEAST_WEIGHT: Final = 0.05  # of the vectors, for landmarks to be worth their memory
_MOST_FOR_TOPICS: Final = 1_000  # texts


class PooledExperts(BaseEstimator):  # type: ignore[misc]
    """Ridge regression on TF-IDF of counts, on its topics and on vectors, pooled and calibrated."""

    def __init__(self, limits: RidgeLimits = RIDGE_LIMITS) -> None:
        self.limits = limits

    def fit(
        self,
        rows: Rows,
        labels: Sequence[Classes],
        names: Mapping[str, Floats] | None = None,
        landmarks: Rows | None = None,
        tuned: Flags | None = None,
    ) -> "PooledExperts":
        """Learn from examples and their labels.

        `names`: the vector of each class's name, also of classes without an example. `landmarks`:
        texts without a label; topics, the weights of terms and the centre are learnt from them,
        too. If they have vectors, their probabilities are mixed into those of their neighbours: a
        step of label propagation (Zhu and Ghahramani 2002), which carries what the terms say over
        to texts of the same meaning. `tuned`: the examples that the encoder was tuned to, see
        `Experts`.
        """
        texts = [landmarks, rows] if landmarks else [rows]
        self.classes_ = np.array(classes_of([*labels, *(names or ())]))
        counts = [counts for counts, _ in texts]
        self.tfidf_ = TfidfTransformer(sublinear_tf=True).fit(vstack(counts))
        self.centre_ = _centre([vectors for _, vectors in texts if vectors is not None])
        inputs = self._inputs(rows)
        topics = self._topics(counts)
        name_vectors = self._centred_names(names) if names and "vector" in inputs else None
        targets = self._targets(labels)
        topic_inputs = {"topic": inputs["bag"] @ topics} if topics.shape[1] else {}
        likeness = None if name_vectors is None else inputs["vector"] @ name_vectors
        experts = Experts(inputs | topic_inputs, likeness, targets, tuned, self.limits)
        self.hyperparameters_ = experts.chosen()
        pooled = experts.pooled(self.hyperparameters_)
        self.sharpness_ = pooled.sharpness
        self.gain_of_vectors_ = experts.gain_of_vectors(pooled)
        self.out_of_fold_ = softmax(pooled.out_of_fold, axis=1).astype(np.float32)
        self.out_of_fold_[~experts.answered] = np.nan
        sharp = {name: a * scorer.coefficients for name, (a, scorer) in pooled.weighted.items()}
        if "topic" in sharp:  # linear in the bag: added to the bag's coefficients
            sharp["bag"] += topics @ sharp.pop("topic")
        if name_vectors is not None:
            sharp["vector"] += pooled.sharpness["name"] * name_vectors
        self.coefficients_ = {name: _floats(values) for name, values in sharp.items()}
        self.intercepts_ = _floats(
            sum(a * scorer.intercepts for a, scorer in pooled.weighted.values())
        )
        self.landmarks_ = np.empty((0, 0), np.float32)
        self.smoothing_ = smoothing_by(pooled.sharpness, experts.usual["vector"])
        if landmarks is not None and self.smoothing_:
            around = self._inputs(landmarks)
            self.landmarks_ = around["vector"]
            self.landmark_probabilities_ = _floats(softmax(self._logits(around), axis=1))
        return self

    def predict_proba(self, rows: Rows) -> NDArray[np.float32]:
        """Return probabilities, shape (texts, classes)."""
        inputs = self._inputs(rows)
        log_p = log_softmax(self._logits(inputs), axis=1)
        if len(self.landmarks_):
            likeness = inputs["vector"] @ self.landmarks_.T
            around = softmax(NEARNESS * likeness, axis=1) @ self.landmark_probabilities_
            others = np.log(np.maximum(around, LEAST))
            log_p = (1 - self.smoothing_) * log_p + self.smoothing_ * others
        probabilities: NDArray[np.float32] = softmax(log_p, axis=1)
        return probabilities

    def _logits(self, inputs: Mapping[str, Any]) -> Floats:
        logits: Floats = sum(inputs[name] @ values for name, values in self.coefficients_.items())
        return logits + self.intercepts_

    def _inputs(self, rows: Rows) -> dict[str, Any]:
        """Return the TF-IDF of the terms and, if the model was trained with them, the vectors."""
        counts, vectors = rows
        inputs = {"bag": self.tfidf_.transform(counts)}
        if vectors is not None and len(self.centre_):
            inputs["vector"] = centred(vectors, self.centre_)
        return inputs

    def _targets(self, labels: Sequence[Classes]) -> Floats:
        """Return how much of each example is of each class, shape (examples, classes)."""
        place = {name: column for column, name in enumerate(self.classes_.tolist())}
        targets = np.zeros((len(labels), len(place)))
        for row, own in enumerate(map(_all_of, labels)):
            targets[row, [place[name] for name in own]] = 1 / len(own)
        return targets

    def _topics(self, counts: Sequence[Any]) -> Floats:
        """Return the topics of the first texts, shape (terms, topics)."""
        return topics_of(self.tfidf_.transform(vstack(counts).tocsr()[:_MOST_FOR_TOPICS]))

    def _centred_names(self, names: Mapping[str, Floats]) -> Floats:
        """Return the names' vectors as seen from the centre, shape (dimensions, classes)."""
        return centred(np.stack([names[name] for name in self.classes_]), self.centre_).T


def smoothing_by(sharpness: Mapping[str, float], usual: float = PRIOR_SHARPNESS["vector"]) -> float:
    """Return the landmarks' share: less where vectors tell less than they do usually, and soon 0.

    Where they say little of a text they say no more of which texts are its neighbours. `usual`: how
    sharp vectors are before labels.
    """
    weight = sharpness.get("vector", 0.0) / usual
    return SMOOTHING * min(1.0, weight) if weight > _LEAST_WEIGHT else 0.0


def classes_of(labels: Sequence[Classes]) -> list[str]:
    """Return all classes of labels, sorted."""
    return sorted({name for label in labels for name in _all_of(label)})


def _all_of(label: Classes) -> Collection[str]:
    return (label,) if isinstance(label, str) else label


def _centre(vectors: Sequence[Floats]) -> NDArray[np.float32]:
    """Return the mean vector of all texts, labelled or not; empty without any vectors."""
    return _floats(np.concatenate(vectors).mean(axis=0) if vectors else [])


def _floats(values: Any) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)

"""The model: experts on a text's terms, its topics and its vector, pooled.

Each expert scores the classes linearly, and how sharply it may is learnt out of fold: a project
whose labels go by words leans on the terms, one whose labels go by meaning on the encoder's vector.
Topics are learnt from unlabelled texts too, so they help in a language that no encoder knows. The
vectors of the classes' names are one more expert, which has an opinion before any label.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfTransformer

from labelloop.recipes.text_choices.bags import centred
from labelloop.recipes.text_choices.experts import Experts
from labelloop.recipes.text_choices.ridge import Floats
from labelloop.recipes.text_choices.topics import topics_of

type Rows = tuple[Any, Floats | None]  # counts, sparse, shape (texts, terms); vectors or None

NEARNESS: Final = 25.0  # of a landmark by cosine: at 0.1 less alike it weighs a twelfth
SMOOTHING: Final = 0.3  # the landmarks' share in the pooled answer
LEAST: Final = 1e-6  # of a probability before its logarithm
_MOST_FOR_TOPICS: Final = 1_000  # texts


class PooledExperts(BaseEstimator):  # type: ignore[misc]
    """Ridge regression on TF-IDF of counts, on its topics and on vectors, pooled and calibrated."""

    def fit(
        self,
        rows: Rows,
        labels: Sequence[str],
        names: Mapping[str, Floats] | None = None,
        landmarks: Rows | None = None,
    ) -> "PooledExperts":
        """Learn from examples and their labels.

        `names`: the vector of each class's name; of classes without an example too. `landmarks`:
        texts without a label, which tell what there is to tell apart. If they have vectors, what is
        said of them weighs in on what is said of their neighbours: a step of label propagation (Zhu
        and Ghahramani 2002), by which what the terms tell reaches texts that mean the same.
        """
        texts = [landmarks, rows] if landmarks else [rows]
        self.classes_ = np.unique([*labels, *(names or ())])
        self.tfidf_ = TfidfTransformer(sublinear_tf=True).fit(vstack([one[0] for one in texts]))
        self.centre_ = _centre([one[1] for one in texts if one[1] is not None])
        seen = self._seen(rows)
        topics = self._topics([one[0] for one in texts])
        named = self._named(names) if names and "vector" in seen else None
        codes = np.searchsorted(self.classes_, np.asarray(labels))
        inputs = seen | ({"topic": seen["bag"] @ topics} if topics.shape[1] else {})
        said = None if named is None else seen["vector"] @ named
        experts = Experts(inputs, said, codes, len(self.classes_))
        self.choices_ = experts.chosen()
        pooled = experts.pooled(self.choices_)
        self.sharpness_ = pooled.sharpness
        self.out_of_fold_ = softmax(pooled.out_of_fold, axis=1).astype(np.float32)
        self.out_of_fold_[np.bincount(codes)[codes] == 1] = np.nan
        sharp = {name: a * scorer.coefficients for name, (a, scorer) in pooled.weighted.items()}
        if "topic" in sharp:  # linear in the bag, so no work of its own later
            sharp["bag"] += topics @ sharp.pop("topic")
        if named is not None:
            sharp["vector"] += pooled.sharpness["name"] * named
        self.coefficients_ = {name: _floats(values) for name, values in sharp.items()}
        self.intercepts_ = _floats(
            sum(a * scorer.intercepts for a, scorer in pooled.weighted.values())
        )
        self.landmarks_ = np.empty((0, 0), np.float32)
        if landmarks is not None and "vector" in seen:
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
        logits: Floats = sum(seen[name] @ values for name, values in self.coefficients_.items())
        return logits + self.intercepts_

    def _seen(self, rows: Rows) -> dict[str, Any]:
        """Return the TF-IDF of the terms and, of a model that has them, the vectors."""
        counts, vectors = rows
        seen = {"bag": self.tfidf_.transform(counts)}
        if vectors is not None and len(self.centre_):
            seen["vector"] = centred(vectors, self.centre_)
        return seen

    def _topics(self, counts: Sequence[Any]) -> Floats:
        """Return the topics of the first texts, shape (terms, topics)."""
        return topics_of(self.tfidf_.transform(vstack(counts).tocsr()[:_MOST_FOR_TOPICS]))

    def _named(self, names: Mapping[str, Floats]) -> Floats:
        """Return the names' vectors as seen from the centre, shape (dimensions, classes)."""
        return centred(np.stack([names[name] for name in self.classes_]), self.centre_).T


def _centre(vectors: Sequence[Floats]) -> NDArray[np.float32]:
    """Return the mean vector of all texts that are there, labelled or not; empty without any."""
    return _floats(np.concatenate(vectors).mean(axis=0) if vectors else [])


def _floats(values: Any) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)

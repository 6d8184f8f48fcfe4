"""A model as it is fitted: the artefact is made from it, and must answer as it does."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from scipy.sparse import vstack
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfTransformer

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.protocol import Trained
from labelloop.recipes.several_choices.experts import pooled
from labelloop.recipes.several_choices.marks import Marked, Marks
from labelloop.recipes.several_choices.stored_model import StoredModel
from labelloop.recipes.text.bags import BAGS, VECTORS, Features, centred
from labelloop.recipes.text.known_terms import counts_of, known_terms
from labelloop.recipes.text.seen import LANDMARKS
from labelloop.recipes.text.stretch import stretch_of
from labelloop.recipes.text.topics import topics_of

_TOLERANCE: Final = 1e-5  # between its own probabilities and the artefact's
_CHECKED_TEXTS: Final = 100
_NEAR_A_NAME: Final = 10  # texts


class FittedModel:
    """Ridge regression of each label on a text's terms, topics and vector. Deterministic.

    `others`: texts without a label, that say how much terms weigh, what topics there are, and where
    vectors lie. `names`: the vectors of the labels' names, all that is known of one without an
    example.
    `encoder`: the name of what the vectors come from, empty without vectors.
    """

    def __init__(
        self,
        features: Features,
        given: Marked,
        labels: Sequence[str],
        others: Features | None = None,
        names: Floats | None = None,
        encoder: str = "",
    ) -> None:
        """Learn from features and the labels of each row, shape (n, labels).

        Unprocessable where there is nothing to see.
        """
        if not len(features.bags.ids) and features.vectors is None:
            raise Unprocessable("the labelled texts hold no words")
        self.names = tuple(labels)
        self.needs = (BAGS,) if features.vectors is None else (BAGS, VECTORS)
        self.encoder = encoder if VECTORS in self.needs else ""
        self._terms = known_terms(features.bags, others, len(labels))
        texts = [features] if others is None else [others, features]
        counts = [counts_of(each.bags, self._terms) for each in texts]
        self._tfidf = TfidfTransformer(sublinear_tf=True).fit(vstack(counts))
        vectors = [each.vectors for each in texts if each.vectors is not None]
        self._centre = np.concatenate(vectors).mean(axis=0) if vectors else np.empty(0, np.float32)
        seen = self._inputs(features)
        topics = topics_of(self._tfidf.transform(vstack(counts).tocsr()[:LANDMARKS]))
        inputs, likeness = dict(seen), None
        if topics.shape[1]:
            inputs["topic"] = seen["bag"] @ topics
        if "vector" in seen:
            around = centred(np.concatenate(vectors), self._centre)
            stretch = stretch_of(around)
            inputs["vector"] = seen["vector"] @ stretch
            if names is not None:
                names = _as_in_texts(centred(names, self._centre), around)
                likeness = seen["vector"] @ names.T
        self._pooled = pooled(inputs, given, likeness)
        found = dict(self._pooled.coefficients)
        if "topic" in found:  # linear in the bag: added to the bag's coefficients
            found["bag"] = found["bag"] + topics @ found.pop("topic")
        if "vector" in found:
            found["vector"] = stretch @ found["vector"]
        if names is not None and "name" in found:
            found["vector"] += names.T * found.pop("name")
        self._coefficients = found
        self._probes = features.take(range(min(len(features), _CHECKED_TEXTS)))

    def answer(self, features: Columns) -> Answers:
        """Return how likely each label is of each text."""
        return self._marks(self._probabilities(Features.of(features))).answers(self.names)

    def packed(self) -> Trained:
        """Return the model as arrays; BadModel if they answer differently."""
        stored = self._stored()
        artefact = stored.to_bytes()
        expected = self._probabilities(self._probes)
        got = StoredModel.of(artefact).probabilities(self._probes)
        difference = float(np.abs(expected - got).max())
        if difference > _TOLERANCE:
            raise BadModel(f"the artefact's probabilities are up to {difference:.1e} off")
        facts = {
            "bytes": len(artefact),
            "terms": len(self._terms),
            "sharpness": {name: round(each, 3) for name, each in self._pooled.sharpness.items()},
            "least": self._pooled.least,
            "largest_difference": difference,
        }
        return Trained(artefact, facts, self._marks(self._pooled.out_of_fold).answers(self.names))

    def _stored(self) -> StoredModel:
        coefficients = self._coefficients
        none = np.empty((0, len(self.names)), np.float32)
        return StoredModel(
            names=self.names,
            encoder=self.encoder,
            least=self._pooled.least,
            terms=self._terms,
            idf=_floats(self._tfidf.idf_)[: len(self._terms)],
            bag=_floats(coefficients["bag"])[: len(self._terms)],
            centre=_floats(self._centre),
            vector=_floats(coefficients.get("vector", none)),
            intercepts=_floats(self._pooled.intercepts),
        )

    def _inputs(self, features: Features) -> dict[str, Any]:
        inputs = {"bag": self._tfidf.transform(counts_of(features.bags, self._terms))}
        if features.vectors is not None and len(self._centre):
            inputs["vector"] = centred(features.vectors, self._centre)
        return inputs

    def _probabilities(self, features: Features) -> Floats:
        inputs = self._inputs(features)
        parts = [inputs[name] @ each for name, each in self._coefficients.items()]
        return np.asarray(expit(sum(parts) + self._pooled.intercepts), np.float32)

    def _marks(self, probabilities: Floats) -> Marks:
        return Marks.of(probabilities, self._pooled.least)


def _as_in_texts(names: Floats, texts: Floats) -> Floats:
    """Return names' vectors, each moved half-way to the texts that are most like it.

    Names are not written as texts are (pseudo-relevance feedback: Rocchio 1971).
    """
    nearest = np.argsort(-(texts @ names.T), axis=0, kind="stable")[:_NEAR_A_NAME]
    return _unit(names + _unit(texts[nearest].mean(axis=0)))


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


def _floats(values: Any) -> Floats:
    return np.asarray(values, np.float32)

"""A model as it is fitted, and what is stored of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.sparse import vstack
from sklearn.feature_extraction.text import TfidfTransformer

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.columns import Columns, joined
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.numbers.axes import ENDS, directions
from labelloop.recipes.numbers.cells import CellScale
from labelloop.recipes.numbers.experts import Stacked, stacked
from labelloop.recipes.numbers.measure import answers_of
from labelloop.recipes.numbers.model import NumberModel
from labelloop.recipes.protocol import Trained
from labelloop.recipes.text.bags import Features, centred
from labelloop.recipes.text.known_terms import counts_of, known_terms
from labelloop.recipes.text.topics import topics_of

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Tools

TOLERANCE: Final = 1e-4  # of the range, between the fit's sums and the stored model's
_MOST_FOR_TOPICS: Final = 1_000  # texts
_CHECKED_TEXTS: Final = 100
_LEAST_SPREAD: Final = 0.01
_PRIOR_ERROR, _PRIOR_LABELS = 0.2, 2.0  # the mean error before any label; it counts as so many


class FittedModel:
    """A model, and its answers out of fold. Deterministic. See `recipes.protocol.Fitted`.

    `shares`: the labels as shares of the range; `landmarks`: texts of the pool, whose words and
    vectors say what is common; `facts`: what the card says besides.
    """

    def __init__(
        self,
        seen: Columns,
        shares: Sequence[float],
        landmarks: Columns | None,
        tools: "Tools | None",
        names: Sequence[str],
        facts: Mapping[str, Any],
    ) -> None:
        """Learn; Unprocessable where there is nothing to see."""
        features = Features.of(seen)
        if not len(features.bags.ids) and features.vectors is None:
            raise Unprocessable("the labelled texts hold no words")
        self._facts, self._numbers = facts, np.asarray(shares, np.float64)
        texts = [features] if landmarks is None else [Features.of(landmarks), features]
        cells = CellScale.of(seen if landmarks is None else joined([landmarks, seen]))
        terms = known_terms(features.bags, texts[0] if len(texts) > 1 else None, 1)
        counts = [counts_of(each.bags, terms) for each in texts]
        tfidf = TfidfTransformer(sublinear_tf=True).fit(vstack(counts))
        inputs: dict[str, Any] = {"bag": tfidf.transform(counts[-1])}
        topics = topics_of(tfidf.transform(vstack(counts).tocsr()[:_MOST_FOR_TOPICS]))
        if topics.shape[1]:
            inputs["topic"] = inputs["bag"] @ topics
        centre, axes = _seen_from(texts), _axes(tools)
        if features.vectors is not None:
            inputs["vector"] = centred(features.vectors, centre)
            if axes is not None:
                inputs["axes"] = inputs["vector"] @ axes
        if len(cells.ids):
            inputs["cells"] = cells.rows(seen)
        self._stacked = stacked(inputs, self._numbers)
        self._in_fold = self._stacked.intercept + sum(
            rows @ self._stacked.coefficients(name) for name, rows in inputs.items()
        )
        errors = np.abs(self._stacked.out_of_fold - self._numbers)
        spread = (errors.sum() + _PRIOR_ERROR * _PRIOR_LABELS) / (len(errors) + _PRIOR_LABELS)
        self._model = NumberModel(
            tuple(names),
            tools.encoder if tools and features.vectors is not None else "",
            terms,
            _floats(tfidf.idf_)[: len(terms)],
            _floats(_folded(self._stacked, "bag", "topic", topics))[: len(terms)],
            centre,
            _floats(_folded(self._stacked, "vector", "axes", axes)),
            cells,
            _floats(_folded(self._stacked, "cells")),
            self._stacked.intercept,
            max(float(spread), _LEAST_SPREAD),
        )
        self._probes = seen.take(range(min(len(seen), _CHECKED_TEXTS)))
        self.names, self.encoder = self._model.names, self._model.encoder
        self.needs = self._model.needs

    def answer(self, features: Columns) -> Answers:
        """Return the number of each text, with its spread."""
        return self._model.answer(features)

    def packed(self) -> Trained:
        """Return the model as bytes; BadModel if these answer differently from the fit."""
        artefact = self._model.stored()
        checked = NumberModel.load(artefact).shares(self._probes)
        expected = np.clip(self._in_fold[: len(checked)], 0.0, 1.0)
        difference = float(np.abs(checked - expected).max())
        if difference > TOLERANCE:
            raise BadModel(f"the stored model's numbers are up to {difference:.1e} off")
        out_of_fold = self._stacked.out_of_fold.astype(np.float32)
        spreads = np.full(len(out_of_fold), self._model.spread, np.float32)
        said = answers_of(out_of_fold, spreads, self.names)
        return Trained(artefact, self._told(len(artefact), difference), said)

    def _told(self, size: int, difference: float) -> dict[str, Any]:
        """Return the facts for the card. `r2`: the share of the labels' variance it explains."""
        numbers, found = self._numbers, self._stacked
        unexplained = float(((found.out_of_fold - numbers) ** 2).mean() / numbers.var())
        return {
            "bytes": size,
            "terms": len(self._model.terms),
            "r2": round(1 - unexplained, 3),
            "spread": round(self._model.spread, 4),
            "weights": {name: round(value, 3) for name, value in found.weights.items()},
            "penalties": dict(found.penalties),
            "largest_difference": difference,
            **self._facts,
        }


def _folded(found: Stacked, name: str, within: str = "", along: Floats | None = None) -> Floats:
    """Return the weights of an input, with those of an expert on some directions of it."""
    if name not in found.scorers:
        return np.empty(0)
    weights = found.coefficients(name)
    if within in found.scorers and along is not None:
        weights = weights + along @ found.coefficients(within)
    return weights


def _seen_from(texts: Sequence[Features]) -> Floats:
    """Return the mean vector of all texts, labelled or not; empty without any vectors."""
    vectors = [each.vectors for each in texts if each.vectors is not None]
    return _floats(np.concatenate(vectors).mean(axis=0) if vectors else [])


def _axes(tools: "Tools | None") -> Floats | None:
    """Return the axes as directions of vectors, None without an encoder."""
    if tools is None or not tools.encoder:
        return None
    ends = tools.vectors(ENDS)
    return directions(ends) if np.isfinite(ends).all() else None


def _floats(values: Any) -> Floats:
    return np.asarray(values, np.float32)

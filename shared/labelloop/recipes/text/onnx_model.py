"""A model version in onnxruntime: term ids, counts and vectors in, probabilities out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, OutOfMemory
from labelloop.quiet_onnxruntime import session_of
from labelloop.recipes.text import FORMAT
from labelloop.recipes.text.bags import BAGS, VECTORS, Bags, Features
from labelloop.recipes.text.probabilities import answers_of
from labelloop.recipes.text.terms import IDS

METADATA: Final = "labelloop"  # the key of the graph's metadata that holds format, terms, classes
_PROBED_TERMS: Final = 50


@dataclass(frozen=True)
class RunLimits:
    """What one call of the graph may gather; and when a table of all terms is made."""

    floats: int = 8_000_000  # 32 MB: padding times classes stays bounded
    rows: int = 2_000
    ids: int = 100_000  # a part of the pool has more, a request fewer


RUN_LIMITS: Final = RunLimits()


class OnnxModel:
    """A model loaded from its artefact. Raises BadModel for anything that can't be served."""

    def __init__(self, artefact: bytes, limits: RunLimits = RUN_LIMITS) -> None:
        self._limits = limits
        try:
            self._session = session_of(artefact)
            metadata = json.loads(self._session.get_modelmeta().custom_metadata_map[METADATA])
            self.metadata: dict[str, Any] = metadata
            self.format: int = metadata["format"]
            classes: list[str] = metadata["classes"]
            self.encoder: str = metadata["encoder"]  # what the vectors must come from
            self._terms = np.asarray(metadata["terms"], np.uint32)
            widths = {each.name: each.shape[-1] for each in self._session.get_inputs()}
            self.dimensions: int = widths.get("vectors", 0)  # 0: trained without vectors
        except Exception as exc:  # onnxruntime raises a dozen types of its own for a bad file
            raise _bad_model("the model does not load", exc) from exc
        if not isinstance(classes, list) or {type(name) for name in classes} != {str}:
            raise BadModel("the model's classes are no names")
        self.names = tuple(classes)
        if self.format != FORMAT:
            raise BadModel(f"the model has format {self.format}, not {FORMAT}")
        if len(self._terms) and self._terms.max() > IDS:
            raise BadModel("the model's terms are none")
        self.needs = (BAGS, VECTORS) if self.dimensions else (BAGS,)
        self._terms_and_none = np.append(self._terms, np.uint32(0))  # for ids beyond all others
        self._smoke_run()

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each class for each text; see `predict_proba`."""
        return answers_of(self.predict_proba(Features.of(features)), self.names)

    def predict_proba(self, features: Features) -> NDArray[np.float32]:
        """Return the probability of each class for each text, shape (texts, classes).

        Texts of similar length share a call of the graph, as all of a batch are padded to the
        longest; a text's probabilities don't depend on the others. Raises BadModel
        for features without the vectors that the model was trained on.
        """
        numbered = Features(self._numbered(features.bags), features.vectors)
        if len(features) == 1:  # an annotator is waiting, and one text needs no batches
            return self._run(numbered)
        rows = np.empty((len(features), len(self.names)), np.float32)
        for batch in self._batches(np.diff(numbered.bags.starts)):
            rows[batch] = self._run(numbered.take(batch))
        return rows

    def _run(self, numbered: Features) -> NDArray[np.float32]:
        ids, counts = _pad(numbered.bags)
        feed = {"ids": ids, "counts": counts}
        if self.dimensions:
            feed["vectors"] = self._vectors(numbered)
        rows: NDArray[np.float32] = self._session.run(None, feed)[0]
        return rows

    def _numbered(self, bags: Bags) -> Bags:
        """Return the bags of the terms that the model knows, by its own numbers, 1 and up."""
        numbers = self._numbers(bags.ids)
        is_known = numbers > 0
        starts = np.concatenate([[0], np.cumsum(is_known)])[bags.starts]
        return Bags(numbers[is_known], bags.counts[is_known], starts)

    def _numbers(self, ids: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Return the model's own number of each term, 0 for those that it does not know."""
        if len(ids) > self._limits.ids:  # a table of all terms is faster, but takes 16 MB
            table = np.zeros(IDS + 2, np.uint32)
            table[self._terms] = np.arange(1, len(self._terms) + 1)
            return table[ids]
        places = np.searchsorted(self._terms, ids)
        is_known = self._terms_and_none[places] == ids
        return np.where(is_known, places + 1, 0).astype(np.uint32)

    def _vectors(self, features: Features) -> NDArray[np.float32]:
        vectors = features.vectors
        if vectors is None or vectors.shape[1] != self.dimensions:
            raise BadModel(f"the model wants vectors of {self.dimensions} numbers")
        return np.asarray(vectors, np.float32)

    def _batches(self, lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        """Yield indices in batches whose padded size, times the classes, is bounded."""
        width, most = len(self.names), self._limits
        order = np.argsort(lengths, kind="stable")
        first = 0
        for place, index in enumerate(order):
            longest = max(1, int(lengths[index]))  # sorted: the newest is the longest
            rows = place + 1 - first
            if rows > 1 and (rows > most.rows or rows * longest * width > most.floats):
                yield order[first:place]
                first = place
        if first < len(order):
            yield order[first:]

    def _smoke_run(self) -> None:
        ids = np.concatenate([self._terms[-_PROBED_TERMS:], np.array([IDS + 1], np.uint32)])
        bag = ids, np.ones(len(ids), np.float32)
        empty = np.empty(0, np.uint32), np.empty(0, np.float32)
        vectors = np.eye(2, self.dimensions, dtype=np.float32) if self.dimensions else None
        try:
            rows = self.predict_proba(Features(Bags.of([empty, bag]), vectors))
        except Exception as exc:
            raise _bad_model("the model does not run", exc) from exc
        sums_to_one = np.allclose(rows.sum(axis=1), 1.0, atol=1e-4)
        if len(self.names) < 2 or not np.isfinite(rows).all() or not sums_to_one:
            raise BadModel("the model's answers are no probabilities")


def _bad_model(message: str, exc: Exception) -> BadModel:
    is_short = isinstance(exc, MemoryError) or "bad_alloc" in str(exc)  # onnxruntime has both
    return (OutOfMemory if is_short else BadModel)(f"{message}: {type(exc).__name__}")


def _pad(bags: Bags) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return ids and counts, shape (bags, longest). Id 0 is the padding; it weighs nothing."""
    lengths = np.diff(bags.starts)
    filled = np.arange(max(1, int(lengths.max()))) < lengths[:, None]
    padded_ids = np.zeros(filled.shape, np.int64)
    padded_counts = np.zeros(filled.shape, np.float32)
    padded_ids[filled], padded_counts[filled] = bags.ids, bags.counts
    return padded_ids, padded_counts

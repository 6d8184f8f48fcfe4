"""A version's head in onnxruntime: term ids and counts in, probabilities out."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from labelloop.errors import BadModel
from labelloop.pointers import FORMAT
from labelloop.recipes.terms import terms

METADATA: Final = "labelloop"  # the key of the graph's metadata that holds format, terms, classes
# What one call of the graph may gather, in floats (32 MB): padding times classes stays bounded.
_MOST_FLOATS: Final = 8_000_000
_PROBES: Final = ("", "a", "Straße ΟΔΟΣ İstanbul 東京 🙂")


class OnnxHead:
    """A head loaded from its artefact. Raises BadModel for anything that can't be served."""

    def __init__(self, artefact: bytes) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # one vCPU; more threads would only wait for each other
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = ort.InferenceSession(artefact, options, ["CPUExecutionProvider"])
            known = json.loads(self._session.get_modelmeta().custom_metadata_map[METADATA])
            self.format: int = known["format"]
            self.classes: list[str] = known["classes"]
            self._ids = {term: id_ for id_, term in enumerate(known["terms"], start=1)}
        except Exception as exc:  # onnxruntime raises a dozen types of its own for a bad file
            raise BadModel(f"the model does not load: {type(exc).__name__}") from exc
        if not isinstance(self.classes, list) or {type(name) for name in self.classes} != {str}:
            raise BadModel("the model's classes are no names")
        if self.format != FORMAT:
            raise BadModel(f"the model has format {self.format}, not {FORMAT}")
        self._smoke_run()

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the probability of each class for each text, shape (texts, classes).

        Texts of similar length share a call of the graph, so that a long one costs its batch
        mates no memory; a text's probabilities don't depend on its batch mates.
        """
        bags = [self._bag(text) for text in texts]
        rows = np.empty((len(texts), len(self.classes)), np.float32)
        for batch in self._batches(bags):
            ids, counts = _pad([bags[i] for i in batch])
            rows[batch] = self._session.run(None, {"ids": ids, "counts": counts})[0]
        return rows

    def _bag(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        known = self._ids
        bag = Counter(known[term] for term in terms(text) if term in known)
        ids = np.fromiter(bag.keys(), np.int64, len(bag))
        order = np.argsort(ids)  # one order of summation, so one result, however the text came in
        return ids[order], np.fromiter(bag.values(), np.float32, len(bag))[order]

    def _batches(self, bags: Sequence[tuple[Any, Any]]) -> Iterator[list[int]]:
        """Yield indices in batches whose padded size, times the classes, is bounded."""
        width = len(self.classes)
        batch: list[int] = []
        for index in sorted(range(len(bags)), key=lambda i: len(bags[i][0])):
            longest = max(1, len(bags[index][0]))  # sorted: the newest is the longest
            if batch and (len(batch) + 1) * longest * width > _MOST_FLOATS:
                yield batch
                batch = []
            batch.append(index)
        if batch:
            yield batch

    def _smoke_run(self) -> None:
        try:
            rows = self.predict_proba(_PROBES)
        except Exception as exc:
            raise BadModel(f"the model does not run: {type(exc).__name__}") from exc
        sums_to_one = np.allclose(rows.sum(axis=1), 1.0, atol=1e-4)
        if len(self.classes) < 2 or not np.isfinite(rows).all() or not sums_to_one:
            raise BadModel("the model's answers are no probabilities")


def _pad(bags: Sequence[tuple[Any, Any]]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return ids and counts, shape (bags, longest). Id 0 is the padding; it weighs nothing."""
    longest = max(1, *(len(ids) for ids, _ in bags))
    padded_ids = np.zeros((len(bags), longest), np.int64)
    padded_counts = np.zeros((len(bags), longest), np.float32)
    for row, (ids, counts) in enumerate(bags):
        padded_ids[row, : len(ids)] = ids
        padded_counts[row, : len(counts)] = counts
    return padded_ids, padded_counts

"""A version's head in onnxruntime: term ids, counts and vectors in, probabilities out."""

import json
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from labelloop.domain.features import Bags, Features
from labelloop.errors import BadModel
from labelloop.pointers import FORMAT
from labelloop.recipes.terms import bags_of

# The key of the graph's metadata that holds format, classes, the ids of the terms that have
# weights, ascending, and the name of the encoder whose vectors the graph takes, empty for none.
METADATA: Final = "labelloop"
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
            self.encoder: str = known["encoder"]
            self._ids = np.array(known["ids"], np.uint32)
        except Exception as exc:  # onnxruntime raises a dozen types of its own for a bad file
            raise BadModel(f"the model does not load: {type(exc).__name__}") from exc
        if self.format != FORMAT:
            raise BadModel(f"the model has format {self.format}, not {FORMAT}")
        self._smoke_run()

    def predict_proba(self, features: Features) -> NDArray[np.float32]:
        """Return the probability of each class for each text, shape (texts, classes).

        Texts of similar length share a call of the graph, so that a long one costs its batch
        mates no memory; a text's probabilities don't depend on its batch mates.
        """
        bags = self._known(features.bags)
        rows = np.empty((len(bags), len(self.classes)), np.float32)
        for batch in self._batches(np.diff(bags.starts)):
            feed = _padded(bags.take(batch))
            if self.encoder:
                feed["vectors"] = _vectors(features)[batch]
            rows[batch] = self._session.run(None, feed)[0]
        return rows

    def _known(self, bags: Bags) -> Bags:
        """Return the bags of terms that have weights here, by their places among them plus one."""
        places = np.searchsorted(self._ids, bags.ids)
        is_known = np.append(self._ids, 0)[places] == bags.ids
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(is_known)])[bags.starts]
        return Bags((places[is_known] + 1).astype(np.uint32), bags.counts[is_known], starts)

    def _batches(self, lengths: NDArray[np.int64]) -> Iterator[list[int]]:
        """Yield indices in batches whose padded size, times the classes, is bounded."""
        width = len(self.classes)
        batch: list[int] = []
        for index in np.argsort(lengths, kind="stable").tolist():
            longest = max(1, int(lengths[index]))  # sorted: the newest is the longest
            if batch and (len(batch) + 1) * longest * width > _MOST_FLOATS:
                yield batch
                batch = []
            batch.append(index)
        if batch:
            yield batch

    def _probes(self) -> Features:
        bags = bags_of(_PROBES)
        shapes = {one.name: one.shape for one in self._session.get_inputs()}
        if not self.encoder:
            return Features(bags)
        width = shapes["vectors"][1]
        return Features(bags, np.full((len(bags), width), width**-0.5, np.float32))

    def _smoke_run(self) -> None:
        try:
            rows = self.predict_proba(self._probes())
        except Exception as exc:
            raise BadModel(f"the model does not run: {type(exc).__name__}") from exc
        sums_to_one = np.allclose(rows.sum(axis=1), 1.0, atol=1e-4)
        if len(self.classes) < 2 or not np.isfinite(rows).all() or not sums_to_one:
            raise BadModel("the model's answers are no probabilities")


def _padded(bags: Bags) -> dict[str, Any]:
    """Return ids and counts, shape (bags, longest). Id 0 is the padding; it weighs nothing."""
    lengths = np.diff(bags.starts)
    is_term = np.arange(max(1, *lengths)) < lengths[:, np.newaxis]
    ids, counts = np.zeros(is_term.shape, np.int64), np.zeros(is_term.shape, np.float32)
    ids[is_term], counts[is_term] = bags.ids, bags.counts
    return {"ids": ids, "counts": counts}


def _vectors(features: Features) -> NDArray[np.float32]:
    if features.vectors is None:
        raise ValueError("the head needs vectors, and there are none")
    return features.vectors

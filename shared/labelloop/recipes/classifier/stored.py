"""A classifier in onnxruntime: rows of numbers in, probabilities out."""

import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, words_of
from labelloop.quiet_onnxruntime import session_of
from labelloop.recipes.classifier.seen import matrix_of
from labelloop.recipes.text.bags import BAGS, VECTORS
from labelloop.recipes.text.probabilities import answers_of

METADATA: Final = "labelloop"  # the key of the graph's metadata
_PROBABILITIES: Final = "probabilities"  # skl2onnx's name for the second output
_ROWS: Final = 2_000  # of one call of the graph


def needs_of(encoder: str) -> tuple[str, ...]:
    """Return the blocks of features that it reads."""
    return (BAGS, VECTORS) if encoder else (BAGS,)


class StoredClassifier:
    """A model loaded from its artefact. Raises BadModel for anything that can't be served."""

    def __init__(self, artefact: bytes) -> None:
        try:
            self._session = session_of(artefact)
            said: dict[str, Any] = json.loads(
                self._session.get_modelmeta().custom_metadata_map[METADATA]
            )
            self.names = tuple(said["classes"])
            self.encoder: str = said["encoder"]
            self._width: int = said["width"]
            (self._input,) = self._session.get_inputs()
        except Exception as exc:  # onnxruntime raises a dozen types of its own for a bad file
            raise BadModel(f"the model does not load: {words_of(exc)}") from exc
        self.needs = needs_of(self.encoder)

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each class for each text."""
        rows = matrix_of(features, self._width)
        if len(rows) and rows.shape[1] != self._input.shape[1]:
            raise BadModel(f"{rows.shape[1]} numbers a text, the model has {self._input.shape[1]}")
        return answers_of(self.predict_proba(rows), self.names)

    def predict_proba(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of each class for each row, shape (rows, classes)."""
        batches = [rows[at : at + _ROWS] for at in range(0, len(rows), _ROWS)]
        made = [self._session.run([_PROBABILITIES], {self._input.name: one})[0] for one in batches]
        return np.vstack([np.empty((0, len(self.names)), np.float32), *made])

"""A classifier while it is trained: scikit-learn's, converted to ONNX by skl2onnx."""

import json
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel
from labelloop.recipes.classifier.seen import matrix_of
from labelloop.recipes.classifier.stored import METADATA, StoredClassifier, needs_of
from labelloop.recipes.protocol import Trained
from labelloop.recipes.text.probabilities import answers_of

_FOLDS: Final = 5
_SAME: Final = 0.01  # of a probability: trees may split between two neighbouring float32


class FittedClassifier:
    """Trained on examples; see `protocol.Fitted`.

    `make` returns an untrained classifier. Raises BadModel if the ONNX graph that skl2onnx makes of
    it answers in another way.
    """

    def __init__(
        self,
        make: Callable[[], Any],
        labels: Sequence[str],
        features: Columns,
        width: int,
        encoder: str,
    ) -> None:
        self.names, self.encoder, self.needs = (
            tuple(sorted(set(labels))),
            encoder,
            needs_of(encoder),
        )
        self._make, self._width = make, width
        self._codes = np.searchsorted(self.names, labels)
        self._rows = matrix_of(features, width)
        self._model = make().fit(self._rows, self._codes)
        self._graph = self._converted()

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each class for each text."""
        return StoredClassifier(self._graph).answer(features)

    def packed(self) -> Trained:
        """Return the graph, and the answers to the examples of models without their fold."""
        facts = {"classifier": type(self._model).__name__, "dimensions": self._rows.shape[1]}
        return Trained(self._graph, facts, answers_of(self._out_of_fold(), self.names))

    def _out_of_fold(self) -> NDArray[np.float32]:
        made = np.zeros((len(self._codes), len(self.names)), np.float32)
        for learnt, left_out in self._folds():
            codes = self._codes[learnt]
            if len(set(codes)) == 1:  # many classifiers refuse to learn that
                made[left_out, codes[0]] = 1.0
                continue
            model = self._make().fit(self._rows[learnt], codes)
            made[np.ix_(left_out, model.classes_)] = model.predict_proba(self._rows[left_out])
        return made

    def _folds(self) -> Any:
        from sklearn.model_selection import KFold, StratifiedKFold

        most = int(np.bincount(self._codes).max())
        by = StratifiedKFold if most > 1 else KFold
        folds = by(max(2, min(_FOLDS, most)), shuffle=True, random_state=0)
        with warnings.catch_warnings():  # of classes with fewer examples than folds
            warnings.simplefilter("ignore", UserWarning)
            return list(folds.split(self._rows, self._codes))

    def _converted(self) -> bytes:
        from onnx import helper
        from skl2onnx import to_onnx

        options = {id(self._model): {"zipmap": False}}  # probabilities as one tensor
        graph = to_onnx(self._model, self._rows[:1], options=options)
        said = {"classes": self.names, "encoder": self.encoder, "width": self._width}
        helper.set_model_props(graph, {METADATA: json.dumps(said)})
        artefact: bytes = graph.SerializeToString()
        stored = StoredClassifier(artefact).predict_proba(self._rows)
        apart = np.abs(stored - self._model.predict_proba(self._rows)).mean()
        if not apart < _SAME:
            raise BadModel(f"skl2onnx makes another model of it: {apart:.3f} apart in the mean")
        return artefact

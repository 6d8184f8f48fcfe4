"""Models of paths: the shared model of texts, with the paths as its classes.

A label of several paths is learnt in equal shares, so the model says how likely each path is to be
one that is drawn from the label. Times the mean number of paths of a label, which goes with the
artefact, that is how likely a path is chosen. Where labels are single paths, the number is 1.
"""

from typing import Final

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel
from labelloop.recipes.taxonomy.paths import answers_of
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.onnx_model import OnnxModel

USUAL: Final = "usual_paths"  # of a label: the key of the artefact's metadata that holds it


class TaxonomyModel:
    """A model loaded from its artefact. Raises BadModel for anything that can't be served."""

    def __init__(self, artefact: bytes) -> None:
        self._model = OnnxModel(artefact)
        usual = self._model.metadata.get(USUAL)
        if not isinstance(usual, int | float) or not usual >= 1:
            raise BadModel("the model does not say how many paths a label has")
        self._usual = float(usual)
        self.names = self._model.names
        self.encoder = self._model.encoder
        self.needs = self._model.needs

    def answer(self, features: Columns) -> Answers:
        """Return how likely each path is, and how many a label has."""
        probabilities = self._model.predict_proba(Features.of(features))
        return answers_of(probabilities, self.names, self._usual)

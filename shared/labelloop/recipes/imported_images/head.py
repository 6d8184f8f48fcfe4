"""A head at work that was trained on what an imported model and the stack's encoder see of images.

It needs nothing of what trains: the functions that predict have neither scipy nor scikit-learn.
"""

from typing import Final

import numpy as np

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.recipes.image_choices import model as linear_model
from labelloop.recipes.image_choices.features import VECTORS, vectors_of
from labelloop.recipes.imported.model import RAW, ImportedModel, rows_of
from labelloop.recipes.imported.package import Package

NEEDS: Final = (RAW, VECTORS)


class ImageHead:
    """A head that was trained on what an imported model and the encoder see."""

    needs = NEEDS

    def __init__(self, package: Package) -> None:
        self._imported = ImportedModel(package)
        self._head = linear_model.load(package.head)
        self.names, self.encoder = self._head.names, self._head.encoder

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each class for each task."""
        width = len(self._head.view.centre)
        return self._head.answer(beside(features, self._imported, width))


def beside(features: Columns, imported: ImportedModel, width: int = 0) -> Columns:
    """Return features whose vectors are the imported model's, and the encoder's behind them.

    `width`: of both, if it is known: zeros where the imported model answers no task.
    """
    known = vectors_of(features)
    if known is None:
        return Columns(len(features), {})
    seen = imported.vectors(rows_of(features))
    if width and seen.shape[1] != width - known.shape[1]:
        seen = np.zeros((len(seen), max(0, width - known.shape[1])), np.float32)
    return Columns(len(features), {VECTORS: np.concatenate([seen, known], axis=1)})


def load(artefact: bytes) -> ImportedModel | ImageHead:
    """Return a stored model; BadModel for any other bytes."""
    package = Package.unpacked(artefact)
    return ImageHead(package) if package.head else ImportedModel(package)

"""A head trained on what an imported model and the stack's encoder see of images."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.recipes.image_choices import model as linear_model
from labelloop.recipes.image_choices.features import VECTORS, vectors_of
from labelloop.recipes.image_choices.fitted_model import FittedImages
from labelloop.recipes.imported.model import RAW, ImportedModel, rows_of
from labelloop.recipes.imported.package import VECTORS as AS_VECTORS
from labelloop.recipes.imported.package import Package
from labelloop.recipes.protocol import Trained

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Fitted

_NEEDS = (RAW, VECTORS)


def fitted_after(
    artefact: bytes,
    labels: Sequence[str],
    features: Columns,
    pool: Columns | None,
    encoder: str,
) -> "Fitted | None":
    """Return a head on an imported model's vectors; None if it was not imported for that."""
    package = Package.unpacked(artefact)
    if package.description.role != AS_VECTORS:
        return None
    return FittedImageHead(package, features, labels, pool, encoder)


class FittedImageHead:
    """A head as it was fitted: see `recipes.image_choices.fitted_model`."""

    needs = _NEEDS

    def __init__(
        self,
        package: Package,
        features: Columns,
        labels: Sequence[str],
        pool: Columns | None,
        encoder: str,
    ) -> None:
        self._package, self._imported = package, ImportedModel(package)
        around = beside(pool, self._imported) if pool is not None and pool.blocks else None
        self._head = FittedImages(beside(features, self._imported), labels, around, encoder)
        self.names, self.encoder = self._head.names, encoder

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each class for each image."""
        return self._head.answer(beside(features, self._imported))

    def packed(self) -> Trained:
        """Return the head beside the imported model, as one artefact."""
        trained = self._head.packed()
        artefact = replace(self._package, head=trained.artefact).packed()
        facts = trained.facts | {
            "bytes": len(artefact),
            "imported": dict(self._package.description.source),
        }
        return Trained(artefact, facts, trained.out_of_fold)


class ImageHead:
    """A head that was trained on what an imported model and the encoder see."""

    needs = _NEEDS

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

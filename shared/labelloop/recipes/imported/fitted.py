"""A head trained on what an imported model sees, where it was imported for that."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.recipes.imported.model import RAW, ImportedModel, beside
from labelloop.recipes.imported.package import VECTORS as AS_VECTORS
from labelloop.recipes.imported.package import Package
from labelloop.recipes.protocol import Trained
from labelloop.recipes.text.bags import BAGS, VECTORS, Features
from labelloop.recipes.text.fitted_model import FittedModel

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Fitted


def fitted_after(
    artefact: bytes,
    labels: Sequence[str],
    features: Columns,
    pool: Columns | None,
    landmarks: Features | None,
    encoder: str,
) -> "Fitted | None":
    """Return a head on an imported model's vectors; None if it was not imported for that."""
    package = Package.unpacked(artefact)
    if package.description.role != AS_VECTORS:
        return None
    imported = ImportedModel(package)
    around = None
    if pool is not None and landmarks is not None and len(landmarks.bags):
        around = beside(pool.take(range(len(landmarks.bags))), imported)
    return FittedHead(package, imported, features, labels, around, encoder)


class FittedHead:
    """A head as it was fitted: see `recipes.text.fitted_model`. `landmarks`: texts of the pool."""

    def __init__(
        self,
        package: Package,
        imported: ImportedModel,
        features: Columns,
        labels: Sequence[str],
        landmarks: Features | None,
        encoder: str,
    ) -> None:
        """Learn from texts and from what the imported model sees of them."""
        self._package, self._imported = package, imported
        self._head = FittedModel(beside(features, imported), labels, landmarks, None, encoder)
        self.names, self.encoder = self._head.names, encoder
        self.needs = (RAW, BAGS, VECTORS) if encoder else (RAW, BAGS)

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each class for each text."""
        return self._head.answer(beside(features, self._imported).columns())

    def packed(self) -> Trained:
        """Return the head beside the imported model, as one artefact."""
        return self._package.with_head(self._head.packed())

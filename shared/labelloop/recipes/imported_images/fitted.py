"""A head trained on what an imported model and the stack's encoder see of images."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.recipes.image_choices.fitted_model import FittedImages
from labelloop.recipes.imported.model import ImportedModel
from labelloop.recipes.imported.package import VECTORS as AS_VECTORS
from labelloop.recipes.imported.package import Package
from labelloop.recipes.imported_images.head import NEEDS, beside
from labelloop.recipes.protocol import Trained

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Fitted


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

    needs = NEEDS

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
        return self._package.with_head(self._head.packed())

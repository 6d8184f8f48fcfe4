"""One choice about an image, by an imported model or by one that was trained after it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from labelloop.recipes.image_choices.control import ImageChoices
from labelloop.recipes.image_choices.shown import Shown
from labelloop.recipes.imported.control import Imported
from labelloop.recipes.imported_images import NAME

if TYPE_CHECKING:
    from labelloop.domain.columns import Columns
    from labelloop.recipes.protocol import Fitted, Model, Tools

_OVERHEAD: Final = 3_000  # characters: what a graph of any size takes for an image, as a guess
_UNREAD: Final = "unread"  # the block that is NaN for each task whose image can't be read


@dataclass(frozen=True, slots=True)
class ImportedImageChoice(Imported, ImageChoices):
    """See `Imported`. The model reads the image that the choice is about, no others beside it."""

    KIND: ClassVar[type[Any]] = ImageChoices
    reads_images: ClassVar[bool] = True

    artefact: bytes = field(default=b"", compare=False, repr=False)

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    def work(self, input_: Shown) -> int:
        """Return the cost of a task's images."""
        return _OVERHEAD + ImageChoices.work(self, input_)

    def features(
        self, inputs: Sequence[Shown], tools: "Tools", only: Collection[str] | None = None
    ) -> "Columns":
        """Return the vectors of images, and small copies; nothing without an image encoder."""
        import numpy as np

        from labelloop.domain.columns import Columns
        from labelloop.recipes.imported.model import RAW, raw_of

        seen = ImageChoices.features(self, inputs, tools, only)
        if not tools.image_encoder or not (only is None or {RAW, _UNREAD} & set(only)):
            return seen
        copies = tools.copies([str(shown[0]) for shown in inputs])
        unread = np.array([np.nan if copy is None else 0 for copy in copies], np.float16)
        raw = raw_of([{"image": copy} for copy in copies])
        return Columns(len(inputs), {**seen.blocks, RAW: raw, _UNREAD: unread[:, None]})

    def fit(
        self,
        labels: Sequence[str],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn a model of images; on what the imported one sees, if it was imported for that."""
        from labelloop.recipes.imported.package import is_package
        from labelloop.recipes.imported_images.fitted import fitted_after

        if tools is not None and is_package(self.artefact):
            after = fitted_after(self.artefact, labels, features, pool, tools.image_encoder)
            if after is not None:
                return after
        return ImageChoices.fit(self, labels, features, pool, tools)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model, imported or trained."""
        return load(artefact)


def load(artefact: bytes) -> "Model":
    """Return a stored model: imported, a head after one, or of the recipe of images."""
    from labelloop.recipes.imported.package import is_package

    if is_package(artefact):
        from labelloop.recipes.imported_images import head

        return head.load(artefact)
    from labelloop.recipes.image_choices import model

    return model.load(artefact)

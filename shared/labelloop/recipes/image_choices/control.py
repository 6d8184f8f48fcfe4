"""One choice of several about an image: what `<Choices>` on `<Image>` means for the loop."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from labelloop.recipes.image_choices import NAME
from labelloop.recipes.image_choices.shown import ImageInput, Shown
from labelloop.recipes.text_choices.offered import Offered
from labelloop.recipes.text_choices.single import SingleChoice

if TYPE_CHECKING:
    from labelloop.domain.answers import Floats
    from labelloop.domain.columns import Columns
    from labelloop.domain.judging.savings import Law
    from labelloop.recipes.protocol import Fitted, Model, Region, Tools

WORK: Final = 1_500  # characters whose encoding takes as long as fetching and encoding an image


@dataclass(frozen=True, slots=True)
class ImageChoices(SingleChoice):
    """A single-choice control: its name, the images it is about, and the choices it offers.

    `others`: controls of the config that are not learnt; `is_pushable`: whether Label Studio's
    import of predictions accepts its results. See `recipes.protocol.Control`.
    """

    from_name: str
    to_name: str
    images: ImageInput
    choices: Offered
    others: tuple[str, ...] = ()
    is_pushable: bool = True

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    @property
    def sees(self) -> str:
        """What is read of tasks: the fields that say where the images are."""
        return self.images.key

    @property
    def law(self) -> "Law | None":
        """None: the law that is known was fitted to texts, and images save more."""
        return None

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it."""
        return {
            "choice": self.from_name,
            "text": self.images.value,
            "labels": list(self.offered),
            "others": list(self.others),
        }

    # -- what is read of tasks and annotations -----------------------------------------------

    def input_of(self, data: Any) -> Shown | None:
        """Return where the images of a task are, None if the first is nowhere."""
        return self.images.of(data)

    def work(self, input_: Shown) -> int:
        """Return the cost of a task's images."""
        return WORK * sum(address is not None for address in input_)

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt, and what it chose where that is not offered."""
        reason, example = self.why_no_label(result)
        if reason or is_readable:
            return reason, example
        return f"on tasks without an image under {self.images.value}", ""

    # -- learning ------------------------------------------------------------------------------

    def features(
        self, inputs: Sequence[Shown], tools: "Tools", only: Collection[str] | None = None
    ) -> "Columns":
        """Return the vectors of images, and nothing where there is no image encoder."""
        from labelloop.domain.columns import Columns
        from labelloop.recipes.image_choices.features import VECTORS, features_of

        if not tools.image_encoder or (only is not None and VECTORS not in only):
            return Columns(len(inputs), {})
        return features_of(inputs, len(self.images.fields), tools)

    def apart(self, encoder: str) -> tuple[str, ...]:
        """Return the block of vectors, nothing where there is no image encoder."""
        from labelloop.recipes.image_choices.features import VECTORS

        return (VECTORS,) if encoder else ()

    def vectors(self, features: "Columns") -> "Floats":
        """Return the vectors without what all have in common, zeros where there are none."""
        import numpy as np

        from labelloop.recipes.image_choices.features import View, vectors_of

        vectors = vectors_of(features)
        if vectors is None:
            return np.zeros((len(features), 1), np.float32)
        return View.of(vectors).seen(vectors) if len(vectors) > 1 else vectors

    def fit(
        self,
        labels: Sequence[str],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn from images, and from those of the pool."""
        from labelloop.recipes.image_choices.fitted_model import FittedImages

        return FittedImages(features, labels, pool, tools.image_encoder if tools else "")

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.image_choices import model

        return model.load(artefact)

"""What a config means whose answers about images nobody learns: images to tell tasks apart by."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labelloop.recipes.image_choices.control import WORK
from labelloop.recipes.image_choices.shown import ImageInput
from labelloop.recipes.order_alone.control import text_of
from labelloop.recipes.order_alone.unlearnt import Unlearnt
from labelloop.recipes.order_by_images import NAME
from labelloop.recipes.text import seen as texts
from labelloop.recipes.text.objects import TextObject

if TYPE_CHECKING:
    from labelloop.domain.answers import Floats
    from labelloop.domain.columns import Columns
    from labelloop.recipes.protocol import Region, Tools


@dataclass(frozen=True, slots=True)
class OrderByImages(Unlearnt):
    """The controls of a config, none of which is learnt, and the images that they are about.

    In a stack that sees no images the texts beside them, if there are any: `objects`.
    """

    images: ImageInput
    objects: tuple[TextObject, ...]
    names: tuple[str, ...]
    titles: tuple[str, ...]
    is_pushable: bool = True
    law: None = None

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    @property
    def sees(self) -> str:
        """What is read of tasks: the images, and all texts that are shown."""
        return "\n".join([self.images.key, *(one.key for one in self.objects)])

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it: no control is learnt."""
        return self._about(self.images.value)

    def input_of(self, data: Any) -> list[Any] | None:
        """Return where the images of a task are, and its texts; None if the first is nowhere."""
        shown = self.images.of(data)
        return None if shown is None else [shown, text_of(self.objects, data) or ""]

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation says nothing about the order."""
        return self._why_unusable(result, is_readable, f"an image under {self.images.value}")

    def work(self, input_: list[Any]) -> int:
        """Return the cost of a task's images."""
        return WORK * sum(address is not None for address in input_[0])

    def features(
        self, inputs: Sequence[list[Any]], tools: "Tools", only: Collection[str] | None = None
    ) -> "Columns":
        """Return the vectors of images; where there is no image encoder, what is seen of texts."""
        from labelloop.domain.columns import Columns
        from labelloop.recipes.image_choices.features import VECTORS, features_of

        if not tools.image_encoder:
            read = [text for _, text in inputs]
            return texts.features(read, tools, only) if self.objects else Columns(len(inputs), {})
        if only is not None and VECTORS not in only:
            return Columns(len(inputs), {})
        return features_of([shown for shown, _ in inputs], len(self.images.fields), tools)

    def apart(self, encoder: str) -> tuple[str, ...]:
        """Return the vectors, or the bags of texts where there are none."""
        return texts.apart(encoder)

    def vectors(self, features: "Columns") -> "Floats":
        """Return the vectors without what all have in common; without any, sketches of texts."""
        from labelloop.recipes.image_choices.features import View, vectors_of

        vectors = vectors_of(features)
        if vectors is None:
            return texts.vectors(features)
        return View.of(vectors).seen(vectors) if len(vectors) > 1 else vectors

"""The recipe for the order of tasks by their images, for configs that no other recipe learns."""

from typing import TYPE_CHECKING, Final

from labelloop.errors import BadModel
from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes.image_choices.shown import ImageInput, why_unread
from labelloop.recipes.order_alone import NEVER
from labelloop.recipes.order_alone.recipe import texts_of
from labelloop.recipes.order_by_images import FORMAT, NAME
from labelloop.recipes.order_by_images.control import OrderByImages

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Model


class OrderByImagesRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME
    format: Final = FORMAT
    sees_images: Final = True

    def read(self, config: LabelConfig) -> OrderByImages | None:
        """Return the control of a config all of whose controls are about images, if it has any."""
        controls, objects = config.controls(), config.objects()
        about = [name for tag in controls for name in tag.attributes["toname"].split(",")]
        targets = [objects.get(name) for name in about]
        if not targets or any(target is None or why_unread(target) for target in targets):
            return None
        return OrderByImages(
            ImageInput.about(about[0], config),
            texts_of(config),
            tuple(tag.attributes.get("name", "") for tag in controls),
            tuple(tag.title for tag in controls),
        )

    def why_not(self, config: LabelConfig) -> str:
        """Return nothing: `order_alone` says why tasks can't be ordered."""
        return ""

    def load(self, artefact: bytes) -> "Model":
        """Raise BadModel: there are no models of this kind."""
        raise BadModel(NEVER)


RECIPE: Final = OrderByImagesRecipe()

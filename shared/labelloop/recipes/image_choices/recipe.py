"""The recipe for one choice of several about an image."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes.image_choices import FORMAT, NAME
from labelloop.recipes.image_choices import config as configs
from labelloop.recipes.image_choices.control import ImageChoices

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Model


class ImageChoicesRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME
    format: Final = FORMAT
    sees_images: Final = True

    def read(self, config: LabelConfig) -> ImageChoices | None:
        """Return the first choice about an image that can be learnt."""
        return configs.read(config)

    def why_not(self, config: LabelConfig) -> str:
        """Return why no choice can be learnt."""
        return configs.why_none(config)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.image_choices import model

        return model.load(artefact)


RECIPE: Final = ImageChoicesRecipe()

"""The recipe for one choice about an image by an imported model. Asked where one is at work."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes.image_choices import config as configs
from labelloop.recipes.imported_images import FORMAT, NAME
from labelloop.recipes.imported_images.control import ImportedImageChoice, load

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Model


class ImportedImagesRecipe:
    """See `recipes.protocol.Recipe`."""

    name: Final = NAME
    format: Final = FORMAT
    sees_images: Final = True

    def read(self, config: LabelConfig) -> ImportedImageChoice | None:
        """Return the choice about an image; None where several controls are asked."""
        if len(config.answered()) != 1:
            return None
        one = configs.read(config)
        return None if one is None else ImportedImageChoice.over(one)

    def why_not(self, config: LabelConfig) -> str:
        """Return why an imported model answers no choice about an image; empty if there is none."""
        images = {tag.attributes.get("name", "") for tag in config.of_kind("image")}
        about = {tag.attributes.get("toname", "") for tag in config.of_kind("choices")}
        is_single = len(config.answered()) == 1
        return configs.why_none(config) if is_single and images & about else ""

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        return load(artefact)


RECIPE: Final = ImportedImagesRecipe()

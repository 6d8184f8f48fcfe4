"""The recipe for configs of which several choices about images can be learnt."""

from typing import Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes.image_choices.recipe import RECIPE as IMAGE_CHOICES
from labelloop.recipes.several_controls.control import SeveralControls
from labelloop.recipes.several_controls.recipe import OfSeveral, several_of
from labelloop.recipes.several_image_choices import NAME


class SeveralImageChoicesRecipe(OfSeveral):
    """See `recipes.protocol.Recipe`.

    Beside `several_controls`, as what sees images has another encoder than what sees texts, and a
    version has one.
    """

    name: Final = NAME
    sees_images: Final = True

    def read(self, config: LabelConfig) -> SeveralControls | None:
        """Return all choices about images that can be learnt, None if fewer than two can."""
        return several_of(config, IMAGE_CHOICES.read, NAME)

    def why_not(self, config: LabelConfig) -> str:
        """Return nothing: `image_choices` says why no choice can be learnt."""
        return ""


RECIPE: Final = SeveralImageChoicesRecipe()

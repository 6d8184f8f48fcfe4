"""The recipe for configs of which a control about a text and one about an image can be learnt."""

from typing import Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes import read, recipe_named, uses_images
from labelloop.recipes.built_in import OF_SEVERAL, ORDERS_ALONE
from labelloop.recipes.several_controls.control import SeveralControls
from labelloop.recipes.several_controls.recipe import OfSeveral, several_of
from labelloop.recipes.texts_and_images import NAME

_BUT: Final = (*OF_SEVERAL, *ORDERS_ALONE)


class TextsAndImagesRecipe(OfSeveral):
    """See `recipes.protocol.Recipe`.

    Its versions name both of the stack's encoders, where those of `several_controls` and
    `several_image_choices` name one. `sees_both`: images and texts.
    """

    name: Final = NAME
    sees_both: Final = True

    def read(self, config: LabelConfig) -> SeveralControls | None:
        """Return all controls that can be learnt; None if all of them are about the same kind."""
        several = several_of(config, lambda one: read(one, _BUT), NAME)
        if several is None:
            return None
        kinds = {uses_images(recipe_named(control.recipe)) for _, control in several.controls}
        return several if len(kinds) > 1 else None

    def why_not(self, config: LabelConfig) -> str:
        """Return nothing: the recipes of its parts say why they can't be learnt."""
        return ""


RECIPE: Final = TextsAndImagesRecipe()

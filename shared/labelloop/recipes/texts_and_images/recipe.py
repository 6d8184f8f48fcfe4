"""The recipe for configs of which a control about a text and one about an image can be learnt."""

from typing import TYPE_CHECKING, Final

from labelloop.labelstudio.label_config import LabelConfig
from labelloop.recipes import BUILT_IN, read, recipe_named, uses_images
from labelloop.recipes.several_controls.control import SeveralControls
from labelloop.recipes.several_controls.recipe import several_of
from labelloop.recipes.texts_and_images import NAME

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Model

_BUT: Final = (
    *(NAME, "several_controls", "several_image_choices"),
    *("order_by_images", "order_alone"),
)


class TextsAndImagesRecipe:
    """See `recipes.protocol.Recipe`.

    Its versions name both of the stack's encoders, where those of `several_controls` and
    `several_image_choices` name one. `sees_both`: images and texts.
    """

    name: Final = NAME
    sees_both: Final = True

    @property
    def format(self) -> int:
        """Its format: that of several controls, whose artefacts its models are."""
        return BUILT_IN[NAME]

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

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.several_controls.model import SeveralModel

        return SeveralModel.load(artefact)


RECIPE: Final = TextsAndImagesRecipe()

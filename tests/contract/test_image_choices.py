"""The recipe for choices about images keeps to what a recipe is."""

from labelloop.recipes.image_choices.recipe import RECIPE
from labelloop.recipes.tools import Images, Toolbox
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.image_choices import EXAMPLE
from tests.tiny_encoder import CountingEncoder
from tests.tiny_images import encoder, fetch


class TestImageChoices(RecipeContract):
    recipe = RECIPE
    config = EXAMPLE.config
    tasks = EXAMPLE.tasks[:36]
    results = EXAMPLE.results[:36]

    @classmethod
    def toolbox(cls, has_encoder):
        """Return a stack that sees images, beside one of texts or not."""
        images = Images(encoder().name, encoder, fetch)
        if not has_encoder:
            return Toolbox(images=images)
        return Toolbox(CountingEncoder.name, CountingEncoder, images)

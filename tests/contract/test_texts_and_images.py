"""The recipe for texts and images of one page keeps to what a recipe is."""

from labelloop.recipes.texts_and_images.recipe import RECIPE
from labelloop.recipes.tools import Images, Toolbox
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.texts_and_images import EXAMPLE
from tests.tiny_encoder import CountingEncoder
from tests.tiny_images import encoder, fetch


class TestTextsAndImages(RecipeContract):
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

"""The recipe for texts and images of one page keeps to what a recipe is."""

from labelloop.recipes.texts_and_images.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.texts_and_images import EXAMPLE
from tests.tiny_images import toolbox


class TestTextsAndImages(RecipeContract):
    recipe = RECIPE
    config = EXAMPLE.config
    tasks = EXAMPLE.tasks[:36]
    results = EXAMPLE.results[:36]
    toolbox = staticmethod(toolbox)

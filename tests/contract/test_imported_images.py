"""The recipe of imported models of images keeps to what a recipe is."""

from labelloop.recipes.imported_images.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.image_choices import EXAMPLE
from tests.tiny_images import toolbox


class TestImportedImages(RecipeContract):
    recipe = RECIPE
    config = EXAMPLE.config
    tasks = EXAMPLE.tasks[:36]
    results = EXAMPLE.results[:36]
    toolbox = staticmethod(toolbox)

"""The recipe for choices about images keeps to what a recipe is."""

from labelloop.recipes.image_choices.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.image_choices import EXAMPLE
from tests.tiny_images import toolbox


class TestImageChoices(RecipeContract):
    recipe = RECIPE
    config = EXAMPLE.config
    tasks = EXAMPLE.tasks[:36]
    results = EXAMPLE.results[:36]
    toolbox = staticmethod(toolbox)

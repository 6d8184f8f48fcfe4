"""Several choices about images as one keep to what a recipe is."""

from labelloop.recipes.several_image_choices.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.several_image_choices import EXAMPLE
from tests.tiny_images import toolbox


class TestSeveralImageChoices(RecipeContract):
    recipe = RECIPE
    config, tasks, results = EXAMPLE.config, EXAMPLE.tasks[:40], EXAMPLE.results[:40]
    toolbox = staticmethod(toolbox)

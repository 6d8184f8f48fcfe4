"""Several choices about images as one keep to what a recipe is."""

from labelloop.recipes.several_image_choices.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.contract.test_image_choices import TestImageChoices as OneChoice
from tests.kinds.several_image_choices import EXAMPLE


class TestSeveralImageChoices(RecipeContract):
    recipe = RECIPE
    config, tasks, results = EXAMPLE.config, EXAMPLE.tasks[:40], EXAMPLE.results[:40]
    toolbox = OneChoice.toolbox

"""Several controls as one keep to what a recipe is."""

from labelloop.recipes.several_controls.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.several_controls import EXAMPLE


class TestSeveralControls(RecipeContract):
    recipe = RECIPE
    config, tasks, results = EXAMPLE.config, EXAMPLE.tasks, EXAMPLE.results

"""The recipe that only orders tasks keeps to what a recipe is, but for models."""

from labelloop.recipes.order_alone.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.order_alone import EXAMPLE


class TestOrderAlone(RecipeContract):
    recipe = RECIPE
    config, tasks, results = EXAMPLE.config, EXAMPLE.tasks, EXAMPLE.results
    learns = False

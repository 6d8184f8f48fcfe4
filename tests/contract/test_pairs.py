"""Pairs keep to what a recipe is."""

from labelloop.recipes import recipe_named
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.pairs import EXAMPLE


class TestPairs(RecipeContract):
    recipe = recipe_named(EXAMPLE.recipe)
    config = EXAMPLE.config
    tasks = EXAMPLE.tasks
    results = EXAMPLE.results

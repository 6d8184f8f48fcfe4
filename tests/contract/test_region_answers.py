"""Answers about spans, beside answers about the whole text, keep to what a recipe is."""

from labelloop.recipes.several_controls.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.region_answers import EXAMPLE


class TestRegionAnswers(RecipeContract):
    recipe = RECIPE
    config, tasks, results = EXAMPLE.config, EXAMPLE.tasks, EXAMPLE.results
    of_nothing = {"span": []}

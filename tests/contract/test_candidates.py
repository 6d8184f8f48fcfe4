"""Candidates keep to what a recipe is: put in order, put into buckets, and one of them chosen."""

from labelloop.recipes import recipe_named
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.candidates import CHOSEN, EXAMPLE, SORTED


class TestOrder(RecipeContract):
    recipe = recipe_named(EXAMPLE.recipe)
    config = EXAMPLE.config
    tasks = EXAMPLE.tasks
    results = EXAMPLE.results


class TestBuckets(RecipeContract):
    recipe = recipe_named(SORTED.recipe)
    config = SORTED.config
    tasks = SORTED.tasks
    results = SORTED.results


class TestChoice(RecipeContract):
    recipe = recipe_named(CHOSEN.recipe)
    config = CHOSEN.config
    tasks = CHOSEN.tasks
    results = CHOSEN.results

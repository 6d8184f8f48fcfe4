"""The recipe for taxonomies keeps to what a recipe is."""

from labelloop.recipes.taxonomy.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.taxonomy import EXAMPLE


class TestTaxonomy(RecipeContract):
    recipe = RECIPE
    config = EXAMPLE.config
    tasks = EXAMPLE.tasks
    results = EXAMPLE.results

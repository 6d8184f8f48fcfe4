"""The recipe for several choices keeps to what a recipe is."""

from labelloop.recipes.several_choices.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.several_choices import EXAMPLE


class TestSeveralChoices(RecipeContract):
    recipe = RECIPE
    config = EXAMPLE.config
    tasks = EXAMPLE.tasks
    results = EXAMPLE.results
    of_nothing = []  # an annotation without any region: no box is ticked

"""The recipe of models that people bring keeps to what a recipe is."""

from labelloop.recipes.imported.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.contract.test_text_choices import TestTextChoices as Texts


class TestImported(RecipeContract):
    recipe = RECIPE
    config = Texts.config
    tasks = Texts.tasks
    results = Texts.results


del Texts

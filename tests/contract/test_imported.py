"""The recipe of models that people import keeps to what a recipe is."""

from labelloop.recipes.imported.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.contract.test_text_choices import TestTextChoices as Texts
from tests.kinds.several_choices import EXAMPLE as SEVERAL


class TestImported(RecipeContract):
    recipe = RECIPE
    config = Texts.config
    tasks = Texts.tasks
    results = Texts.results


class TestImportedSeveral(RecipeContract):
    recipe = RECIPE
    config = SEVERAL.config
    tasks = SEVERAL.tasks[:32]
    results = SEVERAL.results[:32]
    of_nothing = []  # an annotation without any region: no box is ticked


del Texts

"""The recipe for spans keeps to what a recipe is, on each of the objects that it reads."""

from labelloop.recipes.spans.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.spans import DIALOGUES, EXAMPLE, PAGES


class TestSpansOfTexts(RecipeContract):
    recipe = RECIPE
    config, tasks, results = EXAMPLE.config, EXAMPLE.tasks, EXAMPLE.results
    of_nothing = []


class TestSpansOfPages(RecipeContract):
    recipe = RECIPE
    config, tasks, results = PAGES.config, PAGES.tasks, PAGES.results
    of_nothing = []


class TestSpansOfDialogues(RecipeContract):
    recipe = RECIPE
    config, tasks, results = DIALOGUES.config, DIALOGUES.tasks, DIALOGUES.results
    of_nothing = []

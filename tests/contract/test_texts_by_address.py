"""Recipes keep to what a recipe is where their texts lie at addresses."""

from labelloop.recipes import recipe_named
from labelloop.recipes.fetched import as_texts, read
from tests.contract.recipe_contract import RecipeContract
from tests.kinds import spans, text_choices
from tests.texts_by_address import Files, by_address

FILES = Files()
CHOICE, SPANS = by_address(text_choices.EXAMPLE, FILES), by_address(spans.EXAMPLE, FILES)


class Fetching:
    """A recipe as the loop asks it: through what fetches texts."""

    def __init__(self, name):
        self._recipe = recipe_named(name)
        self.name, self.format = self._recipe.name, self._recipe.format
        self.load = self._recipe.load

    def read(self, config):
        return read(self._recipe, config, reads_all=False)

    def why_not(self, config):
        return self._recipe.why_not(as_texts(config))


class TestAChoice(RecipeContract):
    recipe = Fetching("text_choices")
    config, tasks, results = CHOICE.config, CHOICE.tasks, CHOICE.results

    @classmethod
    def toolbox(cls, has_encoder):
        return FILES.toolbox(has_encoder)


class TestSpans(RecipeContract):
    recipe = Fetching("spans")
    config, tasks, results = SPANS.config, SPANS.tasks, SPANS.results
    of_nothing = []

    @classmethod
    def toolbox(cls, has_encoder):
        return FILES.toolbox(has_encoder)

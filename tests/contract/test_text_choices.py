"""The built-in recipe keeps to what a recipe is."""

from labelloop.recipes.text_choices.recipe import RECIPE
from tests.builders import label_config, region
from tests.contract.recipe_contract import RecipeContract

_WORDS = {"Positive": ("great", "lovely", "fine"), "Negative": ("awful", "boring", "poor")}
_SAID = ["Positive" if number % 3 else "Negative" for number in range(24)]


class TestTextChoices(RecipeContract):
    recipe = RECIPE
    config = label_config()
    tasks = [
        {"text": f"a {_WORDS[label][number % 2]} film, {_WORDS[label][2]} number {number}"}
        for number, label in enumerate(_SAID)
    ]
    results = [[region(label)] for label in _SAID]

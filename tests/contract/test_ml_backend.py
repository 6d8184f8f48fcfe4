"""A backend of Label Studio's shape keeps to what a recipe is, as a recipe."""

from labelloop.recipes.ml_backend import backend_recipe
from tests.builders import label_config, region
from tests.contract.recipe_contract import RecipeContract
from tests.moved_backends import BACKENDS

_WORDS = {"Positive": ("great", "lovely", "fine"), "Negative": ("awful", "boring", "poor")}
_SAID = ["Positive" if number % 3 else "Negative" for number in range(24)]


class TestMLBackend(RecipeContract):
    recipe = backend_recipe("votes", BACKENDS / "word_votes" / "model.py", ("Choices",))
    config = label_config()
    tasks = [
        {"text": f"a {_WORDS[label][number % 2]} film, {_WORDS[label][2]} number {number}"}
        for number, label in enumerate(_SAID)
    ]
    results = [[region(label)] for label in _SAID]

"""The recipe for numbers keeps to what a recipe is."""

from typing import Any

from labelloop.recipes.numbers.recipe import RECIPE
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.numbers import EXAMPLE


class TestStars(RecipeContract):
    recipe = RECIPE
    config = EXAMPLE.config
    tasks = EXAMPLE.tasks
    results = EXAMPLE.results


def _number(tenths: int) -> list[dict[str, Any]]:
    names = {"from_name": "heat", "to_name": "dish", "type": "number", "origin": "manual"}
    return [names | {"id": f"heat{tenths:06d}", "value": {"number": tenths / 10}}]


class TestNumbersOfATable(RecipeContract):
    recipe = RECIPE
    config = (
        '<View><Table name="dish" value="$dish"/>'
        '<Number name="heat" toName="dish" min="-1" max="1" step="0.1" slider="true"/></View>'
    )
    tasks = [
        {"dish": {"name": f"dish {n}", "spice": ("mint", "chili", "pepper")[n % 3], "grams": n}}
        for n in range(36)
    ]
    results = [_number((-8, 9, 3)[n % 3]) for n in range(36)]

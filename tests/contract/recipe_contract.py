"""What every recipe keeps to, built in or not: subclass, and say what people label with it.

The rules are those of `labelloop.recipes.contract`, which `labelloop recipe check` goes by.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from labelloop.recipes.contract import RULES, Case, applies, title
from labelloop.recipes.protocol import Recipe
from labelloop.recipes.tools import Toolbox
from tests.tiny_encoder import CountingEncoder


class RecipeContract:
    """Tests of one recipe. Subclasses give what a `Case` has."""

    recipe: Recipe
    config: str
    tasks: Sequence[Any]
    results: Sequence[list[dict[str, Any]]]
    of_nothing: Any = None
    of_others: Any = None
    learns = True

    @classmethod
    def toolbox(cls, has_encoder: bool) -> Toolbox:
        """Return what a stack offers; recipes that learn nothing of it with none need another."""
        return Toolbox(CountingEncoder.name, CountingEncoder) if has_encoder else Toolbox()

    @pytest.fixture(scope="class", params=[False, True], ids=["without an encoder", "with one"])
    @classmethod
    def case(cls, request) -> Case:
        return Case(
            recipe=cls.recipe,
            config=cls.config,
            tasks=cls.tasks,
            results=cls.results,
            tools=cls.toolbox(request.param),
            of_nothing=cls.of_nothing,
            of_others=cls.of_others,
            learns=cls.learns,
        )

    @pytest.mark.parametrize("rule", RULES, ids=title)
    def test_a_rule(self, rule, case):
        if not applies(rule, case):
            pytest.skip("it makes no models")
        rule(case)

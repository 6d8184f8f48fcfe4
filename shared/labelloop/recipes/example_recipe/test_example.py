"""The recipe keeps to every rule of recipes, and tells messages apart: run it with pytest."""

import json
from pathlib import Path

import example  # type: ignore[import-not-found,unused-ignore]
import pytest

from labelloop.recipes.contract import RULES, Case, Rule, title

HERE = Path(__file__).parent
TASKS = json.loads((HERE / "example.json").read_text())
CASE = Case(
    recipe=example.RECIPE,
    config=(HERE / "example.xml").read_text(),
    tasks=[task["data"] for task in TASKS],
    results=[task["annotations"][0]["result"] for task in TASKS],
)


@pytest.mark.parametrize("rule", RULES, ids=title)
def test_it_keeps_to_a_rule(rule: Rule) -> None:
    rule(CASE)


def test_it_learns() -> None:
    hits = CASE.control.measure.hits(CASE.out_of_fold, CASE.labels)

    assert hits.mean() > 0.8

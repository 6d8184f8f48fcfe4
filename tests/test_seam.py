"""Nothing outside the recipes knows a kind of labelling."""

import ast
from collections.abc import Iterator
from pathlib import Path

from labelloop.recipes import BUILT_IN, recipe_named

PACKAGE = Path(__file__).parent.parent / "shared" / "labelloop"
# What only some kinds have. Outside, a `Reading` or a `Measure` says what there is to know.
KINDS_WORDS = {
    "Bags",
    "CellScale",
    "FieldText",
    "NumberControl",
    "Offered",
    "Taxonomy",
    "TextChoices",
    "bags",
    "classes",
    "leaves_only",
    "margin",
    "predict_proba",
    "probabilities",
    "text_key",
}


def names_in(path: Path) -> Iterator[str]:
    """Yield what a file calls things, and the modules that it imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.ImportFrom(module=str(module)):
                yield from (f"{module}.{alias.name}" for alias in node.names)
            case ast.Import():
                yield from (alias.name for alias in node.names)


def outside() -> list[Path]:
    return [path for path in PACKAGE.rglob("*.py") if "recipes" not in path.parts]


def test_no_file_outside_the_recipes_imports_a_kind():
    importing = {
        path.relative_to(PACKAGE).as_posix(): name
        for path in outside()
        for name in names_in(path)
        if any(name.startswith(f"labelloop.recipes.{kind}") for kind in BUILT_IN)
    }

    assert not importing


def test_no_file_outside_the_recipes_names_what_only_a_kind_has():
    naming = {
        path.relative_to(PACKAGE).as_posix(): sorted(found)
        for path in outside()
        if (found := set(names_in(path)) & KINDS_WORDS)
    }

    assert not naming


def test_the_formats_that_light_functions_compare_are_the_recipes_own():
    assert {name: recipe_named(name).format for name in BUILT_IN} == BUILT_IN

"""One room for each kind of labelling, and which of them a label config is for.

Built-in recipes come first, then those that installed packages name as entry points of the group
`labelloop.recipes`. All that the loop knows of any is `protocol`.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from labelloop.errors import BadModel, Unprocessable
from labelloop.observability import count, logger

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Control, Recipe

GROUP: Final = "labelloop.recipes"
# Names and formats, so that functions can compare them which load no model.
BUILT_IN: Final = {"text_choices": 2}
# Raise it when label configs are read that were not before: projects without a model try again.
GENERATION: Final = 2
_BEFORE: Final = "text_choices"  # releases that knew one kind stored no recipe's name


@lru_cache(maxsize=64)
def control_of(label_config: str) -> "Control":
    """Return what is learnt of a label config; Unprocessable says why nothing is."""
    from labelloop.labelstudio.label_config import parse  # not for who only compares formats

    config = parse(label_config)
    reasons = []
    for recipe in _recipes():
        control = recipe.read(config)
        if control is not None:
            return control
        reasons.append(recipe.why_not(config))
    raise Unprocessable(f"label_config: {'; '.join(reason for reason in reasons if reason)}")


def recipe_named(name: str) -> "Recipe":
    """Return a recipe; BadModel if there is none of that name here."""
    found = _found(name_of(name))
    if found is None:
        raise BadModel(f"made by the recipe {name!r}, which is not installed here")
    return found


def name_of(stored: str) -> str:
    """Return a recipe's name as it is stored with what it made."""
    return stored or _BEFORE


def format_of(name: str) -> int:
    """Return the format of what a recipe makes, 0 if there is none of that name here."""
    known = BUILT_IN.get(name_of(name))
    if known is not None:
        return known
    found = _found(name)
    return found.format if found else 0


def folder_of(recipe: str, encoder: str) -> str:
    """Return the name of the folder that features of a recipe lie in beside an encoder."""
    made_by = "" if recipe == _BEFORE else f"{recipe}-"
    return f"{made_by}{format_of(recipe)}-{encoder or 'none'}"


def installed() -> list["Recipe"]:
    """Return all recipes, those that are built in first."""
    return list(_recipes())


@cache
def _found(name: str) -> "Recipe | None":
    return next((recipe for recipe in _recipes() if recipe.name == name), None)


def _recipes() -> Iterator["Recipe"]:
    """Yield the recipes, each loaded when it is its turn."""
    yield from map(_built_in, BUILT_IN)
    yield from _added()


@cache
def _built_in(name: str) -> "Recipe":
    found: Recipe = import_module(f"labelloop.recipes.{name}.recipe").RECIPE
    return found


@cache
def _added() -> tuple["Recipe", ...]:
    """Return the recipes of installed packages, by name. One that fails stops no other kind."""
    from importlib.metadata import entry_points  # a fifth of a cold webhook's imports

    found = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            found.append(point.load())
        except Exception as exc:  # whatever a stranger's module raises
            logger().error("recipe not loaded", extra={"recipe": point.name, "why": repr(exc)})
            count("RecipeNotLoaded")
    return tuple(found)


def forget_added() -> None:
    """Look for installed recipes anew, for tests and for whoever installs one meanwhile."""
    for cached in (control_of, _found, _added):
        cached.cache_clear()

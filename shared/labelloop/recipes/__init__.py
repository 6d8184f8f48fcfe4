"""A room for each kind of labelling, and the functions that find the recipe of a label config.

Built-in recipes come first, then those that installed packages name as entry points of the group
`labelloop.recipes`, by their names; last of all the one that predicts nothing and orders tasks
alone. All that the loop knows of any is in `protocol`.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from labelloop.errors import BadModel, OutOfMemory, Unprocessable
from labelloop.observability import count, logger

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Control, Model, Recipe

GROUP: Final = "labelloop.recipes"
# Names and formats, for functions that compare them and load no model.
BUILT_IN: Final = {
    "text_choices": 2,
    "taxonomy": 2,
    "numbers": 1,
    "several_choices": 1,
    "order_alone": 1,
}
# Raise it when more label configs can be read: projects without a model are trained again.
GENERATION: Final = 4
_LAST: Final = "order_alone"  # asked when no other recipe reads a config
_UNNAMED: Final = "text_choices"  # the only recipe of releases that stored no recipe's name


@lru_cache(maxsize=64)
def control_of(label_config: str) -> "Control":
    """Return the control of a label config; Unprocessable says why there is none."""
    control, reasons = _read(label_config)
    if control is None:
        raise Unprocessable(f"label_config: {'; '.join(reasons)}")
    return control


def why_order_alone(label_config: str) -> str:
    """Return why nothing of a label config is learnt, though its tasks are ordered; else empty."""
    control, reasons = _read(label_config)
    return "; ".join(reasons) if control is not None and control.recipe == _LAST else ""


def _read(label_config: str) -> "tuple[Control | None, list[str]]":
    """Return the control of a label config, and why the recipes before its own have none."""
    from labelloop.labelstudio.label_config import parse

    config = parse(label_config)
    reasons: list[str] = []
    for recipe in _recipes():
        try:
            control = recipe.read(config)
            reason = "" if control else recipe.why_not(config)
        except Exception as exc:  # another package's recipe may raise anything
            _report(recipe.name, exc)
            control, reason = None, f"the recipe {recipe.name!r} fails: {exc!r}"
        if control is not None:
            return control, reasons
        reasons += [reason] if reason else []
    return None, reasons


def control_or_none(label_config: str | None) -> "Control | None":
    """Return the control of a label config, None if there is none."""
    try:
        return control_of(label_config or "")
    except Unprocessable:
        return None


def recipe_named(name: str) -> "Recipe":
    """Return the recipe of that name; BadModel if it is not installed."""
    recipe = _installed(name_of(name))
    if recipe is None:
        raise BadModel(f"made by the recipe {name!r}, which is not installed here")
    return recipe


def load(name: str, artefact: bytes) -> "Model":
    """Return a model that a recipe stored; BadModel for whatever keeps it from being loaded."""
    try:
        return recipe_named(name).load(artefact)
    except BadModel:
        raise
    except MemoryError as exc:
        raise OutOfMemory(f"the recipe {name!r} has too little memory to load it") from exc
    except Exception as exc:  # another package's recipe may raise anything
        raise BadModel(f"the recipe {name!r} does not load it: {exc!r}") from exc


def name_of(stored: str) -> str:
    """Return the name of the recipe by the name stored with what it made, empty in old releases."""
    return stored or _UNNAMED


def format_of(name: str) -> int:
    """Return the format of what a recipe makes, 0 if it is not installed."""
    built_in = BUILT_IN.get(name_of(name))
    if built_in is not None:
        return built_in
    recipe = _installed(name)
    return recipe.format if recipe else 0


def folder_of(recipe: str, encoder: str) -> str:
    """Return the name of the folder for a recipe's features by an encoder, empty for none."""
    made_by = "" if recipe == _UNNAMED else f"{recipe}-"
    return f"{made_by}{format_of(recipe)}-{encoder or 'none'}"


def installed() -> list["Recipe"]:
    """Return all recipes, in the order in which they are asked."""
    return list(_recipes())


@cache
def _installed(name: str) -> "Recipe | None":
    return next((recipe for recipe in _recipes() if recipe.name == name), None)


def _recipes() -> Iterator["Recipe"]:
    """Yield the recipes; each is loaded only when its turn comes."""
    yield from map(_built_in, (name for name in BUILT_IN if name != _LAST))
    yield from _added()
    yield _built_in(_LAST)


@cache
def _built_in(name: str) -> "Recipe":
    recipe: Recipe = import_module(f"labelloop.recipes.{name}.recipe").RECIPE
    return recipe


@cache
def _added() -> tuple["Recipe", ...]:
    """Return the recipes of installed packages, by name. One that fails to load is left out."""
    from importlib.metadata import entry_points  # a fifth of a cold webhook's imports

    loaded: list[Recipe] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            recipe = point.load()
            _check(recipe, {*BUILT_IN, *(one.name for one in loaded)})
            loaded.append(recipe)
        except Exception as exc:  # another package's module may raise anything
            _report(point.name, exc)
    return tuple(loaded)


def _check(recipe: "Recipe", taken: set[str]) -> None:
    """Raise BadModel for what is no recipe, or one whose name is taken."""
    name, format_ = recipe.name, recipe.format
    if not isinstance(name, str) or not isinstance(format_, int) or format_ < 1:
        raise BadModel(f"name {name!r} and format {format_!r}: not a text, or not 1 or more")
    if name in taken:
        raise BadModel(f"there is a recipe {name!r} already")


def _report(recipe: str, exc: Exception) -> None:
    logger().error("recipe not loaded", extra={"recipe": recipe, "why": repr(exc)})
    count("RecipeNotLoaded")


def forget_added() -> None:
    """Look for installed recipes again: for tests, and after a package was installed."""
    for cached in (control_of, _installed, _added):
        cached.cache_clear()

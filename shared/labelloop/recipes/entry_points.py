"""Recipes of one's own: installed packages name them as entry points of `labelloop.recipes`."""

import sys
from collections.abc import Collection
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from labelloop.errors import BadModel, words_of
from labelloop.observability import count, logger
from labelloop.recipes.built_in import BUILT_IN

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from labelloop.recipes.protocol import Recipe

GROUP: Final = "labelloop.recipes"
_LOADS_S: Final = 10.0  # seconds in which a recipe of one's own, or its model, is loaded


def has_own() -> bool:
    """Say whether there are recipes besides the built-in ones, which may never end."""
    return bool(added())


def added() -> Collection["Recipe"]:
    """Return the recipes of installed packages, by name, each behind a guard."""
    return [found for found in found_or_why().values() if not isinstance(found, str)]


@cache
def found_or_why() -> "dict[str, Recipe | str]":
    """Return the recipes of installed packages by entry point; of one that fails to load, why."""
    if not _is_any_named():
        return {}
    from importlib.metadata import entry_points

    found: dict[str, Recipe | str] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        taken = {*BUILT_IN, *(one.name for one in found.values() if not isinstance(one, str))}
        try:
            found[point.name] = _guarded(point, taken)
        except (Exception, SystemExit) as exc:  # another package's module may raise anything
            report(point.name, exc)
            found[point.name] = f"the recipe {point.name!r} is not loaded: {words_of(exc)}"
    return found


def added_state() -> str:
    """Return which recipes there are besides the built-in ones, in the order in which they are
    asked, and of which formats; empty if there are none. One that fails to load has a mark.
    """
    return ", ".join(
        f"{point}?" if isinstance(found, str) else f"{found.name} {found.format}"
        for point, found in found_or_why().items()
    )


def are_all_loaded() -> bool:
    """Say whether no recipe of one's own fails to load here: numpy may be missing, for one."""
    return not any(isinstance(found, str) for found in found_or_why().values())


def loading(what: str) -> AbstractContextManager[None]:
    """Give what is loaded in the block ten seconds; BadRecipe says that `what` does not end."""
    from labelloop.recipes.guard import within

    return within(_LOADS_S, what)


def _is_any_named() -> bool:
    """Say whether a package on the path may name recipes: importlib.metadata loads for 15 ms."""
    if "importlib.metadata" in sys.modules:
        return True
    folders = [Path(folder) for folder in sys.path if folder]
    files = (file for folder in folders for file in folder.glob("*.dist-info/entry_points.txt"))
    return any(GROUP in file.read_text(errors="replace") for file in files)


def _guarded(point: "EntryPoint", taken: set[str]) -> "Recipe":
    from labelloop.recipes.guard import Guard

    with loading(f"its module {point.value!r}" if hasattr(point, "value") else "it"):
        recipe = point.load()
    _check(recipe, taken)
    return cast("Recipe", Guard(recipe, recipe.name))


def _check(recipe: "Recipe", taken: set[str]) -> None:
    """Raise BadModel for what is no recipe, or one whose name is taken."""
    name, format_ = recipe.name, recipe.format
    if not isinstance(name, str) or not isinstance(format_, int) or format_ < 1:
        raise BadModel(f"name {name!r} and format {format_!r}: not a text, or not 1 or more")
    if name in taken:
        raise BadModel(f"there is a recipe {name!r} already")


def report(recipe: str, exc: BaseException) -> None:
    """Log and count that a recipe can't be used."""
    logger().error("recipe not loaded", extra={"recipe": recipe, "why": words_of(exc)})
    count("RecipeNotLoaded")

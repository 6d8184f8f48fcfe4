"""What is known of recipes by name, built-in ones and others: format, encoder, folder, models."""

from collections.abc import Collection, Iterator
from functools import cache
from typing import TYPE_CHECKING

from labelloop.errors import BadModel, OutOfMemory, words_of
from labelloop.recipes.built_in import (
    BUILT_IN,
    BY_IMAGES,
    IMPORTED,
    OF_BOTH,
    OF_SEVERAL,
    SEE_IMAGES,
    UNNAMED,
    built_in,
    may_read,
    name_of,
)
from labelloop.recipes.entry_points import added, loading, report

if TYPE_CHECKING:
    from labelloop.labelstudio.label_config import LabelConfig
    from labelloop.recipes.protocol import Model, Recipe


def recipe_named(name: str) -> "Recipe":
    """Return the recipe of that name; BadModel if it is not installed."""
    recipe = find(name_of(name))
    if recipe is None:
        raise BadModel(f"made by the recipe {name!r}, which is not installed here")
    return recipe


def load(name: str, artefact: bytes) -> "Model":
    """Return a model that a recipe stored; BadModel for whatever keeps it from being loaded."""
    try:
        if name_of(name) in BUILT_IN:
            return recipe_named(name).load(artefact)
        return _load_own(name, artefact)
    except BadModel:
        raise
    except MemoryError as exc:
        raise OutOfMemory(f"the recipe {name!r} has too little memory to load it") from exc
    except Exception as exc:  # another package's recipe may raise anything
        raise BadModel(f"the recipe {name!r} does not load it: {words_of(exc)}") from exc


def _load_own(name: str, artefact: bytes) -> "Model":
    with loading(f"the recipe {name!r}"):
        model = recipe_named(name).load(artefact)
        _ = model.names, model.encoder, model.needs  # whether it has them, and of which types
    return model


def format_of(name: str) -> int:
    """Return the format of what a recipe makes, 0 if it is not installed."""
    format_ = BUILT_IN.get(name_of(name))
    if format_ is not None:
        return format_
    recipe = find(name)
    return recipe.format if recipe else 0


def encoder_of(recipe: str, texts: str, images: str) -> str:
    """Return the name of the encoder that a recipe uses: a stack's for texts, or for images."""
    named = name_of(recipe)
    if named == OF_BOTH:
        return both_encoders(texts, images)
    if named == BY_IMAGES:  # which goes by texts where no image is seen
        return images or texts
    if named in BUILT_IN:
        return images if named in SEE_IMAGES else texts
    found = find(named)
    return images if found and uses_images(found) else texts


def both_encoders(*names: str) -> str:
    """Return one name for several encoders, leaving out the empty ones."""
    return "+".join(sorted({*names} - {""}))


def that_see_images() -> frozenset[str]:
    """Return the names of all recipes that see images, not texts."""
    return SEE_IMAGES | {recipe.name for recipe in added() if uses_images(recipe)}


def uses_images(recipe: "Recipe") -> bool:
    """Say whether what a recipe makes depends on the stack's encoder of images, not of texts."""
    return bool(getattr(recipe, "sees_images", False))


def folder_of(recipe: str, encoder: str) -> str:
    """Return the name of the folder for a recipe's features by an encoder, empty for none."""
    made_by = "" if recipe == UNNAMED else f"{recipe}-"
    return f"{made_by}{format_of(recipe)}-{encoder or 'none'}"


def installed() -> list["Recipe"]:
    """Return all recipes, in the order in which they are asked."""
    return list(in_order())


@cache
def find(name: str) -> "Recipe | None":
    """Return the recipe of that name, None if it is not installed."""
    if name in BUILT_IN:
        return built_in(name)
    return next((recipe for recipe in added() if recipe.name == name), None)


def in_order(config: "LabelConfig | None" = None, but: Collection[str] = ()) -> Iterator["Recipe"]:
    """Yield all recipes but some in the order in which they are asked for a control.

    Of those built in only the ones that may read the config, each loaded when its turn comes.
    """
    names = [name for name in BUILT_IN if name not in (*IMPORTED, *but)]
    names = [name for name in names if config is None or may_read(name, config)]
    others = [recipe for recipe in added() if recipe.name not in but]
    first = [recipe for recipe in others if config is not None and _takes_all(recipe, config)]
    yield from first
    yield from (built_in(name) for name in names if name in OF_SEVERAL)
    yield from (recipe for recipe in others if recipe not in first)
    yield from (built_in(name) for name in names if name not in OF_SEVERAL)


def _takes_all(recipe: "Recipe", config: "LabelConfig") -> bool:
    try:
        takes_all = getattr(recipe, "takes_all", None)
        return takes_all is not None and bool(takes_all(config))
    except Exception as exc:  # another package's recipe may raise anything
        report(recipe.name, exc)
        return False

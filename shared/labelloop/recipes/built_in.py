"""The built-in recipes: names, formats, what each may read, and which of them see images.

For functions that compare names and formats and load no model.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from labelloop.labelstudio.label_config import LabelConfig
    from labelloop.recipes.protocol import Recipe

_FORMATS: Final = {
    "text_choices": 2,
    "several_choices": 1,
    "taxonomy": 2,
    "numbers": 1,
    "spans": 2,
    "pairs": 1,
    "candidates": 1,
    "image_choices": 1,
}
# What reads several controls has parts of all others: another format of any is one of its own.
_FORMAT_OF_SEVERAL: Final = 2 + sum(_FORMATS.values())
LEARNS_ONE: Final = tuple(_FORMATS)  # those that learn one control
# Asked when no other reads a config.
ORDERS_ALONE: Final = {"order_by_images": 1, "order_alone": 1}
BUILT_IN: Final = {
    "texts_and_images": _FORMAT_OF_SEVERAL,
    "several_controls": _FORMAT_OF_SEVERAL,
    "several_image_choices": _FORMAT_OF_SEVERAL,
    "imported": 1,
    "imported_images": 1,
    **_FORMATS,
    **ORDERS_ALONE,
}
# The kinds of tags that a recipe may read: its module is loaded where a config has one of them.
_KINDS: Final = {
    "text_choices": frozenset({"choices"}),
    "several_choices": frozenset({"choices"}),
    "taxonomy": frozenset({"taxonomy"}),
    "numbers": frozenset({"rating", "number"}),
    "spans": frozenset({"labels", "hypertextlabels", "paragraphlabels"}),
    "pairs": frozenset({"pairwise"}),
    "candidates": frozenset({"ranker", "choices"}),
    "image_choices": frozenset({"choices"}),
    "several_image_choices": frozenset({"choices"}),
    "order_by_images": frozenset({"image"}),
    "texts_and_images": frozenset({"image"}),
}
# Those that see images, not texts: what they make depends on the image encoder.
SEE_IMAGES: Final = frozenset({"image_choices", "several_image_choices", "imported_images"})
# Raise it when more label configs can be read: projects without a model are trained again.
GENERATION: Final = 5
# For label configs with two controls or more.
OF_SEVERAL: Final = ("texts_and_images", "several_controls", "several_image_choices")
BY_IMAGES: Final = "order_by_images"
OF_BOTH: Final = "texts_and_images"
IMPORTED: Final = ("imported", "imported_images")  # asked only where one of theirs is at work
UNNAMED: Final = "text_choices"  # the only recipe of releases that stored no recipe's name


def name_of(stored: str) -> str:
    """Return the name of the recipe by the name stored with what it made, empty in old releases."""
    return stored or UNNAMED


def is_imported(stored: str) -> bool:
    """Say whether a recipe is one of imported models."""
    return stored in IMPORTED


def origin_of(stored: str) -> str:
    """Return in words what a version comes from, empty if a recipe that learns is built in."""
    if is_imported(stored):
        return "imported"
    return "" if name_of(stored) in BUILT_IN else f"by the recipe {stored!r}"


def may_read(name: str, config: "LabelConfig") -> bool:
    """Say whether a config has enough controls, of kinds that a built-in recipe may read."""
    if name in OF_SEVERAL and len(config.answered()) < 2:
        return False
    kinds = _KINDS.get(name)
    return kinds is None or any(tag.kind in kinds for tag in config.root.walk())


@cache
def built_in(name: str) -> "Recipe":
    """Return the built-in recipe of that name."""
    recipe: Recipe = import_module(f"labelloop.recipes.{name}.recipe").RECIPE
    return recipe

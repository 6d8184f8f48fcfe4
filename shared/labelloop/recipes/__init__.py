"""A room for each kind of labelling, and the functions that find the recipe of a label config.

Those that installed packages name as entry points of the group `labelloop.recipes` come first, by
their names: whoever installs one wants it used. Then come the built-in ones, last of all those
that predict nothing and order tasks alone. What reads several controls asks all others for each, so
it comes before them. All that the loop knows of any is in `protocol`.
"""

import sys
from collections.abc import Callable, Collection, Iterator
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from labelloop.errors import BadModel, BadRecipe, OutOfMemory, Unprocessable, words_of
from labelloop.observability import count, logger

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from labelloop.labelstudio.label_config import LabelConfig
    from labelloop.recipes.protocol import Control, Model, Recipe

GROUP: Final = "labelloop.recipes"
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
# Names and formats, for functions that compare them and load no model. What reads several controls
# has parts of all others that make models: another format of any is another one of its own.
_OF_SEVERAL: Final = 2 + sum(_FORMATS.values())
_ORDERS_ALONE: Final = {
    "order_by_images": 1,
    "order_alone": 1,
}  # asked when no other reads a config
BUILT_IN: Final = {
    "texts_and_images": _OF_SEVERAL,
    "several_controls": _OF_SEVERAL,
    "several_image_choices": _OF_SEVERAL,
    "imported": 1,
    **_FORMATS,
    **_ORDERS_ALONE,
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
_SEE_IMAGES: Final = frozenset({"image_choices", "several_image_choices"})
# Raise it when more label configs can be read: projects without a model are trained again.
GENERATION: Final = 5
# Where there are two controls.
_FIRST: Final = ("texts_and_images", "several_controls", "several_image_choices")
_BY_IMAGES: Final = "order_by_images"
_OF_BOTH: Final = "texts_and_images"
_IMPORTED: Final = "imported"  # asked only where a model that people brought is at work
_LOADS_S: Final = 10.0  # seconds in which a recipe of one's own, or its model, is loaded
_UNNAMED: Final = "text_choices"  # the only recipe of releases that stored no recipe's name


@lru_cache(maxsize=64)
def control_of(label_config: str) -> "Control":
    """Return the control of a label config; Unprocessable says why there is none."""
    from labelloop.labelstudio.label_config import parse

    config = parse(label_config)
    control = read(config)
    if control is None:
        raise Unprocessable(f"label_config: {'; '.join(_reasons(config))}")
    return control


def control_or_none(
    label_config: str | None, made_by: str = "", signature: str = ""
) -> "Control | None":
    """Return the control of a label config, None if there is none.

    `made_by` and `signature`: of the version at work. As long as its recipe reads the config its
    control is returned, though another one, that is asked before, may read more of it; and of
    several controls those that the version answers: until a version of the others is trained.
    """
    from labelloop.recipes.signature import part_of

    try:
        control = control_of(label_config or "")
    except Unprocessable:
        return None
    if made_by not in ("", control.recipe):
        control = _control_by(made_by, label_config or "") or control
    return part_of(control, signature) if signature else control


@lru_cache(maxsize=64)
def _control_by(name: str, label_config: str) -> "Control | None":
    from labelloop.labelstudio.label_config import parse

    recipe = _installed(name)
    return _asked(recipe, parse(label_config)) if recipe else None


def control_of_brought(label_config: str) -> "Control":
    """Return the control of a model that people bring; Unprocessable says why there is none."""
    from labelloop.labelstudio.label_config import parse

    control = _control_by(_IMPORTED, label_config)
    if control is None:
        raise Unprocessable(f"label_config: {_built_in(_IMPORTED).why_not(parse(label_config))}")
    return control


def continued(
    control: "Control", made_by: str, label_config: str, artefact: Callable[[], bytes | None]
) -> "Control":
    """Return the control that a training goes on by, after a version that `made_by` made.

    After a model that people brought it is one that knows it: `artefact` returns the version's.
    """
    if made_by != _IMPORTED:
        return control
    imported: Any = _control_by(_IMPORTED, label_config)
    if imported is None or imported.plain.recipe != control.recipe:
        return control
    after: Control = imported.after(artefact() or b"")
    return after


def comparable(control: "Control", made_by: str) -> "Control":
    """Return the control whose versions, of that recipe, a control's can be compared with.

    Those of a model that people brought have answers of the same kind as those of texts.
    """
    plain: Control = getattr(control, "plain", control)
    return plain if plain.recipe == name_of(made_by) else control


def why_order_alone(label_config: str) -> str:
    """Return why nothing of a label config is learnt, though its tasks are ordered; else empty."""
    from labelloop.labelstudio.label_config import parse

    if control_of(label_config).recipe not in _ORDERS_ALONE:
        return ""
    return "; ".join(_reasons(parse(label_config)))


def read(config: "LabelConfig", but: Collection[str] = ()) -> "Control | None":
    """Return the control of a label config by the first recipe, none of `but`, that has one."""
    asked = (_asked(recipe, config) for recipe in _recipes(config, but))
    return next((control for control in asked if control is not None), None)


def _asked(recipe: "Recipe", config: "LabelConfig") -> "Control | None":
    try:
        return _control(recipe, config)
    except Exception as exc:  # another package's recipe may raise anything
        _report(recipe.name, exc)
        return None


def _control(recipe: "Recipe", config: "LabelConfig") -> "Control | None":
    """Return a recipe's control. Those of several controls come back here for each of them."""
    if recipe.name in _FIRST:
        return recipe.read(config)
    from labelloop.recipes.fetched import read as read_fetched

    reads_all = recipe.name == _IMPORTED or recipe.name not in BUILT_IN
    return read_fetched(recipe, config, reads_all=reads_all)


def _reasons(config: "LabelConfig") -> list[str]:
    """Return why each recipe has no control of a label config, where it has something to say."""
    reasons = (_reason(recipe, config) for recipe in _recipes() if recipe.name not in _FIRST)
    return [reason for reason in reasons if reason]


def _reason(recipe: "Recipe", config: "LabelConfig") -> str:
    from labelloop.recipes.fetched import as_texts

    try:
        return "" if _control(recipe, config) else recipe.why_not(as_texts(config))
    except Exception as exc:  # another package's recipe may raise anything
        return f"the recipe {recipe.name!r} fails: {words_of(exc)}"


def recipe_named(name: str) -> "Recipe":
    """Return the recipe of that name; BadModel if it is not installed."""
    recipe = _installed(name_of(name))
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
    from labelloop.recipes.guard import within

    with within(_LOADS_S, f"the recipe {name!r}"):
        model = recipe_named(name).load(artefact)
        _ = model.names, model.encoder, model.needs  # whether it has them, and of which types
    return model


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


def encoder_of(recipe: str, texts: str, images: str) -> str:
    """Return the name of the encoder that a recipe uses: a stack's for texts, or for images."""
    named = name_of(recipe)
    if named == _OF_BOTH:
        return both_encoders(texts, images)
    if named == _BY_IMAGES:  # which goes by texts where no image is seen
        return images or texts
    if named in BUILT_IN:
        return images if named in _SEE_IMAGES else texts
    found = _installed(named)
    return images if found and uses_images(found) else texts


def both_encoders(*names: str) -> str:
    """Return the name of several encoders together, of those that there are."""
    return "+".join(sorted({*names} - {""}))


def that_see_images() -> frozenset[str]:
    """Return the names of all recipes that see images, not texts."""
    return _SEE_IMAGES | {recipe.name for recipe in _added() if uses_images(recipe)}


def uses_images(recipe: "Recipe") -> bool:
    """Say whether what a recipe makes depends on the stack's encoder of images, not of texts."""
    return bool(getattr(recipe, "sees_images", False))


def folder_of(recipe: str, encoder: str) -> str:
    """Return the name of the folder for a recipe's features by an encoder, empty for none."""
    made_by = "" if recipe == _UNNAMED else f"{recipe}-"
    return f"{made_by}{format_of(recipe)}-{encoder or 'none'}"


def installed() -> list["Recipe"]:
    """Return all recipes, in the order in which they are asked."""
    return list(_recipes())


@cache
def _installed(name: str) -> "Recipe | None":
    if name in BUILT_IN:
        return _built_in(name)
    return next((recipe for recipe in _added() if recipe.name == name), None)


def _recipes(config: "LabelConfig | None" = None, but: Collection[str] = ()) -> Iterator["Recipe"]:
    """Yield all recipes but some, of those built in only the ones that may read a config.

    Each is loaded only when its turn comes.
    """
    names = [name for name in BUILT_IN if name not in (_IMPORTED, *but)]
    names = [name for name in names if config is None or _may_read(name, config)]
    added = [recipe for recipe in _added() if recipe.name not in but]
    first = [recipe for recipe in added if config is not None and _takes_all(recipe, config)]
    yield from first
    yield from (_built_in(name) for name in names if name in _FIRST)
    yield from (recipe for recipe in added if recipe not in first)
    yield from (_built_in(name) for name in names if name not in _FIRST)


def _takes_all(recipe: "Recipe", config: "LabelConfig") -> bool:
    try:
        takes_all = getattr(recipe, "takes_all", None)
        return takes_all is not None and bool(takes_all(config))
    except Exception as exc:  # another package's recipe may raise anything
        _report(recipe.name, exc)
        return False


def _may_read(name: str, config: "LabelConfig") -> bool:
    if name in _FIRST and len(config.answered()) < 2:
        return False
    kinds = _KINDS.get(name)
    return kinds is None or any(tag.kind in kinds for tag in config.root.walk())


@cache
def _built_in(name: str) -> "Recipe":
    recipe: Recipe = import_module(f"labelloop.recipes.{name}.recipe").RECIPE
    return recipe


def _added() -> Collection["Recipe"]:
    """Return the recipes of installed packages, by name, each behind a guard."""
    return [found for found in _found().values() if not isinstance(found, str)]


@cache
def _found() -> "dict[str, Recipe | str]":
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
            _report(point.name, exc)
            found[point.name] = f"the recipe {point.name!r} is not loaded: {words_of(exc)}"
    return found


def _is_any_named() -> bool:
    """Say whether a package on the path may name recipes: importlib.metadata loads for 15 ms."""
    if "importlib.metadata" in sys.modules:
        return True
    folders = [Path(folder) for folder in sys.path if folder]
    files = (file for folder in folders for file in folder.glob("*.dist-info/entry_points.txt"))
    return any(GROUP in file.read_text(errors="replace") for file in files)


def _guarded(point: "EntryPoint", taken: set[str]) -> "Recipe":
    from labelloop.recipes.guard import Guard, within

    with within(_LOADS_S, f"its module {point.value!r}" if hasattr(point, "value") else "it"):
        recipe = point.load()
    _check(recipe, taken)
    return cast("Recipe", Guard(recipe, recipe.name))


def has_own() -> bool:
    """Say whether there are recipes besides the built-in ones, which may never end."""
    return bool(_added())


def demand_sound(made_by: Collection[str], label_config: str) -> None:
    """Raise BadRecipe if one of these recipes is of one's own and fails, so that nothing replaces
    what it made as if it did not read the config.
    """
    from labelloop.labelstudio.label_config import parse

    for name in made_by:
        if name in BUILT_IN:
            continue
        recipe, found = _installed(name), _found().get(name)
        if recipe is None and isinstance(found, str):
            raise BadRecipe(found)
        if recipe is not None:
            recipe.read(parse(label_config))


def failures(label_config: str) -> list[str]:
    """Return which recipes of one's own can't be used for a label config, and why."""
    from labelloop.labelstudio.label_config import parse

    failed = [found for found in _found().values() if isinstance(found, str)]
    for recipe in _added():
        try:
            recipe.read(parse(label_config))
        except BadRecipe as exc:
            failed.append(str(exc))
        except Unprocessable:
            continue  # the config is none
    return failed


def _check(recipe: "Recipe", taken: set[str]) -> None:
    """Raise BadModel for what is no recipe, or one whose name is taken."""
    name, format_ = recipe.name, recipe.format
    if not isinstance(name, str) or not isinstance(format_, int) or format_ < 1:
        raise BadModel(f"name {name!r} and format {format_!r}: not a text, or not 1 or more")
    if name in taken:
        raise BadModel(f"there is a recipe {name!r} already")


def _report(recipe: str, exc: BaseException) -> None:
    logger().error("recipe not loaded", extra={"recipe": recipe, "why": words_of(exc)})
    count("RecipeNotLoaded")


def forget_added() -> None:
    """Look for installed recipes again: for tests, and after a package was installed."""
    for cached in (control_of, _control_by, _installed, _found):
        cached.cache_clear()

"""The control of a label config: which recipe has one, and why none has."""

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from labelloop.errors import BadRecipe, Unprocessable, words_of
from labelloop.recipes.built_in import (
    BUILT_IN,
    IMPORTED,
    LEARNS_ONE,
    OF_SEVERAL,
    ORDERS_ALONE,
    built_in,
    is_imported,
    may_read,
    name_of,
)
from labelloop.recipes.entry_points import added, found_or_why, report
from labelloop.recipes.registry import find, in_order

if TYPE_CHECKING:
    from labelloop.labelstudio.label_config import LabelConfig
    from labelloop.recipes.protocol import Control, Recipe

_ABOUT: Final = " is about "  # in the reasons that name an object


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

    recipe = find(name)
    return _control_or_none(recipe, parse(label_config)) if recipe else None


def control_of_imported(label_config: str) -> "Control":
    """Return the control of a model that people import; Unprocessable says why there is none."""
    from labelloop.labelstudio.label_config import parse

    controls = (_control_by(name, label_config) for name in IMPORTED)
    control = next((one for one in controls if one is not None), None)
    if control is None:
        of_texts, of_images = (built_in(name).why_not(parse(label_config)) for name in IMPORTED)
        raise Unprocessable(f"label_config: {of_images or of_texts}")
    return control


def continued(
    control: "Control", made_by: str, label_config: str, artefact: Callable[[], bytes | None]
) -> "Control":
    """Return the control that a training goes on by, after a version that `made_by` made.

    After a model that people imported it is one that knows it: `artefact` returns the version's.
    """
    imported: Any = _control_by(made_by, label_config) if is_imported(made_by) else None
    if imported is None or imported.plain.recipe != control.recipe:
        return control
    after: Control = imported.after(artefact() or b"")
    return after


def comparable(control: "Control", made_by: str) -> "Control":
    """Return the control whose versions, of that recipe, a control's can be compared with.

    Those of an imported model have answers of the same kind as those of texts, or of images.
    """
    plain: Control = getattr(control, "plain", control)
    return plain if plain.recipe == name_of(made_by) else control


def why_order_alone(label_config: str) -> str:
    """Return why nothing of a label config is learnt, though its tasks are ordered; else empty."""
    from labelloop.labelstudio.label_config import parse

    if control_of(label_config).recipe not in ORDERS_ALONE:
        return ""
    return "; ".join(_reasons(parse(label_config)))


def read(config: "LabelConfig", but: Collection[str] = ()) -> "Control | None":
    """Return the control of a label config by the first recipe, none of `but`, that has one."""
    controls = (_control_or_none(recipe, config) for recipe in in_order(config, but))
    return next((control for control in controls if control is not None), None)


def _control_or_none(recipe: "Recipe", config: "LabelConfig") -> "Control | None":
    try:
        return _control(recipe, config)
    except Exception as exc:  # another package's recipe may raise anything
        report(recipe.name, exc)
        return None


def _control(recipe: "Recipe", config: "LabelConfig") -> "Control | None":
    """Return a recipe's control. Those of several controls come back here for each of them."""
    if recipe.name in OF_SEVERAL:
        return recipe.read(config)
    from labelloop.recipes.fetched import read as read_fetched

    reads_all = is_imported(recipe.name) or recipe.name not in BUILT_IN
    return read_fetched(recipe, config, reads_all=reads_all)


def _reasons(config: "LabelConfig") -> list[str]:
    """Return why there is no control: what recipes of one's own say, and the nearest built-in one.

    Where the control itself is not at fault, or of no kind that is learnt, also why no order is.
    """
    reasons = [reason for recipe in added() if (reason := _reason(recipe, config))]
    reasons.append(nearest := _nearest(config))
    if _ABOUT not in nearest:
        reasons += [_reason(built_in(name), config) for name in ORDERS_ALONE]
    return [reason for reason in reasons if reason]


def _nearest(config: "LabelConfig") -> str:
    """Return what the first built-in recipe of the controls' kinds says; of an object, if any."""
    answered = config.answered()
    if not answered:
        return "no control; only what people answer is learnt"
    names = [name for name in LEARNS_ONE if may_read(name, config)]
    said = [reason for name in names if (reason := _reason(built_in(name), config))]
    of_object = (reason for reason in said if _ABOUT in reason)
    unknown = f"{answered[0].title}; no control of that kind is learnt"
    return next(of_object, said[0] if said else unknown)


def _reason(recipe: "Recipe", config: "LabelConfig") -> str:
    from labelloop.recipes.fetched import as_texts

    try:
        return "" if _control(recipe, config) else recipe.why_not(as_texts(config))
    except Exception as exc:  # another package's recipe may raise anything
        return f"the recipe {recipe.name!r} fails: {words_of(exc)}"


def demand_sound(made_by: Collection[str], label_config: str) -> None:
    """Raise BadRecipe if one of these recipes is of one's own and fails, so that nothing replaces
    what it made as if it did not read the config.
    """
    from labelloop.labelstudio.label_config import parse

    for name in made_by:
        if name in BUILT_IN:
            continue
        recipe, found = find(name), found_or_why().get(name)
        if recipe is None and isinstance(found, str):
            raise BadRecipe(found)
        if recipe is not None:
            recipe.read(parse(label_config))


def failures(label_config: str) -> list[str]:
    """Return which recipes of one's own can't be used for a label config, and why."""
    from labelloop.labelstudio.label_config import parse

    failed = [found for found in found_or_why().values() if isinstance(found, str)]
    for recipe in added():
        try:
            recipe.read(parse(label_config))
        except BadRecipe as exc:
            failed.append(str(exc))
        except Unprocessable:
            continue  # the config is none
    return failed


def forget_added() -> None:
    """Look for installed recipes again: for tests, and after a package was installed."""
    for cached in (control_of, _control_by, find, found_or_why):
        cached.cache_clear()

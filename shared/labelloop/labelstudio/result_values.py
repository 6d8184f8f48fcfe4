"""What the editor does wrong with the value of an answer about a whole task, by kind of control.

Measured on Label Studio 1.23.2. Each function takes the control, the region's value and the task's
data (None: unknown, and what depends on it is not checked) and yields what goes wrong.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeGuard

from labelloop.labelstudio.label_config import LabelConfig, Tag
from labelloop.labelstudio.task_values import value_at

type Path = tuple[str, ...]
type Check = Callable[[Tag, Mapping[str, Any], Any, LabelConfig], Iterator[str]]

ERROR_BOX: Final = "an error box replaces the task"
_PLACES: Final = 10  # decimals of a number: 0.3, not 0.30000000000000004


def _choices(tag: Tag, value: Mapping[str, Any], data: Any, _: LabelConfig) -> Iterator[str]:
    chosen, fields = value.get("choices"), tag.attributes
    if not isinstance(chosen, list) or not all(isinstance(o, str) or is_path(o) for o in chosen):
        yield f"choices are no list of choices: {ERROR_BOX}"
        return
    if fields.get("choice", "single").startswith("single") and len(chosen) != 1:
        yield f"{len(chosen)} choices where a single one is meant"
    offered = offered_paths(tag, data)
    if fields.get("allownested") == "true":
        yield from _nested(chosen, offered)
        return
    for one in chosen:
        if isinstance(one, list):
            yield f"a path {one!r} where choices are flat shows nothing"
        elif offered is not None and (one,) not in offered:
            yield f"the choice {one!r} is not offered: it shows nothing, yet is saved"


def _nested(chosen: list[Any], offered: Set[Path] | None) -> Iterator[str]:
    paths = [tuple(one) for one in chosen if isinstance(one, list)]
    for one in chosen:
        if isinstance(one, str):
            yield f"a flat choice {one!r} where choices are nested shows nothing"
        elif offered is not None and tuple(one) not in offered:
            yield f"the path {one!r} is not offered: it shows nothing, yet is saved"
        elif _has_below(tuple(one), offered or set()) and not _has_below(tuple(one), paths):
            yield f"the path {one!r} without those below it ticks nothing"


def _has_below(path: Path, others: Iterable[Path]) -> bool:
    return any(len(one) > len(path) and one[: len(path)] == path for one in others)


def offered_paths(tag: Tag, data: Any) -> Set[Path] | None:
    """Return the paths that can be chosen, aliases in place of values; None if that is unknown."""
    fields = tag.attributes
    if fields.get("apiurl"):
        return None
    if "$" not in fields.get("value", ""):
        return _written(tag)
    options = value_at(data, fields["value"])
    return _written(tag) | set(_dynamic(options, ())) if isinstance(options, list) else None


@lru_cache(maxsize=64)
def _written(tag: Tag) -> Set[Path]:
    """Return the paths that the label config itself offers."""
    return frozenset(_static(tag, ()))


def _static(tag: Tag, above: Path) -> Iterator[Path]:
    for child in tag.children:
        if child.kind != "choice":
            yield from _static(child, above)
        elif name := child.attributes.get("alias") or child.attributes.get("value"):
            yield (*above, name)
            yield from _static(child, (*above, name))


def _dynamic(options: list[Any], above: Path) -> Iterator[Path]:
    """Yield the paths of options from a task's data; a plain text is a box without a name."""
    for option in options:
        name = (option.get("alias") or option.get("value")) if isinstance(option, Mapping) else None
        if isinstance(name, str):
            yield (*above, name)
            below = option.get("children")
            yield from _dynamic(below if isinstance(below, list) else [], (*above, name))


def _taxonomy(tag: Tag, value: Mapping[str, Any], data: Any, _: LabelConfig) -> Iterator[str]:
    chosen, fields = value.get("taxonomy"), tag.attributes
    if not isinstance(chosen, list) or not all(is_path(one) for one in chosen):
        yield "a taxonomy takes a list of paths: a flat list shows single letters"
        return
    offered = offered_paths(tag, data)
    for one in chosen:
        if offered is not None and tuple(one) not in offered:
            yield f"there is no path {one!r}"
        elif fields.get("leafsonly") == "true" and _has_below(tuple(one), offered or set()):
            yield f"the path {one!r} ends at no leaf"
    most = fields.get("maxusages", "")
    if most.isdecimal() and len(chosen) > int(most):
        yield f"{len(chosen)} paths where {most} are allowed"


def is_path(value: Any) -> TypeGuard[list[str]]:
    """Say whether a value is a list of texts, one or more."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def _rating(tag: Tag, value: Mapping[str, Any], _: Any, __: LabelConfig) -> Iterator[str]:
    given = value.get("rating")
    if not is_number(given):
        yield f"a rating {given!r} is no number: {ERROR_BOX}"
        return
    most = tag.attributes.get("maxrating", "")
    if type(given) is not int or not 0 <= given <= (int(most) if most.isdecimal() else 5):
        yield f"a rating {given!r} is no number of stars"


def _number(tag: Tag, value: Mapping[str, Any], _: Any, __: LabelConfig) -> Iterator[str]:
    given, fields = value.get("number"), tag.attributes
    if not is_number(given):
        yield f"a number {given!r} is no number: {ERROR_BOX}"
        return
    least, most, step = (_read(fields.get(name)) for name in ("min", "max", "step"))
    if (least is not None and given < least) or (most is not None and given > most):
        yield f"the number {given!r} is out of range: Submit is refused"
    elif step and given != on_step(given, least or 0.0, step):
        yield f"the number {given!r} is between two steps: Submit is refused"


def on_step(number: float, least: float, step: float) -> float:
    """Return the nearest of the numbers that an input with this least number and step takes."""
    return round(least + round((number - least) / step) * step, _PLACES)


def _read(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def is_number(value: Any) -> TypeGuard[float]:
    """Say whether a value is a finite number in JSON."""
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _pairwise(tag: Tag, value: Mapping[str, Any], _: Any, __: LabelConfig) -> Iterator[str]:
    if value.get("selected") not in ("left", "right"):
        yield f"{value.get('selected')!r} is neither 'left' nor 'right': {ERROR_BOX}"


def _textarea(tag: Tag, value: Mapping[str, Any], _: Any, __: LabelConfig) -> Iterator[str]:
    texts = value.get("text")
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        yield "text is no list of texts"


def _datetime(tag: Tag, value: Mapping[str, Any], _: Any, __: LabelConfig) -> Iterator[str]:
    given, fields = value.get("datetime"), tag.attributes
    if not isinstance(given, str):
        yield f"a time {given!r} is no text: {ERROR_BOX}"
        return
    only = fields.get("only", "")
    usual = {"year": "%Y-01-01", "date": "%Y-%m-%d"}.get(only)
    if usual is None and not only:
        usual = "%Y-%m-%dT%H:%M" if fields.get("showtime") == "true" else "%Y-%m-%d"
    format_ = fields.get("format") if only != "year" else usual
    if (format_ := format_ or usual) and not _is_time(given, format_):
        yield f"the time {given!r} is not written as {format_}: it shows nothing, yet is saved"


def _is_time(text: str, format_: str) -> bool:
    try:
        return datetime.strptime(text, format_).strftime(format_) == text
    except ValueError:
        return False


def _ranker(tag: Tag, value: Mapping[str, Any], data: Any, config: LabelConfig) -> Iterator[str]:
    ranked = value.get("ranker")
    if not isinstance(ranked, Mapping) or not all(isinstance(ids, list) for ids in ranked.values()):
        yield "a ranking takes lists of ids by bucket: a plain list empties the page"
        return
    buckets = {one.attributes.get("name", "") for one in tag.walk() if one.kind == "bucket"}
    names = {*buckets, "_"} if buckets else {tag.attributes.get("name", "")}
    if unknown := sorted(set(ranked) - names):
        yield f"there is no bucket {unknown[0]!r}"
    ids = [one for each in ranked.values() for one in each]
    shown = _item_ids(tag, data, config)
    if len(ids) != len(set(map(repr, ids))):
        yield "an item is ranked twice"
    if shown is not None and (ghosts := [one for one in ids if one not in shown]):
        yield f"the task has no item {ghosts[0]!r}: the page stays blank"
    if shown is not None and not buckets and len(ids) < len(shown):
        yield "items that are not ranked disappear from the page"


def _item_ids(tag: Tag, data: Any, config: LabelConfig) -> list[Any] | None:
    target = config.objects().get(tag.attributes.get("toname", ""))
    items = value_at(data, target.attributes.get("value", "")) if target else None
    if not isinstance(items, list):
        return None
    return [item.get("id") for item in items if isinstance(item, Mapping)]


def _slider(tag: Tag, value: Mapping[str, Any], _: Any, __: LabelConfig) -> Iterator[str]:
    yield "the editor has no <Slider>, and shows none"


CHECKS: Final[dict[str, Check]] = {
    "choices": _choices,
    "taxonomy": _taxonomy,
    "rating": _rating,
    "number": _number,
    "pairwise": _pairwise,
    "textarea": _textarea,
    "datetime": _datetime,
    "ranker": _ranker,
    "slider": _slider,
}

"""Signatures: which control a version answers, as a text that is stored with it.

One line for each control that it learnt, as JSON: the recipe, its format, what is read of tasks and
what is asked of people. A version is served, ranked by and compared with only where its lines are
the control's. Versions of earlier releases have none: they are served as the control's, and
compared and activated by the label config that they learnt.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from labelloop.domain.intake.events import canonical
from labelloop.domain.learning.examples import controls_of
from labelloop.recipes import control_or_none, format_of

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Control


def signature_of(control: "Control") -> str:
    """Return the signature of a control's versions. The order of several controls is none of it."""
    parts = [one for _, one in controls_of(control)] or [control]
    return "\n".join(sorted(map(_line, parts)))


def signature_by(label_config: str | None, made_by: str) -> str:
    """Return the signature of a version by the label config that it learnt; empty if unknown."""
    control = control_or_none(label_config, made_by)
    return signature_of(control) if control is not None and control.recipe == made_by else ""


def is_of(signature: str, control: "Control") -> bool:
    """Say whether a version is of just this control."""
    return signature in ("", signature_of(control))


def covers(signature: str, control: "Control") -> bool:
    """Say whether a version of the control's recipe answers all that the control asks."""
    return not signature or _lines(signature) >= _lines(signature_of(control))


def part_of(control: "Control", signature: str) -> "Control":
    """Return of several controls those that a version answers; if it is none, all of them."""
    lines = _lines(signature)
    known = tuple((name, _line(one)) for name, one in controls_of(control) if _line(one) in lines)
    return _only(control, known) if known else control


@lru_cache(maxsize=64)  # one object for all requests, as it remembers what was computed of it
def _only(control: "Control", known: tuple[tuple[str, str], ...]) -> "Control":
    whole: Any = control
    narrowed: Control = whole.only([name for name, _ in known])
    return narrowed


def has_other_formats(signature: str) -> bool:
    """Say whether a recipe that took part in a version has another format by now, or is gone."""
    return any(format_of(row.recipe) != row.format for row in _rows(signature))


def recipes_of(signature: str) -> list[str]:
    """Return the names of the recipes that took part in a version."""
    return [row.recipe for row in _rows(signature)]


def why_not_of(signature: str, control: "Control") -> str:
    """Return how what a version answers differs from a control, empty if it does not."""
    if is_of(signature, control):
        return ""
    then, now = _rows(signature), _rows(signature_of(control))
    answered, asked = (", ".join(row.asks for row in rows) for rows in (then, now))
    if answered != asked:
        return f"it answers {answered or 'nothing known'}, and the label config asks {asked}"
    read, shown = (", ".join(dict.fromkeys(row.sees for row in rows)) for rows in (then, now))
    if read != shown:
        return f"it has learnt from {read!r}, and the label config is about {shown!r}"
    return "a recipe of it has another format by now"


def why_unanswered(label_config: str | None, made_by: str, signature: str) -> str:
    """Return why a version answers nothing that a label config asks; empty if it does, or may."""
    control = control_or_none(label_config, made_by, signature)
    if control is None or not made_by:
        return ""
    if control.recipe != made_by:
        if not format_of(made_by):
            return f"it was made by the recipe {made_by!r}, which is not installed here"
        return "it is of another kind of labelling than the label config"
    return "" if covers(signature, control) else why_not_of(signature, control)


@dataclass(frozen=True, slots=True)
class _Row:
    recipe: str
    format: int
    sees: str
    asks: str


def _line(control: "Control") -> str:
    return _written(control, format_of(control.recipe))


@lru_cache(maxsize=64)  # each prediction request compares them
def _written(control: "Control", format_: int) -> str:
    return canonical([control.recipe, format_, control.sees, control.asks])


def _lines(signature: str) -> set[str]:
    return set(signature.split("\n"))


def _rows(signature: str) -> list[_Row]:
    """Return what the lines of a signature say; of another release's they may say nothing here."""
    try:
        return [_Row(*json.loads(line)) for line in signature.split("\n")] if signature else []
    except (TypeError, ValueError):
        return []

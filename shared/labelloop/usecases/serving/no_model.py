"""Say why a project is served no model, if that is so."""

from collections.abc import Callable, Mapping
from typing import Any

from labelloop.bucket.objects import fields_of
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.recipes import name_of
from labelloop.recipes.signature import why_unanswered

type WhyLacking = Callable[[str], str]
"""Returns why a version's encoders, by their full name, are not here; empty if they are."""


def no_model(
    project: Project,
    active: ActivePointer,
    learning: Mapping[str, Any],
    label_config: str | None,
    why_lacking: WhyLacking,
) -> dict[str, Any] | None:
    """Return why no model is served, whether that is so by design, and whether there was one.

    A model of another control than the label config's is as good as none, and so is one whose
    encoders are not here any more. `learning`: what is learnt, as `describe` has it.
    """
    unserved = _why_unserved(active, label_config, why_lacking) if active.is_trained else ""
    if active.is_trained and not unserved:
        return None
    switched = fields_of(project.history.entry(active.switch)).get("why")
    reason = learning["reason"] or unserved or switched or "no label has been learnt yet"
    by_design = learning["order_alone"]
    if by_design:
        reason = f"tasks are ordered typical and diverse first, not predicted: {by_design}"
    return {
        "reason": str(reason),
        "had_model": next(iter(project.versions()), None) is not None,
        "by_design": bool(by_design),
    }


def _why_unserved(active: ActivePointer, label_config: str | None, why_lacking: WhyLacking) -> str:
    if why := why_unanswered(label_config, name_of(active.recipe), active.signature):
        return f"nothing is predicted by {active.version}: {why}"
    if not (why := why_lacking(active.encoder)):
        return ""
    then = (
        "as the project is pinned, none is trained in its place: run `labelloop unpin`"
        if active.pinned
        else "one beside the encoder in use is trained in its place, which begins by itself"
    )
    return f"{active.version} can't be served: {why}; {then}"

"""Restore the pointer to the version that was served last, if it is missing or damaged."""

from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

from labelloop.bucket.objects import fields_of
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.version import UNTRAINED
from labelloop.errors import Conflict
from labelloop.observability import count, logger


def restore_active(project: Project) -> None:
    """Make the pointer anew from the history and the version's card, if there is no pointer.

    Idempotent. It points to the newest intact version that was served; a pin is restored too. A
    project that never had a version is left as it is, and so is a pointer that came meanwhile.
    """
    after = project.active()
    if after.value != ActivePointer():
        return
    numbers = project.history.numbers()
    last = next(filter(None, (_served_at(project, number) for number in numbers[::-1])), None)
    if last is None:
        return
    with suppress(Conflict):
        project.advance(after, replace(last, switch=numbers[-1]))
        logger().error("pointer restored", extra={"project": project.key, "version": last.version})
        count("PointerRestored")


def _served_at(project: Project, number: int) -> ActivePointer | None:
    """Return the pointer that a switch made, None if its version is damaged."""
    entry = fields_of(project.history.entry(number))
    version, before = str(entry.get("version")), str(entry.get("instead_of", UNTRAINED))
    is_pinned = bool(entry.get("pinned", entry.get("why") == "pinned"))
    if version == UNTRAINED:
        return ActivePointer(switch=number, pinned=is_pinned)
    card, model = project.card(version), project.model(version)
    if card is None or model is None or sha256(model).hexdigest() != card.sha256:
        return None
    earlier = project.card(before) if before != version else None
    replaced = ActivePointer(
        version=earlier.version if earlier else UNTRAINED,
        sha256=earlier.sha256 if earlier else "",
        encoder=card.encoder,
        revision=card.revision,
        switch=number,
        pinned=is_pinned,
    )
    return replaced.replaced_by(card)

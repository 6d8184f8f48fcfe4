"""Serve a version that was refused because labels were changed, once they have stayed for a day.

All labels may be given anew on purpose, and then no label is left to say so. A script that went
wrong is noticed within a day, and put right: that ends the refusal, too. Idempotent.
"""

from dataclasses import replace
from datetime import datetime

from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.version import UNTRAINED
from labelloop.observability import logger
from labelloop.usecases.serving.activate import in_place_of, switch_by_hand, without_model


def settle(project: Project, now: datetime) -> bool:
    """Serve what was held back for long enough; say whether another version is served now."""
    at, after = now.isoformat(timespec="microseconds"), project.active()
    held = after.value
    if not held.has_held(at):
        return False
    refusal = project.evidence.refusal(held.version).value
    if refusal.hold.until > at:  # of a trainer that has not moved the pointer yet, or died
        return False
    refused = refusal.version
    card = project.card(refused)
    if card is None and refused != UNTRAINED:
        # Without its end the sweep would wake a trainer every few minutes, in vain.
        project.advance(after, replace(held, held_until=""))
        logger().error("refused version gone", extra={"project": project.key, "version": refused})
        return False

    def chosen(active: ActivePointer) -> ActivePointer:
        is_same = active.version == held.version and active.has_held(at)
        if not is_same:
            return active
        return in_place_of(active, card) if card else without_model(active)

    return switch_by_hand(project, chosen, "changed labels stayed as they were for a day", now)

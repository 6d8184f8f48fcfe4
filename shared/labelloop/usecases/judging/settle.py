"""Serve a version that was rejected for changed labels, once they stayed changed for a day.

People may redo all labels on purpose, and no other label shows that it was on purpose. A script
that went wrong is noticed and put right within a day, which ends the rejection too. Idempotent.
"""

from dataclasses import replace
from datetime import datetime

from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.version import UNTRAINED
from labelloop.observability import logger
from labelloop.usecases.serving.activate import switch_by_hand


def settle(project: Project, now: datetime) -> bool:
    """Serve a version that was held back for long enough; return whether one was switched to."""
    time, after = now.isoformat(timespec="microseconds"), project.active()
    held = after.value
    if not held.has_held(time):
        return False
    rejection = project.evidence.rejection(held.version).value
    if rejection.hold.until > time:  # of a trainer that has not moved the pointer yet, or died
        return False
    rejected = rejection.version
    card = project.card(rejected)
    if card is None and rejected != UNTRAINED:
        # If it had no end, the sweep would wake a trainer every few minutes for nothing.
        project.advance(after, replace(held, held_until=""))
        logger().error("refused version gone", extra={"project": project.key, "version": rejected})
        return False

    def chosen(active: ActivePointer) -> ActivePointer:
        is_same = active.version == held.version and active.has_held(time)
        if not is_same:
            return active
        return active.replaced_by(card) if card else active.without_model()

    return switch_by_hand(project, chosen, "changed labels stayed as they were for a day", now)

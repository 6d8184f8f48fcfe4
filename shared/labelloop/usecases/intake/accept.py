"""Accept what Label Studio sends: one stored event, one wake-up."""

from dataclasses import dataclass
from uuid import uuid4

from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Event
from labelloop.errors import Unavailable
from labelloop.messages import Reason, WakeUp
from labelloop.ports import Clock, ObjectStore, Queue, utc_now

_BUTTON_DELAY_S = 2  # Label Studio sends START_TRAINING just before the annotation that caused it


@dataclass(frozen=True, kw_only=True)
class AcceptDeps:
    """What accepting needs from outside; and what the deployment chose."""

    store: ObjectStore
    train_queue: Queue
    clock: Clock = utc_now

    quiet_s: int


def accept(event: Event, deps: AcceptDeps) -> str:
    """Store the event, send a wake-up for after the quiet period, return the event's name.

    Raises Unavailable if it could not be stored. A wake-up that can't be sent loses nothing: the
    sweep finds the event.
    """
    name = f"{deps.clock():%Y%m%dT%H%M%S.%fZ}-{uuid4().hex}"
    Project(deps.store, event.project).add_event(name, event)
    pressed = event.action == "START_TRAINING"
    reason: Reason = "start_training" if pressed else "event"
    delay_s = min(_BUTTON_DELAY_S, deps.quiet_s) if pressed else deps.quiet_s
    try:
        deps.train_queue.send(WakeUp(event.project, reason, name), delay_s)
    except Unavailable:
        from labelloop.observability import logger

        logger().warning("wake-up not sent", extra={"project": event.project, "event": name})
    return name


def current_version(project: str, deps: AcceptDeps) -> str:
    """Return the version that predictions of the project carry now."""
    return Project(deps.store, project).active().value.version

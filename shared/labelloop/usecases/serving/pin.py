"""Pin a project to the version it serves, and let it go again."""

from dataclasses import dataclass, replace
from functools import partial

from labelloop.bucket.project import Project
from labelloop.messages import WakeUp
from labelloop.ports import Clock, ObjectStore, Queue, utc_now
from labelloop.usecases.serving.activate import switch_by_hand
from labelloop.usecases.serving.restore_active import restore_active


@dataclass(frozen=True, kw_only=True)
class PinDeps:
    """What pinning needs from outside."""

    store: ObjectStore
    train_queue: Queue
    clock: Clock = utc_now


def pin(key: str, deps: PinDeps, by: str = "") -> bool:
    """Let no training switch the version until it is unpinned; return whether that is new."""
    project = Project(deps.store, key)
    restore_active(project)
    to_pinned = partial(replace, pinned=True)
    return switch_by_hand(project, to_pinned, "pinned", deps.clock(), by)


def unpin(key: str, deps: PinDeps, by: str = "") -> bool:
    """Let trainings switch again, and learn what waited at once; return whether it was pinned.

    The wake-up is sent even if it was not pinned: an earlier try may have ended before it.
    """
    project = Project(deps.store, key)
    restore_active(project)
    to_free = partial(replace, pinned=False)
    free = switch_by_hand(project, to_free, "unpinned", deps.clock(), by)
    deps.train_queue.send(WakeUp(key, "start_training"), 0)
    return free

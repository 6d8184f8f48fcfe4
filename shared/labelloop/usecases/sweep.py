"""Wake the projects that were forgotten: a lost wake-up, a crash between store and queue."""

from dataclasses import dataclass

from labelloop.messages import WakeUp
from labelloop.ports import ObjectStore, Queue
from labelloop.project import Project, projects


@dataclass(frozen=True)
class SweepDeps:
    """What sweeping needs from outside."""

    store: ObjectStore
    queue: Queue


def sweep(deps: SweepDeps) -> int:
    """Send a wake-up for each project with something left to learn; return how many.

    A project whose own wake-up is still on its way gets one more, which finds its work done.
    """
    woken = 0
    for key in projects(deps.store):
        project = Project(deps.store, key)
        if project.has_pending() or project.untrained_dataset():
            deps.queue.send(WakeUp(key, "sweep"), 0)
            woken += 1
    return woken

"""Wake the projects that were forgotten: a lost wake-up, a crash between store and queue."""

from dataclasses import dataclass

from labelloop.errors import LabelloopError
from labelloop.messages import WakeUp
from labelloop.observability import logger
from labelloop.ports import ObjectStore, Queue
from labelloop.project import Project, projects


class SweepFailed(LabelloopError):
    """Some projects could not be swept; the log names them."""


@dataclass(frozen=True)
class SweepDeps:
    """What sweeping needs from outside."""

    store: ObjectStore
    queue: Queue


def sweep(deps: SweepDeps) -> int:
    """Send a wake-up for each project with something left to learn; return how many.

    A project whose own wake-up is still on its way gets one more, which finds its work done. One
    that cannot be read does not keep the others asleep: SweepFailed names it at the end.
    """
    woken, failed = 0, []
    for key in projects(deps.store):
        try:
            woken += _wake(key, deps)
        except Exception:
            logger().exception("project not swept", extra={"project": key})
            failed.append(key)
    if failed:
        raise SweepFailed(f"{len(failed)} project(s) could not be swept")
    return woken


def _wake(key: str, deps: SweepDeps) -> bool:
    project = Project(deps.store, key)
    is_behind = project.has_pending() or project.untrained_dataset() is not None
    if is_behind:
        deps.queue.send(WakeUp(key, "sweep"), 0)
    return is_behind

"""Find what was forgotten: lost wake-ups, a ranking that never ended, events that never came."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from labelloop.archive import Archive
from labelloop.errors import Denied, Gone, LabelloopError
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.observability import count, logger
from labelloop.pool import Pool
from labelloop.ports import LabelStudio, ObjectStore, Queue
from labelloop.project import Project, projects
from labelloop.studio_project import StudioProject
from labelloop.usecases.accept import AcceptDeps, accept
from labelloop.usecases.reconcile import reconcile


class SweepFailed(LabelloopError):
    """Some projects could not be swept; the log names them."""


@dataclass(frozen=True)
class SweepDeps:
    """What sweeping needs from outside. `label_studio` gives None where none is connected."""

    store: ObjectStore
    queue: Queue
    rank_queue: Queue
    label_studio: Callable[[], LabelStudio | None]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    encoder: str = ""


def sweep(deps: SweepDeps) -> int:
    """Send a wake-up for each project with something left to do; return how many.

    A project whose own wake-up is still on its way gets one more, which finds its work done. One
    that cannot be read does not keep the others asleep: SweepFailed names it at the end.
    """
    label_studio = deps.label_studio()
    woken, failed = 0, []
    for key in projects(deps.store):
        try:
            woken += _sweep_one(key, label_studio, deps)
        except Exception:
            logger().exception("project not swept", extra={"project": key})
            failed.append(key)
    if failed:
        raise SweepFailed(f"{len(failed)} project(s) could not be swept")
    return woken


def _sweep_one(key: str, label_studio: LabelStudio | None, deps: SweepDeps) -> bool:
    project = Project(deps.store, key)
    is_there = label_studio is not None and _reconcile(project, label_studio, deps)
    active, now = project.active().value, deps.clock().isoformat(timespec="microseconds")
    is_behind = project.untrained_dataset(deps.encoder) is not None
    has_work = project.has_pending() or is_behind or active.has_held(now)
    if has_work:
        deps.queue.send(WakeUp(key, "sweep"), 0)
    if not is_there:
        return has_work
    ranked, is_trimmed = Pool(deps.store, key).ranked()
    if ranked != active.version:
        deps.rank_queue.send(RankWakeUp(key), 0)
    elif not is_trimmed:
        deps.rank_queue.send(RankWakeUp(key, "trim", ranked), 0)
    return has_work or ranked != active.version or not is_trimmed


def _reconcile(project: Project, label_studio: LabelStudio, deps: SweepDeps) -> bool:
    """Store what Label Studio has and we don't; say whether it may have the project at all.

    A refused token is told, and stops nobody else.
    """
    archive = Archive(deps.store, project.key)
    if not project.has_pending() and not archive.is_due(deps.clock()):
        return False
    accepting = AcceptDeps(deps.store, deps.queue, quiet_s=0, clock=deps.clock)
    try:
        studio = StudioProject(label_studio, project.key)
        archive.take_out()
        for event in reconcile(project, studio, deps.clock()):
            accept(event, accepting)
    except Gone as exc:
        archive.put(str(exc), deps.clock())
        return False
    except LabelloopError as exc:
        denied = isinstance(exc, Denied)
        facts = {"project": project.key, "why": str(exc)}
        logger().error("Label Studio not reconciled", extra=facts)
        count("LabelStudioDenied" if denied else "LabelStudioNotReconciled")
    return True

"""Find forgotten work: lost wake-ups, unfinished rankings, changes that no event reported.

First each project with something left to do is woken, which takes a few reads. Then the projects
whose labels or tasks differ from Label Studio's are surveyed, each for a fair share of the time.
The next sweep begins with a project that this one did not reach.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from labelloop.bucket.objects import fields_of, write_over
from labelloop.bucket.project import Project, projects
from labelloop.domain.intake.events import canonical
from labelloop.errors import Denied, Gone, LabelloopError
from labelloop.labelstudio.project import StudioProject
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.observability import count, gauge_seconds, logger
from labelloop.ports import Clock, LabelStudio, ObjectStore, Queue, utc_now
from labelloop.usecases.intake.survey import SurveyDeps, is_due, survey
from labelloop.usecases.learning.waiting_labels import Waiting, waiting_labels
from labelloop.usecases.prune import is_turn, prune
from labelloop.usecases.prune_features import StackEncoders

# Of the function's 300 s: one slow page of Label Studio's may take most of the rest.
_BUDGET: Final = timedelta(seconds=170)
_CURSOR: Final = "sweep.json"  # beside the projects: where the next sweep begins


class SweepFailed(LabelloopError):
    """Some projects could not be swept; the log names them."""


@dataclass(frozen=True, kw_only=True)
class SweepDeps:
    """What sweeping needs from outside. `label_studio` returns None where none is connected.

    `encoder` and `image_encoder`: the names of those in use, empty if there is none; `chosen`:
    returns the full name of one that a project chose; `fetches`: whether images or texts are
    fetched from hosts or buckets.
    """

    store: ObjectStore
    train_queue: Queue
    rank_queue: Queue
    label_studio: Callable[[], LabelStudio | None]
    clock: Clock = utc_now

    encoder: str
    image_encoder: str = ""
    fetches: bool = False
    chosen: Callable[[str], str] | None = None
    keep_models: int = 50


def sweep(deps: SweepDeps) -> int:
    """Send a wake-up for each project with something left to do; return how many.

    A project whose wake-up is still on its way gets a second one, which finds nothing to do. A
    project that cannot be read is logged and stops no other one; SweepFailed is raised at the end.
    """
    end = deps.clock() + _BUDGET
    label_studio = deps.label_studio()
    keys = _in_turn(deps.store)
    woken, failed, waiting = 0, set(), Waiting()
    for key in keys:
        try:
            is_woken, found = _wake(Project(deps.store, key), label_studio is not None, deps)
            woken, waiting = woken + is_woken, waiting.joined(found)
            if is_turn(key, deps.clock()) and deps.clock() < end:
                stack = StackEncoders(deps.encoder, deps.image_encoder, deps.chosen)
                prune(Project(deps.store, key), deps.keep_models, deps.clock(), stack)
        except Exception:
            logger().exception("project not swept", extra={"project": key})
            failed.add(key)
    if waiting != Waiting():  # a metric is paid for by the hours in which it has values
        count("EventsWaiting", waiting.events)
        gauge_seconds("OldestLabelAge", waiting.age_s)
    if label_studio is not None:
        failed |= _survey_in_turn(keys, label_studio, deps, end)
    if failed:
        raise SweepFailed(f"{len(failed)} project(s) could not be swept")
    return woken


def _in_turn(store: ObjectStore) -> list[str]:
    """Return the keys of all projects, beginning with the one that the last sweep noted."""
    keys = list(projects(store))
    first = fields_of(store.get(_CURSOR)).get("next", "")
    later = [key for key in keys if isinstance(first, str) and key >= first]
    return later + keys[: len(keys) - len(later)]


def _wake(project: Project, has_label_studio: bool, deps: SweepDeps) -> tuple[bool, Waiting]:
    """Wake a project that has something left to do; return whether it has, and what waits."""
    pending, active, now = project.pending(), project.active().value, deps.clock()
    untrained = project.untrained_dataset(
        deps.encoder, deps.image_encoder, chosen=deps.chosen, trusts_unknown=True
    )
    has_work = bool(pending) or untrained is not None
    has_work = has_work or active.has_held(now.isoformat(timespec="microseconds"))
    has_work = has_work or project.snapshots.is_gone()
    if has_work:
        deps.train_queue.send(WakeUp(project.key, "sweep"), 0)
    waiting = waiting_labels(pending, project if untrained else None, now)
    if not has_label_studio:
        return _wake_placing(project, active.version, deps) or has_work, waiting
    if project.archive.state():
        return has_work, waiting
    return _wake_ranking(project, deps) or has_work, waiting


def _wake_placing(project: Project, version: str, deps: SweepDeps) -> bool:
    """Ask for an order of the tasks that were sent here, if there is none to push yet."""
    if not project.pool.sent():
        return False
    is_unplaced = not project.orders.has(version) or _is_unread_due(project, version, deps)
    if is_unplaced:
        deps.rank_queue.send(RankWakeUp(project.key), 0)
    return is_unplaced


def _is_unread_due(project: Project, version: str, deps: SweepDeps) -> bool:
    """Say whether images or texts that could not be read are to be tried again.

    Asked only where any may be fetched: it lists keys, which an idle project would pay for.
    """
    return deps.fetches and project.unread.is_any_due(version, deps.clock().timestamp())


def _wake_ranking(project: Project, deps: SweepDeps) -> bool:
    active = project.active().value
    ranked, is_trimmed = project.pool.ranked()
    is_unranked = ranked != active.version or _is_unread_due(project, ranked, deps)
    if is_unranked:
        deps.rank_queue.send(RankWakeUp(project.key), 0)
    if ranked == active.version and not is_trimmed:
        deps.rank_queue.send(RankWakeUp(project.key, "trim", ranked), 0)
    return is_unranked or not is_trimmed


# -- Label Studio ----------------------------------------------------------------------------


def _survey_in_turn(
    keys: Sequence[str], label_studio: LabelStudio, deps: SweepDeps, end: datetime
) -> set[str]:
    """Survey the projects that are due while there is time; return the keys of those that failed.

    If the last sweep was killed while it read a project, that one comes last: it may end this
    sweep too.
    """
    suspect = str(fields_of(deps.store.get(_CURSOR)).get("reading"))
    failed = _survey_due([key for key in keys if key != suspect], label_studio, deps, end)
    if suspect in keys and deps.clock() < end:
        with _logged(suspect, deps, failed):
            for studio in _due(suspect, label_studio, deps):
                survey(studio, _survey_deps(deps), end)
        _note_cursor({"reading": ""}, deps.store)
    return failed


def _survey_due(
    keys: Sequence[str], label_studio: LabelStudio, deps: SweepDeps, end: datetime
) -> set[str]:
    """Survey the projects that are due. Finding them takes half of the time at most."""
    failed: set[str] = set()
    due: list[StudioProject] = []
    half, checked = end - (end - deps.clock()) / 2, 0
    for key in keys:
        if checked and deps.clock() >= half:
            break
        checked += 1
        with _logged(key, deps, failed):
            due += _due(key, label_studio, deps)
    after = (*keys[checked:], *keys[1:], *keys)[:1]
    for place, studio in enumerate(due):
        now, rest = deps.clock(), due[place:]
        if place and now >= end:
            _begin_next_with(studio.key, deps.store)
            return failed
        # First: if the function is killed during this survey, the next sweep begins after it.
        _begin_next_with(rest[1].key if len(rest) > 1 else after[0], deps.store)
        with _logged(studio.key, deps, failed):
            survey(studio, _survey_deps(deps), now + (end - now) / len(rest))
    for key in after:
        _begin_next_with(key, deps.store)
    return failed


def _due(key: str, label_studio: LabelStudio, deps: SweepDeps) -> list[StudioProject]:
    """Return the project if a survey is due; one that is back from the archive is ranked."""
    project = Project(deps.store, key)
    is_archived = bool(project.archive.state())
    if is_archived and not (project.has_pending() or project.archive.is_due(deps.clock())):
        return []
    studio = StudioProject(label_studio, key)
    if is_archived:
        project.archive.take_out()
        _wake_ranking(project, deps)
    if is_due(studio, _survey_deps(deps), lambda: _note_cursor({"reading": key}, deps.store)):
        return [studio]
    pool, version = project.pool, project.active().value.version
    if pool.ranked()[0] == version and not pool.is_planned(version):
        deps.rank_queue.send(RankWakeUp(key), 0)  # a wake-up was lost
    return []


@contextmanager
def _logged(key: str, deps: SweepDeps, failed: set[str]) -> Iterator[None]:
    """Log the error of one project, so that it stops no other one."""
    try:
        yield
    except Gone as exc:
        Project(deps.store, key).archive.put(str(exc), deps.clock())
    except LabelloopError as exc:
        facts = {"project": key, "why": str(exc)}
        logger().error("Label Studio not reconciled", extra=facts)
        count("LabelStudioDenied" if isinstance(exc, Denied) else "LabelStudioNotReconciled")
    except Exception:
        logger().exception("project not surveyed", extra={"project": key})
        failed.add(key)


def _begin_next_with(key: str, store: ObjectStore) -> None:
    _note_cursor({"next": key, "reading": ""}, store)


def _note_cursor(change: dict[str, str], store: ObjectStore) -> None:
    """Change the cursor: the `next` project, and the one that is being read, if any."""
    stored = store.get(_CURSOR)
    fields = {n: v for n, v in (fields_of(stored) | change).items() if n in ("next", "reading")}
    body = canonical(fields).encode()
    if stored is None or stored.body != body:
        write_over(store, _CURSOR, body)


def _survey_deps(deps: SweepDeps) -> SurveyDeps:
    return SurveyDeps(
        store=deps.store, train_queue=deps.train_queue, rank_queue=deps.rank_queue, clock=deps.clock
    )

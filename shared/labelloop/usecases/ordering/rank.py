"""Rank the pool by the active version: plan the parts, score each, and push the head of the queue.

Before the first model the queue is typical tasks first, without labels. Every step may run twice,
or be cut off anywhere: what it writes stands under the version's own keys or is found done. A step
for a version that is not active any more stops, because the newer version has steps of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from labelloop.bucket.lease import PUSHER, TRIMMER
from labelloop.bucket.pool import Ranked
from labelloop.bucket.project import Project
from labelloop.domain.ordering.candidates import Candidates
from labelloop.errors import Gone, Retryable
from labelloop.labelstudio.payloads import project_key
from labelloop.labelstudio.project import StudioProject
from labelloop.messages import RankWakeUp
from labelloop.observability import logger
from labelloop.ports import LabelStudio, ObjectStore, Queue
from labelloop.recipes.protocol import Tools
from labelloop.usecases.intake.survey import Progress, SurveyDeps, survey
from labelloop.usecases.learning.vectors import Unfinished
from labelloop.usecases.ordering.first_order import known_dataset, make_way, texts_now, texts_of
from labelloop.usecases.ordering.push import Outcome, push
from labelloop.usecases.ordering.score import Scene, blinded, candidates_of, placed
from labelloop.usecases.ordering.trim import Trim
from labelloop.usecases.serving.serve import Versions

_LEASE_S: Final = 90  # twice what a long push takes: whoever is killed keeps others waiting
_NEXT_TRY_S: Final = 2  # of a push: it is what people wait for
_REST_S: Final = 15  # between times of deleting beside people
_SHARDS_IN_A_PART: Final = 10  # of 500 tasks
_TURN: Final = timedelta(seconds=60)  # of a survey: others wait for their order
_SURVEYED: Final = {
    Progress.LEFT_TO_HOLDER: Outcome.LEFT_TO_HOLDER,
    Progress.UNFINISHED: Outcome.UNFINISHED,
    Progress.FINISHED: Outcome.SURVEYED,
}


@dataclass(frozen=True)
class RankDeps:
    """What ranking needs from outside. `label_studio` is None where none is connected."""

    store: ObjectStore
    queue: Queue
    train_queue: Queue  # a survey may bring labels
    versions: Callable[[], Versions]
    tools: Callable[[], Tools]
    label_studio: Callable[[], LabelStudio | None]
    strategy: str
    head: int
    keeps_predictions: bool
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    is_blind: bool = True  # whether the random share comes without a suggestion


def rank(wake_up: RankWakeUp, deps: RankDeps) -> Outcome:
    """Take one step of ranking a project; say what came of it."""
    key = project_key(wake_up.project)
    project = Project(deps.store, key)
    active = project.active().value
    if wake_up.version not in ("", active.version):
        return Outcome.SUPERSEDED
    label_studio = deps.label_studio()
    if label_studio is None:
        return _rank_unconnected(wake_up, project, active.version, deps)
    try:
        studio = StudioProject(label_studio, key)
        project.archive.take_out()
        return _step(wake_up, project, active.version, studio, deps)
    except Gone as exc:
        project.archive.put(str(exc), deps.clock())
        return Outcome.GONE


def _rank_unconnected(
    wake_up: RankWakeUp, project: Project, version: str, deps: RankDeps
) -> Outcome:
    """Make the order of a project whose tasks were sent here; whoever sent them pushes it."""
    dataset = project.dataset(project.dataset_pointer().value)
    if not project.pool.is_listed() or dataset.label_config is None:
        return Outcome.UNCONNECTED
    match wake_up.step:
        case "plan":
            return _plan(project, version, None, deps)
        case "score":
            return _score(project, version, wake_up.part, None, deps)
        case "push":
            _place(project, version, None, deps)
            project.pool.forget_ranks(keep=version)
            return Outcome.PLACED
    return Outcome.UNCONNECTED


def _step(
    wake_up: RankWakeUp, project: Project, version: str, studio: StudioProject, deps: RankDeps
) -> Outcome:
    match wake_up.step:
        case "survey":
            return _survey(project, studio, wake_up.part, deps)
        case "plan" if not project.pool.is_listed():
            return _survey(project, studio, 1, deps)
        case "plan":
            return _plan(project, version, studio, deps)
        case "score":
            return _score(project, version, wake_up.part, studio, deps)
        case "push":
            return _push(wake_up.part, project, version, studio, deps)
        case "trim":
            return _trim(project, version, studio, deps)


def _survey(project: Project, studio: StudioProject, turn: int, deps: RankDeps) -> Outcome:
    """Compare with Label Studio for a while, and go on later. The first turn asks for all of it.

    Once all tasks are seen the project is ranked, by a step of its own.
    """
    now = deps.clock()
    if turn == 0 and project.pool.is_listed():  # else the first one is enough
        project.surveys.ask(now)
    surveying = SurveyDeps(deps.store, deps.train_queue, deps.queue, deps.clock)
    progress = survey(studio, surveying, now + _TURN)
    if progress is Progress.UNFINISHED:
        deps.queue.send(RankWakeUp(studio.key, "survey", part=turn + 1), 0)
    return _SURVEYED[progress]


def _plan(project: Project, version: str, studio: StudioProject | None, deps: RankDeps) -> Outcome:
    """Cut the pool into parts, and ask for those to be scored that are not; else for the push."""
    key, pool, texts = project.key, project.pool, texts_now(version, project, studio)
    alone = project.lease(PUSHER).held(deps.clock().timestamp(), _LEASE_S)
    if not make_way(version, texts, pool, studio, alone):
        deps.queue.send(RankWakeUp(key, "plan", version), _NEXT_TRY_S)
        return Outcome.LEFT_TO_HOLDER
    parts = pool.plan(version, _SHARDS_IN_A_PART)
    missing = sorted(set(range(len(parts))) - pool.scored_parts(version, texts))
    for part in missing:
        deps.queue.send(RankWakeUp(key, "score", version, part), 0)
    if parts and not missing:
        deps.queue.send(RankWakeUp(key, "push", version), 0)
    if not parts:
        project.orders.add(version, [])
        if studio is not None:
            pool.set_ranked(version)
    return Outcome.PLANNED


def _score(
    project: Project, version: str, part: int, studio: StudioProject | None, deps: RankDeps
) -> Outcome:
    """Score one part, once; whoever finds all scored asks for the push of so many."""
    key, pool = project.key, project.pool
    parts, texts = pool.parts(version), texts_now(version, project, studio)
    if part < len(parts) and part not in pool.scored_parts(version, texts):
        scene = _scene(project, version, studio, deps)
        texts = texts_of(version, scene.dataset)
        try:
            worth = candidates_of(parts[part], pool, scene, deps.head, len(parts))
        except Unfinished:  # what was encoded is kept, so this goes on and ends
            deps.queue.send(RankWakeUp(key, "score", version, part), 0)
            return Outcome.UNFINISHED
        pool.add_part(version, part, worth.to_bytes(), texts)
        if texts != texts_now(version, project, studio):  # changed meanwhile
            deps.queue.send(RankWakeUp(key, "plan", version), 0)
    if pool.scored_parts(version, texts).issuperset(range(len(parts))):
        deps.queue.send(RankWakeUp(key, "push", version, len(parts)), 0)
    return Outcome.SCORED


def _scene(project: Project, version: str, studio: StudioProject | None, deps: RankDeps) -> Scene:
    # Looked at now: who is sent back to the queue comes again after half an hour.
    served = deps.versions().of(project.key, 0.0)
    if served.version != version:
        raise Retryable(f"version {version} is not served here yet")
    return Scene(served, known_dataset(project, studio), project, deps.tools())


def _push(
    parts: int, project: Project, version: str, studio: StudioProject, deps: RankDeps
) -> Outcome:
    """Push, unless somebody does: two at once would store all twice.

    Who finds another at work comes again later: that one may be dead, or at an older version. A
    push of so many parts is done once, though each score step that came twice asks for it.
    """
    with project.lease(PUSHER).held(deps.clock().timestamp(), _LEASE_S) as is_mine:
        if is_mine and 0 < parts <= project.pool.pushed_parts(version):
            return Outcome.PUSHED
        if is_mine:
            return _push_alone(project, version, studio, deps)
        deps.queue.send(RankWakeUp(project.key, "push", version, parts), _NEXT_TRY_S)
        return Outcome.LEFT_TO_HOLDER


def _place(
    project: Project, version: str, studio: StudioProject | None, deps: RankDeps
) -> list[Ranked]:
    """Put the candidates of all parts in order, and store it before anybody pushes it."""
    scene = _scene(project, version, studio, deps)
    texts = texts_of(version, scene.dataset)
    parts = [Candidates.from_bytes(body) for body in project.pool.candidates(version, texts)]
    head = placed(parts, scene, deps.strategy, deps.head, project.key) if parts else []
    head = blinded(head, project.key) if deps.is_blind else head
    project.orders.add(version, head)
    return head


def _push_alone(project: Project, version: str, studio: StudioProject, deps: RankDeps) -> Outcome:
    key, pool = project.key, project.pool
    scored = pool.scored_parts(version, texts_now(version, project, studio))
    parts = next(part for part in count() if part not in scored)
    head = _place(project, version, studio, deps)
    outcome = push(project, version, head, studio)
    if outcome is not Outcome.SUPERSEDED:
        leaves = outcome is Outcome.REFUSED or _keeps_predictions(project, deps)
        pool.forget_ranks(keep=version)
        pool.set_ranked(version, trimmed=leaves, parts=parts)  # last: it ends what runs twice
        if not leaves:
            deps.queue.send(RankWakeUp(key, "trim", version), 0)
    facts = {"project": key, "version": version, "tasks": len(head), "outcome": outcome}
    logger().info("ranking pushed", extra=facts)
    return outcome


def _trim(project: Project, version: str, studio: StudioProject, deps: RankDeps) -> Outcome:
    """Remove superseded predictions for a while, and never beside a push; the sweep asks again."""
    pool, pushing = project.pool, project.lease(PUSHER)
    if pool.ranked()[0] != version or _keeps_predictions(project, deps):
        return Outcome.SUPERSEDED

    def may_go_on() -> bool:
        is_newest = project.active().value.version == version
        return is_newest and not pushing.is_held(deps.clock().timestamp())

    # One at a time, rests included: the sweep sends a wake-up, though one may be on its way.
    trimming = project.lease(TRIMMER)
    with trimming.held(deps.clock().timestamp(), _LEASE_S) as is_mine:
        if not is_mine:
            return Outcome.LEFT_TO_HOLDER
        outcome = Trim(project, studio, deps.clock, may_go_on).run(version)
        if outcome is Outcome.TRIMMING:
            trimming.rest(deps.clock().timestamp(), _REST_S)
    if outcome is Outcome.TRIMMED:
        pool.set_ranked(version, trimmed=True, parts=pool.pushed_parts(version))
    elif outcome is Outcome.TRIMMING:
        deps.queue.send(RankWakeUp(project.key, "trim", version), _REST_S)
    return outcome


def _keeps_predictions(project: Project, deps: RankDeps) -> bool:
    deletes = project.options().value.delete_predictions
    return deps.keeps_predictions if deletes is None else not deletes

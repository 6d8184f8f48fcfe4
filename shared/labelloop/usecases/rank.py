"""Rank the pool by the active version: plan the parts, score each, and push the head of the queue.

Every step may run twice, or be cut off anywhere: what it writes stands under the version's own keys
or is found done. A step for a version that is not active any more stops, because the newer version
has steps of its own.
"""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import Final

from labelloop.domain.events import Task
from labelloop.errors import Retryable
from labelloop.labelstudio import project_key, read_tasks
from labelloop.messages import RankWakeUp
from labelloop.observability import logger
from labelloop.pool import Pool, Ranked
from labelloop.ports import LabelStudio, ObjectStore, Queue
from labelloop.project import Project
from labelloop.usecases.predict import Prediction, predict
from labelloop.usecases.push import Outcome, push
from labelloop.usecases.serve import Versions
from labelloop.usecases.trim import trim

_SHARDS_IN_A_PART: Final = 10  # pages of the listing hold 500 tasks
_TASKS_AT_ONCE: Final = 200  # well within the limits of one answer


@dataclass(frozen=True)
class RankDeps:
    """What ranking needs from outside. `label_studio` is None where none is connected."""

    store: ObjectStore
    queue: Queue
    versions: Callable[[], Versions]
    label_studio: Callable[[], LabelStudio | None]
    head: int
    keeps_predictions: bool
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def rank(wake_up: RankWakeUp, deps: RankDeps) -> Outcome:
    """Take one step of ranking a project; say what came of it."""
    key = project_key(wake_up.project)
    label_studio = deps.label_studio()
    if label_studio is None:
        return Outcome.UNCONNECTED
    active = Project(deps.store, key).active().value
    if not active.is_trained:
        return Outcome.NO_MODEL
    if wake_up.version not in ("", active.version):
        return Outcome.SUPERSEDED
    pool = Pool(deps.store, key)
    match wake_up.step:
        case "plan":
            return _plan(key, active.version, pool, label_studio, deps)
        case "score":
            return _score(key, active.version, wake_up.part, pool, deps)
        case "push":
            return _push(key, active.version, pool, label_studio, deps)
        case "trim":
            return _trim(key, active.version, pool, label_studio, deps)


def _plan(key: str, version: str, pool: Pool, label_studio: LabelStudio, deps: RankDeps) -> Outcome:
    """Make sure the pool is known, cut it into parts, and ask for each to be scored."""
    if not pool.is_listed():
        for number, page in enumerate(label_studio.tasks(Project(deps.store, key).label_studio_id)):
            pool.add(f"listed-{number:06d}", read_tasks(page))
        pool.set_listed()
    parts = pool.plan(version, _SHARDS_IN_A_PART)
    for part in range(len(parts)):
        deps.queue.send(RankWakeUp(key, "score", version, part), 0)
    if not parts:
        pool.set_ranked(version)
    return Outcome.PLANNED


def _score(key: str, version: str, part: int, pool: Pool, deps: RankDeps) -> Outcome:
    """Score one part; whoever scores the last one asks for the push."""
    parts = pool.parts(version)
    if part < len(parts):
        project = Project(deps.store, key)
        dataset = project.dataset(project.dataset_pointer().value)
        labelled = {annotation.task for annotation in dataset.live_annotations()}
        done = labelled | dataset.deleted_tasks.keys()
        left = [task for task in pool.read(parts[part]).values() if task.id not in done]
        head = _head(_scored(key, version, left, dataset.label_config or "", deps), deps.head)
        pool.add_part(version, part, head)
    if len(pool.heads(version)) >= len(parts):
        deps.queue.send(RankWakeUp(key, "push", version), 0)
    return Outcome.SCORED


def _scored(
    key: str, version: str, tasks: list[Task], label_config: str, deps: RankDeps
) -> Iterable[Ranked]:
    served = deps.versions().of(key)
    if served.version != version:
        raise Retryable(f"version {version} is not served here yet")
    for batch in batched(tasks, _TASKS_AT_ONCE, strict=False):
        payload = [{"data": task.data} for task in batch]
        predictions = predict(payload, label_config, served)
        yield from map(_ranked, batch, predictions)


def _ranked(task: Task, prediction: Prediction) -> Ranked:
    return Ranked(task.id, prediction.score, prediction.result)


def _head(ranked: Iterable[Ranked], size: int) -> list[Ranked]:
    """Return the lowest scores, ties by task id, tasks without a prediction left out."""
    predicted = (one for one in ranked if one.result)
    return heapq.nsmallest(size, predicted, key=lambda one: (one.score, one.task))


def _push(key: str, version: str, pool: Pool, label_studio: LabelStudio, deps: RankDeps) -> Outcome:
    rows = [one for head in pool.heads(version) for one in head]
    # A task of two shards was scored once in each part; once is enough for Label Studio.
    head = _head({one.task: one for one in rows}.values(), deps.head)
    project = Project(deps.store, key)
    outcome = push(project, version, head, label_studio)
    if outcome is Outcome.SUPERSEDED:
        deps.queue.send(RankWakeUp(key), 0)
    else:
        leaves = outcome is not Outcome.PUSHED or _keeps_predictions(project, deps)
        pool.set_ranked(version, trimmed=leaves)
        pool.forget_ranks(keep=version)
        if not leaves:
            deps.queue.send(RankWakeUp(key, "trim", version), 0)
    facts = {"project": key, "version": version, "tasks": len(head), "outcome": outcome}
    logger().info("ranking pushed", extra=facts)
    return outcome


def _trim(key: str, version: str, pool: Pool, label_studio: LabelStudio, deps: RankDeps) -> Outcome:
    """Go on with the removal of superseded predictions; what is left is the sweep's to ask for."""
    project = Project(deps.store, key)
    if pool.ranked()[0] != version or _keeps_predictions(project, deps):
        return Outcome.SUPERSEDED
    outcome = trim(project, version, label_studio, deps.clock)
    if outcome is Outcome.TRIMMED:
        pool.set_ranked(version, trimmed=True)
    return outcome


def _keeps_predictions(project: Project, deps: RankDeps) -> bool:
    deletes = project.options().value.delete_predictions
    return deps.keeps_predictions if deletes is None else not deletes

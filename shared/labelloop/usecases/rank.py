"""Rank the pool by the active version: plan the parts, score each, and push the head of the queue.

Every step may run twice, or be cut off anywhere: what it writes stands under the version's own keys
or is found done. A step for a version that is not active any more stops, because the newer version
has steps of its own.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import Final

import numpy as np

from labelloop.errors import Retryable
from labelloop.kept_features import KeptFeatures
from labelloop.labelstudio import project_key, read_tasks
from labelloop.messages import RankWakeUp
from labelloop.observability import logger
from labelloop.pool import Pool, Ranked
from labelloop.ports import LabelStudio, ObjectStore, Queue
from labelloop.project import Project
from labelloop.usecases.featurise import Featuriser
from labelloop.usecases.look import Unfinished, left_of, look_at_shards
from labelloop.usecases.predict import Prediction, question
from labelloop.usecases.push import Outcome, push
from labelloop.usecases.serve import Versions
from labelloop.usecases.trim import trim

_SHARDS_IN_A_PART: Final = 10  # pages of the listing hold 500 tasks
_TASKS_AT_ONCE: Final = 500


@dataclass(frozen=True)
class RankDeps:
    """What ranking needs from outside. `label_studio` is None where none is connected."""

    store: ObjectStore
    queue: Queue
    versions: Callable[[], Versions]
    featuriser: Callable[[], Featuriser]
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
        try:
            head = _head(_scored(key, version, parts[part], pool, deps), deps.head)
        except Unfinished:  # what was encoded is kept, so this goes on and ends
            deps.queue.send(RankWakeUp(key, "score", version, part), 0)
            return Outcome.UNFINISHED
        pool.add_part(version, part, head)
    if len(pool.heads(version)) >= len(parts):
        deps.queue.send(RankWakeUp(key, "push", version), 0)
    return Outcome.SCORED


def _scored(
    key: str, version: str, shards: list[str], pool: Pool, deps: RankDeps
) -> Iterator[Ranked]:
    """Yield the tasks of some shards that may still be labelled, with what is predicted of them."""
    served = deps.versions().of(key)
    if served.version != version:
        raise Retryable(f"version {version} is not served here yet")
    project = Project(deps.store, key)
    dataset = project.dataset(project.dataset_pointer().value)
    asked = question(dataset.label_config or "", served)
    if asked is None or served.head is None:
        return
    labelled = {annotation.task for annotation in dataset.live_annotations()}
    done = np.fromiter(labelled | dataset.deleted_tasks.keys(), np.int64)
    featuriser = deps.featuriser()
    kept = KeptFeatures(deps.store, key, featuriser.encoder)
    tasks, features = left_of(look_at_shards(shards, pool, asked.control, kept, featuriser), done)
    for rows in batched(range(len(tasks)), _TASKS_AT_ONCE, strict=False):
        probabilities = served.head.predict_proba(features.take(rows))
        predicted = asked.predictions(probabilities, served.score)
        yield from map(_ranked, tasks[list(rows)].tolist(), predicted)


def _ranked(task: int, prediction: Prediction) -> Ranked:
    return Ranked(task, prediction.score, prediction.result)


def _head(ranked: Iterable[Ranked], size: int) -> list[Ranked]:
    """Return the lowest scores, ties by task id."""
    return heapq.nsmallest(size, ranked, key=lambda one: (one.score, one.task))


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

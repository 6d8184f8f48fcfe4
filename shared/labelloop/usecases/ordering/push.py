"""Push a ranking to Label Studio, so that its next task is the one most worth labelling.

The order of the steps keeps the project served: predictions first, then the switch of
`project.model_version`; older versions are deleted later (`trim`). A push that is killed leaves the
project on a version with predictions; the next one goes on where it stopped.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import batched
from typing import Any, Final

from labelloop.bucket.pool import Ranked
from labelloop.domain.version import is_older
from labelloop.errors import Denied, NotFound, Rejected
from labelloop.labelstudio.project import StudioProject
from labelloop.observability import count, logger
from labelloop.ports import ProjectState
from labelloop.usecases.serving.showable import Door

# After each request Label Studio counts the predictions of all tasks of the project, 5 s at 10,000
# tasks: few large requests, each well within the time limit of a request.
PREDICTIONS_AT_ONCE: Final = 5_000
# One by one, some 20 ms each. A new version, with a new queue, comes before as many are labelled.
_MOST_ALONE: Final = 200
_AHEAD: Final = 1e-7  # less than a place in the longest queue: 100,000 tasks of `QueueLength`
_ORDERED, _DEFAULT_ORDER = "Uncertainty sampling", "Sequential sampling"


class RankOutcome(StrEnum):
    """What a step of ranking led to."""

    GONE = "Label Studio has no such project any more"
    UNCONNECTED = "no Label Studio is named, or no token stored"
    SUPERSEDED = "a newer version is active"
    LEFT_TO_HOLDER = "left to the worker that holds the lease"
    SURVEYED = "all tasks compared with Label Studio's"
    PLANNED = "parts planned"
    SCORED = "part scored"
    RECIPE_FAILED = "the recipe fails, the order stays"
    UNFINISHED = "encoded in part, to be continued"
    PLACED = "placed in order, to be pushed from outside"
    NOTHING_LEFT = "no task left to rank"
    REFUSED = "Label Studio took none of the predictions"
    PUSHED = "pushed"
    TRIMMED = "superseded predictions deleted"
    TRIMMING = "superseded predictions left to delete"
    WAITING = "superseded predictions left until labelling pauses"


def push(
    project: ProjectState,
    version: str,
    queue: Sequence[Ranked],
    studio: StudioProject,
    at_once: int = PREDICTIONS_AT_ONCE,
) -> RankOutcome:
    """Make Label Studio serve the queue in the order of its scores."""
    if not queue:
        return RankOutcome.NOTHING_LEFT
    settings = studio.settings()
    queue = _showable(version, queue, settings.get("label_config") or "")
    if not _complete(version, queue, studio, at_once):
        return RankOutcome.REFUSED
    active, shown = project.active_version(), settings.get("model_version") or ""
    # Where trainings are faster than pushes, each push is overtaken: a newer order beats none.
    is_progress = is_older(version, active) and not is_older(version, shown)
    if active != version and not is_progress:
        return RankOutcome.SUPERSEDED
    if shown != version:
        studio.change(model_version=version)
    _order_by_score_once(project, settings, studio)
    # A newer version may have been pushed between the check and the switch.
    is_active = project.active_version() == version
    return RankOutcome.PUSHED if is_active else RankOutcome.SUPERSEDED


def _showable(version: str, queue: Sequence[Ranked], label_config: str) -> list[Ranked]:
    """Return the queue without results that would be shown wrongly, or cost tasks their place."""
    door = Door(label_config, version, is_pushed=all(one.is_pushable for one in queue))
    results = door.showable([one.result for one in queue], [None] * len(queue))
    return [replace(one, result=result) for one, result in zip(queue, results, strict=True)]


def _complete(version: str, queue: Sequence[Ranked], studio: StudioProject, at_once: int) -> int:
    """Add the predictions that a version lacks of a queue; return how many tasks have one.

    A killed push, later tasks or predictions that somebody deleted leave gaps. The version's
    predictions are not deleted to begin anew: they may be shown, or another push may be running.
    What two pushes stored twice is deleted once.
    """
    # Listing all predictions takes a second a thousand: only if there are any.
    count_before = studio.prediction_counts().get(version, 0)
    stored = _predictions_of(version, studio) if count_before else {}
    # A place ahead of the task that had it in the order before.
    lead = _AHEAD if stored else 0.0
    missing = [replace(o, score=o.score - lead) for o in queue if o.task not in stored]
    try:
        _add(version, missing, studio, at_once)
    except (Denied, NotFound):
        raise
    except Rejected:  # one deleted task that no event reported makes it refuse a whole batch
        tasks = studio.tasks()
        queue = [one for one in queue if one.task in tasks]
        tasks -= _predictions_of(version, studio).keys()
        _add(version, [one for one in missing if one.task in tasks], studio, at_once)
    taken = studio.prediction_counts().get(version, 0)
    if taken > len(stored.keys() | {one.task for one in queue}):
        taken = _drop_repeats(version, studio)
    if taken < len(queue):
        facts = {"project": studio.key, "version": version, "sent": len(queue), "taken": taken}
        logger().error("predictions refused", extra=facts)
        count("PredictionsRefused")
    return taken


def _drop_repeats(version: str, studio: StudioProject) -> int:
    """Delete all but the first of a task's predictions; return how many tasks have one."""
    stored = _predictions_of(version, studio)
    for repeat in (row for rows in stored.values() for row in sorted(rows)[1:]):
        studio.delete_prediction(repeat)
    return len(stored)


def _predictions_of(version: str, studio: StudioProject) -> dict[int, list[int]]:
    """Return the ids of a version's predictions by task."""
    by_task: dict[int, list[int]] = defaultdict(list)
    for prediction in studio.predictions():
        if prediction["model_version"] == version:
            by_task[prediction["task"]].append(prediction["id"])
    return by_task


def _add(version: str, queue: Sequence[Ranked], studio: StudioProject, at_once: int) -> None:
    """Store predictions. Label Studio silently leaves out those that it can't use.

    What its import is known to refuse goes one by one for the first of the queue, and without a
    result for the others: they have their place all the same.
    """
    alone = [one for one in queue if one.result and not one.is_pushable][:_MOST_ALONE]
    tasks = {one.task for one in alone}
    others = [_importable(one) for one in queue if one.task not in tasks]
    for one in alone:
        studio.add_prediction(_prediction(one, version))
    for batch in batched(others, at_once, strict=False):
        studio.add_predictions([_prediction(one, version) for one in batch])


def _importable(task: Ranked) -> Ranked:
    return task if task.is_pushable else replace(task, result=[])


def _prediction(task: Ranked, version: str) -> dict[str, Any]:
    return {"task": task.task, "result": task.result, "score": task.score, "model_version": version}


def _order_by_score_once(
    project: ProjectState, settings: dict[str, Any], studio: StudioProject
) -> None:
    """Switch the order on at the first push only: people may switch it off again."""
    if project.is_ordered():
        return
    if settings.get("sampling") == _DEFAULT_ORDER:
        studio.change(sampling=_ORDERED)
    project.set_ordered()

"""Push a ranking to Label Studio, so that its next task is the one most worth labelling.

The order of the steps is what keeps the project served: predictions first, then the switch of
`project.model_version`; older versions go later (`trim`). Killed anywhere, the project stands on
a version with predictions; run again, it goes on where it stopped.
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

# After each request Label Studio counts the predictions of all tasks of the project, 5 s at 10,000
# tasks: few large requests, each well within the time it has to answer.
_PREDICTIONS_AT_ONCE: Final = 5_000
_AHEAD: Final = 1e-7  # less than a place in the longest queue: 100,000 tasks of `QueueLength`
_ORDERED, _DEFAULT_ORDER = "Uncertainty sampling", "Sequential sampling"


class RankOutcome(StrEnum):
    """What a step of ranking led to."""

    GONE = "Label Studio has the project no more"
    UNCONNECTED = "no Label Studio is named, or no token stored"
    SUPERSEDED = "a newer version is active"
    LEFT_TO_HOLDER = "to be done by or after who is at it"
    SURVEYED = "all tasks compared with Label Studio's"
    PLANNED = "parts planned"
    SCORED = "part scored"
    UNFINISHED = "part encoded so far, to be gone on with"
    PLACED = "placed in order, to be pushed by who sent the tasks"
    NOTHING_LEFT = "no task left to rank"
    REFUSED = "Label Studio took none of the predictions"
    PUSHED = "pushed"
    TRIMMED = "superseded predictions deleted"
    TRIMMING = "superseded predictions left to delete"
    WAITING = "superseded predictions left until nobody labels"


def push(
    project: ProjectState,
    version: str,
    queue: Sequence[Ranked],
    studio: StudioProject,
) -> RankOutcome:
    """Make Label Studio serve the queue of the queue in the order of its scores."""
    if not queue:
        return RankOutcome.NOTHING_LEFT
    known = studio.settings()
    if not _complete(version, queue, studio):
        return RankOutcome.REFUSED
    active, shown = project.active_version(), known.get("model_version") or ""
    # With trainings faster than pushes each push is overtaken: a newer order is better than none.
    is_progress = is_older(version, active) and not is_older(version, shown)
    if active != version and not is_progress:
        return RankOutcome.SUPERSEDED
    if shown != version:
        studio.change(model_version=version)
    _order_by_score_once(project, known, studio)
    # Somebody may have pushed a newer version between our last look and our switch.
    is_active = project.active_version() == version
    return RankOutcome.PUSHED if is_active else RankOutcome.SUPERSEDED


def _complete(version: str, queue: Sequence[Ranked], studio: StudioProject) -> int:
    """Add what a version lacks of a queue; return how many of it stand there.

    A killed push, tasks that came later or somebody's deleting leave gaps. Nothing of the version
    is deleted to begin anew: it may be shown, or another push be at work on it. What two of them
    stored twice loses its repeats.
    """
    # Listing all predictions takes a second a thousand: only where there is something to find.
    known = studio.prediction_counts().get(version, 0)
    standing = _standing(version, studio) if known else {}
    # A place ahead of the task that had it in the order before.
    lead = _AHEAD if standing else 0.0
    missing = [replace(o, score=o.score - lead) for o in queue if o.task not in standing]
    try:
        _add(version, missing, studio)
    except (Denied, NotFound):
        raise
    except Rejected:  # one deleted task, of which no event told, makes it refuse a whole batch
        there = studio.tasks()
        queue = [one for one in queue if one.task in there]
        there -= _standing(version, studio).keys()
        _add(version, [one for one in missing if one.task in there], studio)
    taken = studio.prediction_counts().get(version, 0)
    if taken > len(standing.keys() | {one.task for one in queue}):
        taken = _drop_repeats(version, studio)
    if taken < len(queue):
        facts = {"project": studio.key, "version": version, "sent": len(queue), "taken": taken}
        logger().error("predictions refused", extra=facts)
        count("PredictionsRefused")
    return taken


def _drop_repeats(version: str, studio: StudioProject) -> int:
    """Delete all but the first of a task's predictions; return how many tasks have one."""
    standing = _standing(version, studio)
    for repeat in (row for rows in standing.values() for row in sorted(rows)[1:]):
        studio.delete_prediction(repeat)
    return len(standing)


def _standing(version: str, studio: StudioProject) -> dict[int, list[int]]:
    """Return a version's predictions by task."""
    standing: dict[int, list[int]] = defaultdict(list)
    for one in studio.predictions():
        if one["model_version"] == version:
            standing[one["task"]].append(one["id"])
    return standing


def _add(version: str, queue: Sequence[Ranked], studio: StudioProject) -> None:
    """Store predictions. Label Studio leaves out what it can't use without a word."""
    for batch in batched(queue, _PREDICTIONS_AT_ONCE, strict=False):
        studio.add_predictions([_prediction(one, version) for one in batch])


def _prediction(one: Ranked, version: str) -> dict[str, Any]:
    return {"task": one.task, "result": one.result, "score": one.score, "model_version": version}


def _order_by_score_once(
    project: ProjectState, known: dict[str, Any], studio: StudioProject
) -> None:
    """Switch the order on at the first push; whoever switches it off later is left alone."""
    if project.is_ordered():
        return
    if known.get("sampling") == _DEFAULT_ORDER:
        studio.change(sampling=_ORDERED)
    project.set_ordered()

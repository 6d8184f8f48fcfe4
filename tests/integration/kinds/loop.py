"""Steps of the loop that the tests of all kinds take: a label by the webhook, a whole ranking."""

from typing import Any, cast

from labelloop.labelstudio.payloads import read_event
from labelloop.messages import RankWakeUp
from labelloop.usecases.intake.accept import AcceptDeps, accept
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.rank import rank
from labelloop.usecases.ordering.ranking import RankDeps
from tests.fakes import Clock, MemoryLabelStudio, MemoryQueue


def annotate(
    studio: MemoryLabelStudio,
    id_: int,
    task: dict[str, Any],
    result: list[dict[str, Any]],
    deps: AcceptDeps,
    clock: Clock,
    by: int = 1,
) -> None:
    """Have somebody label a task a second later; the webhook tells of it."""
    clock.sleep(1)
    at = clock.now.isoformat().replace("+00:00", "Z")
    annotation = {
        "id": 10_000 * by + task["id"],
        "task": task["id"],
        "created_at": at,
        "updated_at": at,
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        "completed_by": by,
    }
    body = {"action": "ANNOTATION_CREATED", "project": studio.project(id_), "task": task}
    accept(read_event(body | {"annotation": annotation}, clock.now), deps)


def ranked(wake_up: RankWakeUp, deps: RankDeps, clock: Clock) -> list[RankOutcome]:
    """Take a step of ranking, and all that it asks for."""
    queue = cast(MemoryQueue, deps.rank_queue)
    queue.send(wake_up, 0)
    outcomes = []
    while queue.sent:
        one, delay = queue.sent.pop(0)
        clock.sleep(delay)
        outcomes.append(rank(one, deps))
    return outcomes

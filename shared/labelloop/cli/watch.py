"""Order the tasks of a Label Studio that AWS can't reach: predict there, push from here."""

import heapq
import time
from collections.abc import Callable, Iterator
from itertools import batched
from typing import Any

from labelloop.cli.connect import ORDERED
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.errors import Retryable
from labelloop.labelstudio import UNTRAINED
from labelloop.usecases.trim import rows_of

_PREDICTED_AT_ONCE, _PUSHED_AT_ONCE = 250, 5_000  # as many as take some 10 s


def watch(session: Session, head: int, every_s: float, report: Report, rounds: int = 0) -> None:
    """Push each new version's order, until Ctrl-C; `rounds` ends it sooner, for tests."""
    done = 0
    while True:
        try:
            version, pushed = push_order(session, head)
            if pushed:
                report.step("order", "done", f"{version}: {pushed:,} tasks")
        except Retryable as exc:
            report.errors.print(f"{exc}; trying again", markup=False)
        done += 1
        if done == rounds:
            return
        time.sleep(every_s)


def push_order(session: Session, head: int) -> tuple[str, int]:
    """Push the head of the active version's queue unless that is what is shown; say how many.

    Predictions first, then the switch, then the removal of what was ours and shown before: ended
    anywhere, the project stands on a version with predictions.
    """
    api, id_ = session.studio.api, session.project_id
    version = session.backend.get("/status", project=session.key)["version"]
    project = session.project
    before = project.get("model_version")
    if version in (UNTRAINED, before):
        return version, 0
    ranked = heapq.nsmallest(head, _predictions(session, version, project), key=_place)
    if not ranked:
        return version, 0
    if api.prediction_counts(id_).get(version):
        api.delete_predictions(id_, version)  # what an interrupted push left
    taken = sum(
        api.add_predictions(id_, list(some))
        for some in batched(ranked, _PUSHED_AT_ONCE, strict=False)
    )
    if not taken:
        return version, 0
    api.change_project(id_, model_version=version, sampling=ORDERED)
    if before and _is_ours(session)(before):
        for row in rows_of([before], api.predictions(id_)):
            api.delete_prediction(row)
    return version, taken


def _is_ours(session: Session) -> Callable[[str], bool]:
    known = session.backend.get("/versions", project=session.key)["versions"]
    return lambda version: version in known


def _predictions(
    session: Session, version: str, project: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield a prediction for each unlabelled task; none of a version that became active since."""
    api, id_ = session.studio.api, session.project_id
    body = {"project": session.key, "label_config": project["label_config"]}
    labelled = {task["id"] for batch in api.export(id_) for task in batch}
    for page in api.tasks(id_):
        left = [task for task in page if task["id"] not in labelled]
        for tasks in batched(left, _PREDICTED_AT_ONCE, strict=False):
            rows = [{"id": task["id"], "data": task["data"]} for task in tasks]
            results = session.backend.post("/predict", **body, tasks=rows)["results"]
            for task, one in zip(tasks, results, strict=True):
                if one["model_version"] == version:
                    yield {"task": task["id"], **one}


def _place(prediction: dict[str, Any]) -> tuple[float, int]:
    return prediction["score"], prediction["task"]

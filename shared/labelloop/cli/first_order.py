"""Request a project's ranking, and wait up to a minute until Label Studio serves the order."""

import time
from typing import Any, Final

from labelloop.cli.address import bare
from labelloop.cli.learnable import why_unlearnable
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.domain.version import UNTRAINED

LOOKS_S: Final = (1.0,) * 60  # pauses before each further look
_LATER: Final = (
    "being made: encoding a few thousand texts takes a minute; "
    "`labelloop doctor` says when it is ready"
)


def rank_first(session: Session, report: Report, *, is_asked: bool) -> None:
    """Request a ranking, unless its order is served already; then wait for the order.

    `is_asked`: a training was requested, which ends in a ranking.
    """
    project = session.project
    if served := served_order(session, project):
        return report.step("ranking", "unchanged", served)
    if project.get("finished_task_number", 0) >= project["task_number"]:
        return report.step(
            "ranking", "unchanged", "no task is left to label; new tasks will be ranked"
        )
    if why_unlearnable(project["label_config"]):
        return report.step("ranking", "skipped", "nothing of this label config can be ordered")
    if not is_asked:
        session.backend.post("/rank", project=session.key)
    if not _is_pushed_to(session):
        return report.step("ranking", "skipped", "`labelloop rank --watch` pushes the order")
    with report.working("ranking the tasks"):
        for pause in LOOKS_S:
            time.sleep(pause)
            if served := served_order(session, session.project):
                return report.step("ranking", "done", f"ready: {served}")
    return report.step("ranking", "done", _LATER)


def served_order(session: Session, project: dict[str, Any]) -> str:
    """Return in words which order Label Studio serves; empty if not the active version's."""
    version = session.backend.get("/status", project=session.key)["version"]
    count = session.studio.api.prediction_counts(session.project_id).get(version, 0)
    if project.get("model_version") != version or not count:
        return ""
    how = (
        "typical ones first, as there is no model yet" if version == UNTRAINED else f"by {version}"
    )
    return f"{count:,} tasks, {how}; their scores are places in the queue, not confidence"


def _is_pushed_to(session: Session) -> bool:
    target = session.backend.get("/label-studio")
    return bool(target["token"]) and bare(target["url"]) == bare(session.studio.url)

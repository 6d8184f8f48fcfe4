"""Have a project's dataset made good, and say what was found."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from labelloop.cli.backfill import fitting
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.labelstudio.project import StudioProject

_ALL_ABOVE: Final = 2**63
_SECOND: Final = timedelta(seconds=1)
_TOLD: Final = ("label_config", "control_weights", "maximum_annotations", "skip_queue")
_LOOKS: Final = 12
_BETWEEN_S: Final = 5.0


def repair(session: Session, report: Report) -> None:
    """Check what is stored, mend it, compare it with Label Studio, and rank again."""
    found = session.backend.post("/repair", project=session.key)
    report.data |= found
    if not found["damaged"]:
        told = f"snapshot {found['seq']} with {found['annotations']:,} annotations is undamaged"
        report.step("dataset", "done", told)
    else:
        report.step("dataset", "warning", found["damaged"])
        _wait_until_mended(session, report)
    reached = session.backend.get("/label-studio")
    if reached["url"] and reached["token"]:
        follows = "the next sweeps compare all tasks and labels; then the tasks are ranked"
        report.step("Label Studio", "done", follows)
    else:
        _compare_from_here(session, report)


def _compare_from_here(session: Session, report: Report) -> None:
    """Compare what AWS can't: send all tasks with their labels, and have what differs learnt."""
    report.data["differed"] = 0
    with report.errors.status("comparing labels") as shown:
        for body in _pages(session):
            answer = session.backend.post("/compare", project=session.key, **body)
            report.data["differed"] += answer["differed"]
            shown.update(f"comparing labels: {report.data['differed']:,} differed")
    session.backend.post("/train", project=session.key)
    told = f"all is compared; what differed is learnt: {report.data['differed']:,} tasks and labels"
    report.step("Label Studio", "done", told)


def _pages(session: Session) -> Iterator[dict[str, Any]]:
    """Yield requests that together cover all ids, each with all that Label Studio has of its own.

    The last part of a page covers up to its end, be it without any task.
    """
    studio, after = StudioProject(session.studio.api, session.key), 0
    while after < _ALL_ABOVE:
        asked_at = datetime.now(UTC)
        page = studio.survey(after)
        end = _ALL_ABOVE if page.upto is None else page.upto
        as_of = int(((page.as_of or asked_at) - _SECOND).timestamp())
        settings = {name: page.settings.get(name) for name in _TOLD}
        parts = list(fitting(page.tasks)) or [[]]
        for place, rows in enumerate(parts):
            upto = end if place == len(parts) - 1 else rows[-1]["id"]
            ids = {"after": after, "upto": upto}
            yield ids | {"tasks": rows, "as_of": as_of, "settings": settings}
            after = upto


def _wait_until_mended(session: Session, report: Report) -> None:
    for _ in range(_LOOKS):
        status = session.backend.get("/status", project=session.key)
        if not status["damaged"] and status["repair"]:
            told = report.data["repair"] = status["repair"]
            lost = (
                "labels may be missing until all is compared"
                if told["lost"]
                else "no label is lost"
            )
            where = (
                f"from snapshot {told['restored']}" if told["restored"] else "without a snapshot"
            )
            report.step("dataset", "done", f"goes on {where}; {lost}")
            return
        time.sleep(_BETWEEN_S)
    report.step("dataset", "skipped", "is being mended; `labelloop doctor` says when it is done")

"""Repair a project's dataset, and compare it with Label Studio."""

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
_SETTINGS: Final = ("label_config", "control_weights", "maximum_annotations", "skip_queue")
_LOOKS: Final = 12
_BETWEEN_S: Final = 5.0


def repair(session: Session, report: Report) -> None:
    """Check the stored dataset, mend it, compare it with Label Studio, and rank again."""
    state = session.backend.post("/repair", project=session.key)
    report.data |= state
    if not state["damaged"]:
        detail = f"snapshot {state['seq']} with {state['annotations']:,} annotations is undamaged"
        report.step("dataset", "done", detail)
    else:
        report.step("dataset", "warning", state["damaged"])
        _wait_until_mended(session, report)
    target = session.backend.get("/label-studio")
    if target["url"] and target["token"]:
        detail = "the next sweeps compare all tasks and labels; then the tasks are ranked"
        report.step("Label Studio", "done", detail)
    else:
        _compare_from_here(session, report)


def _compare_from_here(session: Session, report: Report) -> None:
    """Send all tasks with their labels, if AWS can't reach Label Studio; then start a training."""
    report.data["differed"] = 0
    with report.working("comparing labels") as shown:
        for body in _pages(session):
            answer = session.backend.post("/compare", project=session.key, **body)
            report.data["differed"] += answer["differed"]
            shown.update(f"comparing labels: {report.data['differed']:,} differed")
    session.backend.post("/train", project=session.key)
    count = f"{report.data['differed']:,} tasks and labels"
    report.step("Label Studio", "done", f"all is compared; what differed is learnt: {count}")


def _pages(session: Session) -> Iterator[dict[str, Any]]:
    """Yield requests that together cover all ids, each with all tasks of its range of ids.

    A page may need several requests. The last of them covers the page's ids up to its end, even if
    there are no tasks.
    """
    studio, after = StudioProject(session.studio.api, session.key), 0
    while after < _ALL_ABOVE:
        requested_at = datetime.now(UTC)
        page = studio.survey(after)
        end = _ALL_ABOVE if page.upto is None else page.upto
        as_of = int(((page.as_of or requested_at) - _SECOND).timestamp())
        settings = {name: page.settings.get(name) for name in _SETTINGS}
        parts = list(fitting(page.tasks, session.backend.most_bytes)) or [[]]
        for place, rows in enumerate(parts):
            upto = end if place == len(parts) - 1 else rows[-1]["id"]
            ids = {"after": after, "upto": upto}
            yield ids | {"tasks": rows, "as_of": as_of, "settings": settings}
            after = upto


def _wait_until_mended(session: Session, report: Report) -> None:
    for _ in range(_LOOKS):
        status = session.backend.get("/status", project=session.key)
        if not status["damaged"] and status["repair"]:
            repair = report.data["repair"] = status["repair"]
            lost = (
                "labels may be missing until all is compared"
                if repair["lost"]
                else "no label is lost"
            )
            start = (
                f"from snapshot {repair['restored']}"
                if repair["restored"]
                else "without a snapshot"
            )
            report.step("dataset", "done", f"goes on {start}; {lost}")
            return
        time.sleep(_BETWEEN_S)
    report.step("dataset", "skipped", "is being mended; `labelloop doctor` says when it is done")

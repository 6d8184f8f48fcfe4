"""What is under way in a project, followed until it ends."""

import time
from datetime import datetime
from typing import Any

from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.domain.serving.in_words import work_of
from labelloop.errors import Retryable


def watch(session: Session, report: Report, every_s: float, rounds: int) -> None:
    """Show what is under way until Ctrl-C, or for a number of rounds; 0 rounds: no limit.

    Each change is a line; at a terminal the newest state stands in a line that is overwritten.
    """
    done, before, report.is_stream = 0, "", True
    with report.errors.status("looking") as shown:
        while True:
            line, status = _look(session)
            shown.update(line)
            if line != before:
                report.say(f"{datetime.now():%H:%M:%S}  {line}")
                report.event(status)
            done, before = done + 1, line
            if done == rounds:
                return
            time.sleep(every_s)


def _look(session: Session) -> tuple[str, dict[str, Any]]:
    """Return the state in a line, and as JSON."""
    try:
        status = session.backend.get("/status", project=session.key)
    except Retryable as exc:
        return f"{exc}; trying again", {"error": str(exc)}
    waiting = status["pending_events"]
    events = "event waits" if waiting == 1 else "events wait"
    idle = f"{waiting} {events} to be learnt" if waiting else f"{status['version']} is served"
    return "; ".join(work_of(status.get("progress", ()))) or idle, status

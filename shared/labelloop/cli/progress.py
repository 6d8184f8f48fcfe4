"""What is under way in a project, in words, and followed until it ends."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.errors import Retryable

_SILENT: Final = timedelta(minutes=1)  # so long without a sign of work is worth saying

type Rows = Sequence[Mapping[str, Any]]


def in_words(rows: Rows, now: datetime) -> str:
    """Return what is under way: `training: features 40%`; empty if nothing is."""
    return "; ".join(_of(row, now) for row in rows)


def _of(row: Mapping[str, Any], now: datetime) -> str:
    percent = "" if row["percent"] is None else f" {row['percent']}%"
    silent = now - datetime.fromisoformat(row["noted_at"])
    minutes = int(silent.total_seconds() // 60)
    silence = f" (no sign of work for {minutes} min)" if silent >= _SILENT else ""
    return f"{row['work']}: {row['stage']}{percent}{silence}"


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
    return in_words(status.get("progress", ()), datetime.now(UTC)) or idle, status

"""Order the tasks of a Label Studio that AWS can't reach, from this machine.

The tasks are sent to Labelloop, which ranks them like any others. The order is fetched, and pushed
by the same use case as in AWS. It can be stopped and started again at any time.
"""

import time
from datetime import UTC, datetime
from typing import Any, Final

from labelloop.cli.backfill import backfill, counts_of, is_complete
from labelloop.cli.feed import send_tasks
from labelloop.cli.remote_project import RemoteProject
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.errors import Retryable
from labelloop.labelstudio.project import StudioProject
from labelloop.usecases.ordering.push import RankOutcome, push
from labelloop.usecases.ordering.trim import Trim

_SETTLED: Final = (RankOutcome.PUSHED, RankOutcome.NOTHING_LEFT, RankOutcome.REFUSED)


def watch(session: Session, queue_length: int, every_s: float, report: Report, rounds: int) -> None:
    """Push each new order until Ctrl-C, or for a number of rounds; 0 rounds: no limit."""
    watcher, done = Watcher(session, queue_length, report), 0
    while True:
        try:
            watcher.look()
        except Retryable as exc:
            report.errors.print(f"{exc}; trying again", markup=False)
        done += 1
        if done == rounds:
            return
        time.sleep(every_s)


class Watcher:
    """Pushes orders, and remembers what was done, so that each look does only what is new."""

    def __init__(self, session: Session, queue_length: int, report: Report) -> None:
        self._session, self._queue_length, self._report = session, queue_length, report
        self._remote = RemoteProject(session)
        self._sent: int | None = None  # Label Studio's count of tasks when all were sent
        self._compared: Any = None  # the counts of labels when they were last sent
        self._requested = ""  # the version whose order was requested
        self._pushed = ("", 0)
        self._trimmed = ""

    def look(self) -> None:
        """Send new tasks and labels, then push the newest order or trim older predictions."""
        studio = StudioProject(self._session.studio.api, self._session.key)
        settings = studio.settings(counted=True)
        self._send(settings)
        order = self._remote.order()
        if order["order"]:
            self._push(order, studio)
        elif order["is_listed"] and self._requested != order["version"] and not order["parts"]:
            self._session.backend.post("/rank", project=self._session.key)
            self._requested = order["version"]

    def _send(self, settings: dict[str, Any]) -> None:
        if self._sent != settings["task_number"]:
            if sent := send_tasks(self._session, settings["label_config"]):
                self._report.step("tasks", "done", f"{sent:,} sent to be ranked")
            self._sent = settings["task_number"]
        status = self._session.backend.get("/status", project=self._session.key)
        counts = counts_of(settings), status["dataset"]["seq"]
        if is_complete(settings, status) or status["pending_events"] or counts == self._compared:
            return
        batches = self._session.studio.api.export(self._session.project_id)
        totals = backfill(self._session, batches, self._report)
        self._report.step("labels", "done", f"{totals['annotations']:,} sent")
        self._compared = counts

    def _push(self, order: dict[str, Any], studio: StudioProject) -> None:
        version, newest = order["version"], (order["version"], order["order"])
        if newest == self._pushed:
            if self._trimmed != version and not order["keeps_predictions"]:
                self._trim(version, studio)
            return
        queue, before = self._remote.queue(order, self._queue_length), _served(version, studio)
        if len(queue) < min(order["total"], self._queue_length):
            return  # a newer order replaced it meanwhile
        outcome = push(self._remote, version, queue, studio)
        if outcome in _SETTLED:
            self._pushed = newest
            is_new = _served(version, studio) != before
            self._report.changed("order", is_new, f"{version}: {len(queue):,} tasks, {outcome}")

    def _trim(self, version: str, studio: StudioProject) -> None:
        trim = Trim(
            self._remote,
            studio,
            lambda: datetime.now(UTC),
            lambda: self._remote.active_version() == version,
        )
        if trim.run(version) is RankOutcome.TRIMMED:
            self._trimmed = version


def _served(version: str, studio: StudioProject) -> tuple[bool, int]:
    """Return whether Label Studio orders by a version, and how many predictions it has of it."""
    shown = studio.settings().get("model_version") == version
    return shown, studio.prediction_counts().get(version, 0)

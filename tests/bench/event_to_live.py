"""From a label posted to /webhook to the new version in /predict, with 1,000 labels known.

    python -m tests.bench.event_to_live

On the local stack, which shares the machine's processors with the emulator. The quiet period is
taken off: it is a setting. Each round posts one more label of Reuters-21578 R8.
"""

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from labelloop.local import reuters
from labelloop.local.annotator import Task, annotation_created
from labelloop.local.backend import Backend
from labelloop.local.emulator import ROOT
from labelloop.local.project import Project
from labelloop.local.stack import local_stack
from tests.bench.report import Finding, write

LABELS, ROUNDS, QUIET_S, GOAL_S = 1_000, 7, 1, 5.0


def main() -> bool:
    """Measure, report, and say whether the goal is reached."""
    data = reuters.load(ROOT / ".local" / "data", LABELS + ROUNDS, 1)
    project = Project(1, "event to live", data.classes, len(data.pool))
    tasks = [Task(i, i, document.text) for i, document in enumerate(data.pool, start=1)]
    labels = [document.label for document in data.pool]
    parameters = {"QuietSeconds": str(QUIET_S)}
    with (
        local_stack(parameters=parameters) as stack,
        httpx.Client(base_url=stack.url, auth=(stack.user, stack.password)) as client,
    ):
        backend = Backend(client)

        def label(index: int) -> None:
            backend.send(annotation_created(project, tasks[index], labels[index], index + 1))

        with ThreadPoolExecutor(4) as posters:
            list(posters.map(label, range(LABELS)))
        settle(backend, project, tasks[0])
        waits = []
        for index in range(LABELS, LABELS + ROUNDS):
            before = predicted_version(backend, project, tasks[0])
            posted = time.monotonic()
            label(index)
            while predicted_version(backend, project, tasks[0]) == before:
                time.sleep(0.2)
            waits.append(time.monotonic() - posted - QUIET_S)
            print(f"round {index - LABELS + 1}: {waits[-1]:.2f} s")
            settle(backend, project, tasks[0])
    name = f"event to live at {LABELS:,} labels, quiet period off"
    return write("bench", [Finding(f"{name}, median", statistics.median(waits), "s", GOAL_S)])


def predicted_version(backend: Backend, project: Project, task: Task) -> str:
    """Return the version that /predict answers with."""
    return backend.predict(project, [task])[0].version


def settle(backend: Backend, project: Project, task: Task, seconds: float = 8) -> None:
    """Wait until no new version came for a while."""
    known, since = "", time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.3)
        if (version := predicted_version(backend, project, task)) != known:
            known, since = version, time.monotonic()


if __name__ == "__main__":
    sys.exit(not main())

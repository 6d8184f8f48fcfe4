"""From a label posted to /webhook to the new version in /predict, with 1,000 labels known.

On the local stack, which shares the machine's processors with the emulator. The quiet period is
taken off: it is a setting. Each round posts one more label of Reuters-21578 R8.
"""

import statistics
import time
from collections.abc import Iterator

import httpx

from labelloop.local.annotator import annotation_created
from labelloop.local.backend import DemoBackend
from tests.bench.report import Finding
from tests.bench.trained import QUIET_S, predicted_version, settle, trained_stack

LABELS, ROUNDS = 1_000, 7


def measure() -> Iterator[Finding]:
    """Measure rounds of one label each."""
    with (
        trained_stack("minilm", LABELS, ROUNDS) as (stack, project, tasks, truth),
        httpx.Client(base_url=stack.url, auth=(stack.user, stack.password)) as client,
    ):
        backend, waits = DemoBackend(client), []
        for index in range(LABELS, LABELS + ROUNDS):
            before = predicted_version(backend, project, tasks[0])
            posted = time.monotonic()
            backend.send(annotation_created(project, tasks[index], truth[index], index + 1))
            while predicted_version(backend, project, tasks[0]) == before:
                time.sleep(0.2)
            waits.append(time.monotonic() - posted - QUIET_S)
            print(f"round {index - LABELS + 1}: {waits[-1]:.2f} s", flush=True)
            settle(backend, project, tasks[0])
    name = f"event to live at {LABELS:,} labels, quiet period off"
    yield Finding(name, statistics.median(waits), "s", 3.0)

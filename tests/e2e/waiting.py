"""Waiting for what happens in the background."""

import time
from collections.abc import Callable

from tests.e2e.annotator import Annotator
from tests.e2e.labelloop import Labelloop, exported

UNTRAINED = "untrained"
LEARNS_S = 60


def wait_for[T](ask: Callable[[], T | None], seconds: float = 240) -> T:
    """Return the first answer that is not None or False."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(0.3)
    raise AssertionError(f"nothing within {seconds} s")


def wait_for_push(annotator: Annotator, labelloop: Labelloop, key: str) -> str:
    """Return the version that has learnt all labels, once Label Studio serves its order."""

    def pushed() -> str | None:
        known = labelloop.knows(key) == exported(annotator.export())
        learnt = known and labelloop.has_learnt(key)
        version = labelloop.active(key)
        is_served = annotator.settings()["model_version"] == version
        return version if learnt and is_served and version != UNTRAINED else None

    return wait_for(pushed)


def differences(annotator: Annotator, labelloop: Labelloop, key: str) -> int:
    """Return in how many annotations Labelloop and the export differ, after time to learn.

    An event that Label Studio sent in vain is made up for by the sweep, and by nothing else; where
    none was lost, nothing but the events may bring the labels.
    """
    different = _different(annotator, labelloop, key)
    if different and (lost := labelloop.lost_events()):
        print("lost on the way:", *lost, sep="\n")
        labelloop.sweep()
        different = _different(annotator, labelloop, key)
    return different


def _different(annotator: Annotator, labelloop: Labelloop, key: str) -> int:
    end = time.monotonic() + LEARNS_S
    different = -1
    while time.monotonic() < end and different:
        knows = labelloop.knows(key)
        if knows is not None:
            different = len(knows ^ exported(annotator.export()))
        time.sleep(0.5)
    return different

"""Note what work on a project takes, for people who pay for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from labelloop.bucket.project import Project
from labelloop.bucket.spent import Spent
from labelloop.domain.prices import Machine
from labelloop.domain.project_key import is_project_key
from labelloop.ports import Clock, ObjectStore, utc_now

_LEAST_S: Final = 0.5  # noting takes two requests, which cost as much as 0.1 s of work


@contextmanager
def spending(
    key: str, work: str, store: ObjectStore, machine: Machine, clock: Clock = utc_now
) -> Iterator[None]:
    """Add the time of a block to what the project spent in this month, whatever it ends in.

    `work`: `train` or `rank`. What is killed is not noted.
    """
    began = time.monotonic()
    try:
        yield
    finally:
        seconds = time.monotonic() - began
        if seconds >= _LEAST_S and machine.memory_mb and is_project_key(key):
            gb_seconds = seconds * machine.memory_mb / 1024
            more = Spent(f"{clock():%Y-%m}", 1, seconds, gb_seconds, machine.processor)
            Project(store, key).spent.add(work, more)

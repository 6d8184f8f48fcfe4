"""What a function may run out of: memory, disk, time."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_BLOCK_BYTES = 16_384


@dataclass(frozen=True)
class Shortage:
    """What a process still has of each. None = as much as there is."""

    memory_kb: int | None = None
    disk_bytes: int | None = None  # of any one file
    time_s: float | None = None  # then it is killed, whatever it does


@contextmanager
def suffering(shortage: Shortage) -> Iterator[None]:
    """Have this process run short until the block ends."""
    taken = [] if shortage.memory_kb is None else _taken(shortage.memory_kb)
    if shortage.disk_bytes is not None:
        _limit(resource.RLIMIT_FSIZE, shortage.disk_bytes)
    signal.setitimer(signal.ITIMER_REAL, shortage.time_s or 0)  # nobody handles SIGALRM: it kills
    try:
        yield
    finally:
        taken.clear()
        signal.setitimer(signal.ITIMER_REAL, 0)
        _limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)
        _limit(resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)


def _taken(left_kb: int) -> list[bytearray]:
    """Take what memory the process has free, so that a limit is felt at once; leave so much."""
    _limit(resource.RLIMIT_AS, _size())
    taken: list[bytearray] = []
    with suppress(MemoryError):
        while True:
            taken.append(bytearray(_BLOCK_BYTES))
    _limit(resource.RLIMIT_AS, _size() + left_kb * 1024)
    return taken


def _size() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _limit(what: int, to: int) -> None:
    resource.setrlimit(what, (to, resource.getrlimit(what)[1]))

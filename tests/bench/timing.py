"""Timing two things beside each other: machines are shared, so only ratios mean something."""

import gc
import os
import statistics
import time
from collections.abc import Callable

ROUNDS = 7


def pin(core: int = -1) -> None:
    """Keep this process on one core, by default the last it may use."""
    os.sched_setaffinity(0, {core if core >= 0 else max(os.sched_getaffinity(0))})


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes, without the garbage of what was before."""
    gc.collect()
    gc.disable()
    try:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started
    finally:
        gc.enable()


def paired(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int = ROUNDS
) -> tuple[float, float, float]:
    """Return the medians of both, in seconds, and of their ratio; the first round warms up."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds + 1)][1:]
    mine, other = zip(*pairs, strict=True)
    ratios = [a / b for a, b in pairs]
    return statistics.median(mine), statistics.median(other), statistics.median(ratios)


def ratio(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median ratio of our time to theirs, on one core; print both."""
    pin()
    mine, other, found = paired(ours, theirs, rounds)
    print(f"ours {mine:.4g} s, bare {other:.4g} s: {found:.2f} times", flush=True)
    return found

"""reports/reliability.json: for each promise how many were lost or wrong, of how many tried."""

import os
from typing import Final

from tests.bench.report import Finding, write

IS_LONG: Final = bool(os.environ.get("RELIABILITY_LONG"))  # set by make reliability

_findings: list[Finding] = []


def size(usual: int, long: int) -> int:
    """Return how many to try: as many as `make test` has time for, or `make reliability`."""
    return long if IS_LONG else usual


def find(promise: str, wrong: float, tried: str, goal: float = 0) -> None:
    """Note how many of what was tried broke the promise; fail if it is more than the goal."""
    note(promise, wrong, tried, goal)
    assert wrong <= goal, f"{promise}: {wrong} {tried}, goal {goal}"


def note(promise: str, wrong: float, tried: str, goal: float = 0) -> None:
    """Note a finding for the report."""
    _findings.append(Finding(promise, wrong, tried, goal))
    print(f"{promise}: {wrong:g} {tried} (goal: {goal:g})")


def finish() -> None:
    """Print and write what was found. A run of `make test` leaves the report alone."""
    if IS_LONG and _findings:
        write("reliability", sorted(_findings, key=lambda one: one.name))  # tests run in any order

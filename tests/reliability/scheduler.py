"""Simulated time in which functions run step by step: interleaved, slowed down, killed.

Each function is a greenlet. A call of the store or a queue is one step: the function stops before
it, others go on meanwhile, and whatever may happen to it happens there. One seed, one schedule.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from greenlet import getcurrent, greenlet

from labelloop.errors import Unavailable

PAUSES_S = (*(0.02, 0.05, 0.3, 2.0) * 5, 30.0)  # a call; some are slow
START = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Killed(BaseException):
    """The function is gone: whatever it still does, like a `finally`, has no effect."""


@dataclass(frozen=True)
class Faults:
    """How likely each thing is, at each step."""

    crash: float = 0.0
    unavailable: float = 0.0  # half of them after the effect: the answer got lost
    duplicate: float = 0.0  # of a message
    skew_s: float = 0.0  # how far the clocks of functions may be off
    timeout_s: float = 300  # as the template sets the functions


class Scheduler:
    """Runs functions and other happenings in the order of simulated time."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self.random = random.Random(seed)
        self.faults = faults
        self.steps = self.crashes = 0
        self._time = 0.0
        self._agenda: list[tuple[float, int, Callable[[], Any]]] = []
        self._last = 0
        self._hub = getcurrent()

    def now(self) -> datetime:
        return START + timedelta(seconds=self._time)

    def at(self, delay_s: float, happen: Callable[[], Any]) -> None:
        self._last += 1
        heapq.heappush(self._agenda, (self._time + delay_s, self._last, happen))

    def start(self, job: Callable[[], Any], done: Callable[[bool], Any]) -> None:
        """Run a job from now on; then tell whether it came to a good end."""

        def run() -> None:
            try:
                job()
            except (Exception, Killed):
                done(False)
            else:
                done(True)

        actor = _Actor(run, self._hub)
        actor.ends_at = self._time + self.faults.timeout_s
        actor.switch()

    def step(self, seconds: float | None = None) -> None:
        """Let others go on for a while; then this function may find itself killed."""
        actor = getcurrent()
        if not isinstance(actor, _Actor):
            return
        self.steps += 1
        if actor.is_dead:
            raise Killed
        pause = self.random.choice(PAUSES_S) if seconds is None else seconds
        self.at(pause, actor.switch)
        self._hub.switch()
        if self.random.random() < self.faults.crash or self._time > actor.ends_at:
            actor.is_dead = True
            self.crashes += 1
            raise Killed

    def call[T](self, effect: Callable[[], T]) -> T:
        """Take a step that has an effect outside."""
        self.step()
        if self.random.random() >= self.faults.unavailable or not self.is_inside():
            return effect()
        if self.random.random() < 0.5:
            effect()
        raise Unavailable("simulated")

    @staticmethod
    def is_inside() -> bool:
        """Say whether one of the functions is running, and not the test."""
        return isinstance(getcurrent(), _Actor)

    def run(self) -> None:
        """Go on until nothing is left to happen."""
        while self._agenda:
            self._time, _, happen = heapq.heappop(self._agenda)
            happen()


class _Actor(greenlet):  # type: ignore[misc]
    is_dead = False
    ends_at = float("inf")

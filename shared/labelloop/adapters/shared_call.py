"""A slow call that several threads wait for together, each no longer than it may."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock


class SharedCall[T]:
    """One call at a time, in a thread of its own; who comes while it runs waits for the same one.

    A call that nobody waits for any more runs to its end, so the next one may find its work done.
    """

    def __init__(self, call: Callable[[], T]) -> None:
        self._call, self._lock = call, Lock()
        self._worker = ThreadPoolExecutor(1)
        self._running: Future[T] | None = None

    def result(self, seconds: float) -> T:
        """Return what the call returns, or raise what it raises; TimeoutError if it is slow."""
        with self._lock:
            if self._running is None or self._running.done():
                self._running = self._worker.submit(self._call)
            running = self._running
        return running.result(max(seconds, 0.0))

"""A time limit for a recipe of one's own: what never ends would take a request, or a worker."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_ulong, py_object, pythonapi
from types import FrameType
from typing import Final

from labelloop.errors import BadRecipe

_AGAIN_S: Final = 0.5  # for code that catches whatever is raised in it


class Late(BaseException):
    """Raised in what runs too long. No Exception: recipes may catch those. `what`: if known."""

    what = ""


@contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    """Run the block, or raise BadRecipe once the time is over. `what` did not end, as text.

    It interrupts Python, not a library's code that is at work: that ends first.
    """
    is_main = threading.current_thread() is threading.main_thread()
    limit = _by_signal if is_main and hasattr(signal, "setitimer") else _by_thread
    try:
        with limit(seconds):
            yield
    except Late as late:
        raise BadRecipe(f"{late.what or what} does not end within {seconds:g} s") from None


@contextmanager
def _by_signal(seconds: float) -> Iterator[None]:
    def interrupt(_: int, __: FrameType | None) -> None:
        raise Late

    before, started = signal.signal(signal.SIGALRM, interrupt), time.monotonic()
    left, _ = signal.getitimer(signal.ITIMER_REAL)  # of a limit around this one
    signal.setitimer(signal.ITIMER_REAL, min(seconds, left or seconds), _AGAIN_S)
    try:
        yield
    finally:
        again = max(left - (time.monotonic() - started), _AGAIN_S) if left else 0.0
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, again, _AGAIN_S if left else 0.0)


@contextmanager
def _by_thread(seconds: float) -> Iterator[None]:
    """Do without signals, which only the main thread gets."""
    me, done = c_ulong(threading.get_ident()), threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            with lock:
                if not done.is_set():
                    pythonapi.PyThreadState_SetAsyncExc(me, py_object(Late))
            wait = _AGAIN_S

    lock = threading.Lock()
    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        with lock:
            done.set()
            pythonapi.PyThreadState_SetAsyncExc(me, None)  # one that is on its way

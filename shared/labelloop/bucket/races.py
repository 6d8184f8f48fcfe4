"""Compare and swap: read, decide, write; and begin again if another write came first."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from labelloop.errors import Conflict, Outpaced

_ROUNDS: Final = 12  # each lost race means that another worker got further


@dataclass(frozen=True, slots=True)
class Swap[Read, Written]:
    """What was read last, and what was written over it: None if nothing was."""

    after: Read
    to: Written | None


def won[T](attempt: Callable[[], T], over: str) -> T:
    """Return the result of an attempt, repeated after each Conflict; Outpaced after too many."""
    for _ in range(_ROUNDS):
        with suppress(Conflict):
            return attempt()
    raise Outpaced(f"lost {_ROUNDS} races for {over}")


def swapped[Read, Written](
    read: Callable[[], Read],
    decide: Callable[[Read], Written | None],
    write: Callable[[Read, Written], object],
    over: str,
) -> Swap[Read, Written]:
    """Write what `decide` returns over what was read; None means that nothing is to be written.

    `write` raises Conflict if something else was written since.
    """

    def attempt() -> Swap[Read, Written]:
        after = read()
        to = decide(after)
        if to is not None:
            write(after, to)
        return Swap(after, to)

    return won(attempt, over)

"""Compare and swap: read, decide, write; and begin anew where somebody else wrote first."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from labelloop.errors import Conflict, Outpaced

_ROUNDS: Final = 12  # each lost race means that another one got further


@dataclass(frozen=True, slots=True)
class Swap[Read, Written]:
    """What was read last, and what was written over it: None where nothing was to be."""

    after: Read
    to: Written | None


def won[T](attempt: Callable[[], T], over: str) -> T:
    """Return what an attempt comes to. One that raises Conflict is made anew; Outpaced at last."""
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
    """Write what is decided on over what was read; `decide` returns None where all is well.

    `write` raises Conflict if somebody else wrote since.
    """

    def attempt() -> Swap[Read, Written]:
        after = read()
        to = decide(after)
        if to is not None:
            write(after, to)
        return Swap(after, to)

    return won(attempt, over)

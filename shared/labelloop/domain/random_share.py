"""The random share: tasks that no model chooses, so that labels on them are a fair sample.

A task's id decides, through a hash with the project's salt (no task can be moved in or out by what
a model thinks of it), and so does its place among them.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

SHARE: Final = 0.1
EVERY: Final = 10  # every tenth place of the queue
_MOST: Final = 2**64


def place(task: int, salt: str) -> float:
    """Return a number in 0..1 that depends on the task and the salt, and on nothing else."""
    digest = sha256(f"{salt}:{task}".encode()).digest()
    return int.from_bytes(digest[:8]) / _MOST


def is_random(task: int, salt: str, share: float = SHARE) -> bool:
    """Say whether a task belongs to the random share."""
    return place(task, salt) < share


def in_random_order(tasks: Iterable[int], salt: str, share: float = SHARE) -> list[int]:
    """Return the tasks of the random share, in the one order in which they are served."""
    return sorted(
        (task for task in tasks if is_random(task, salt, share)),
        key=lambda task: (place(task, salt), task),
    )


def interleave(chosen: Iterable[int], random: Iterable[int], every: int = EVERY) -> Iterator[int]:
    """Yield a queue: the chosen tasks in their order, a random one at every so many-th place.

    Where one kind runs out the other goes on alone. No task may be in both.
    """
    best, fair = iter(chosen), iter(random)
    place_ = 0
    while True:
        place_ += 1
        kinds = (fair, best) if place_ % every == 0 else (best, fair)
        task = next(kinds[0], None)
        task = next(kinds[1], None) if task is None else task
        if task is None:
            return
        yield task

"""The random share: tasks that no model chooses, so that their labels are a fair sample.

A hash of the task's id and the project key decides whether a task belongs to it, and its place in
it. So no prediction moves a task in or out.

Numpy is imported late: one task needs none.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHARE: Final = 0.1
EVERY: Final = 10  # every tenth place of the queue
_MOST: Final = 2**64
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def places(tasks: "Sequence[int] | NDArray[np.integer]", project_key: str) -> "NDArray[np.float64]":
    """Return a number from 0 to 1 for each task; it depends on its id and the project key alone.

    The ids' bits are mixed as in SplitMix64 (Steele, Lea and Flood 2014), from a start made of the
    key.
    """
    import numpy as np

    start = np.uint64(_start(project_key))
    mixed = np.asarray(tasks, np.int64).astype(np.uint64) * np.uint64(_STEP) + start
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_FIRST)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_SECOND)
    mixed ^= mixed >> np.uint64(31)
    return mixed / _MOST


def are_random(
    tasks: "Sequence[int] | NDArray[np.integer]", project_key: str, share: float = SHARE
) -> "NDArray[np.bool_]":
    """Say for each task whether it belongs to the random share."""
    return places(tasks, project_key) < share


def is_random(task: int, project_key: str, share: float = SHARE) -> bool:
    """Say whether a task belongs to the random share: `are_random` of one, ten times as fast."""
    mixed = (task * _STEP + _start(project_key)) % _MOST
    mixed = (mixed ^ (mixed >> 30)) * _FIRST % _MOST
    mixed = (mixed ^ (mixed >> 27)) * _SECOND % _MOST
    return (mixed ^ (mixed >> 31)) / _MOST < share


def in_random_order(
    tasks: "Sequence[int] | NDArray[np.integer]", project_key: str, share: float = SHARE
) -> list[int]:
    """Return the tasks of the random share, in the order in which they are served."""
    import numpy as np

    ids = np.asarray(tasks, np.int64)
    numbers = places(ids, project_key)
    order = np.lexsort((ids, numbers))
    ids, numbers = ids[order], numbers[order]
    return [int(task) for task in ids[numbers < share]]


def labels_since(tasks: "Sequence[int] | NDArray[np.integer]", project_key: str) -> int:
    """Return how many tasks were labelled after the last one of the random share.

    `tasks`: the labelled ones, the newest last.
    """
    import numpy as np

    random = np.flatnonzero(are_random(tasks, project_key))
    return len(tasks) - 1 - int(random[-1]) if len(random) else len(tasks)


def interleave(
    chosen: Iterable[int], random: Iterable[int], every: int = EVERY, since: int = 0
) -> Iterator[int]:
    """Yield a queue: the chosen tasks in their order, with a random one at each `every`-th place.

    Places are counted on from the `since` labels after the last random one: a queue lasts until
    the next version, often for a label or two, and would never reach a tenth place of its own. When
    one kind runs out, the other follows alone. No task may be in both.
    """
    best, fair = iter(chosen), iter(random)
    place = min(since, every - 1)
    while True:
        place += 1
        kinds = (fair, best) if place % every == 0 else (best, fair)
        task = next(kinds[0], None)
        task = next(kinds[1], None) if task is None else task
        if task is None:
            return
        yield task


@lru_cache(maxsize=64)
def _start(project_key: str) -> int:
    return int.from_bytes(sha256(project_key.encode()).digest()[:8])

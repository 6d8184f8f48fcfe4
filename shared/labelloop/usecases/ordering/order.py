"""Put the candidates of all parts into one queue: by the strategy, with the random share between.

Label Studio serves the lowest score first, so a task's score is its place in the queue: diversity
can't be told by a number of each task alone.
"""

import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np

from labelloop.domain.columns import Columns, joined
from labelloop.domain.ordering.random_share import in_random_order, interleave
from labelloop.domain.ordering.selection import score_of
from labelloop.domain.ordering.shortlist import Shortlist
from labelloop.domain.ordering.strategies import select
from labelloop.domain.ordering.unlabelled import SelectionInput
from labelloop.recipes.protocol import Control

MOST_LABELLED: Final = 2_000  # the newest: what is near them need not be asked again


def queue_of(
    found: Shortlist,
    labelled: Columns,
    control: Control,
    strategy: str,
    size: int,
    project_key: str,
) -> Iterator[tuple[int, float]]:
    """Yield the rows of up to `size` candidates, and their scores, the one to label first in front.

    `labelled`: the newest MOST_LABELLED of what is labelled already. Deterministic, and the same
    for any order of the parts.
    """
    rows = {int(task): row for row, task in enumerate(found.tasks)}
    fair = in_random_order(found.tasks, project_key)
    chosen = np.setdiff1d(np.arange(len(found)), [rows[task] for task in fair])
    seed = zlib.crc32(project_key.encode())
    pool = _selection_input(found.take(chosen), labelled, control, project_key)
    picked = select(strategy, pool, size, seed)
    queue = interleave((int(found.tasks[chosen[row]]) for row in picked), fair)
    for place, task in zip(range(1, size + 1), queue, strict=False):
        yield rows[task], score_of(place, size)


def _selection_input(
    found: Shortlist, labelled: Columns, control: Control, project_key: str
) -> SelectionInput:
    """Return candidates and labelled tasks, the newest first, as what tells tasks apart sees them.

    Both together: how much a feature tells may depend on how many have it.
    """
    vectors = control.vectors(joined([found.features, labelled]))
    return SelectionInput(
        found.tasks,
        vectors[: len(found)],
        vectors[len(found) :][::-1],
        found.reading(control.measure),
        found.is_sampled(project_key),
    )

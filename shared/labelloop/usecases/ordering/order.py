"""Put the candidates of all parts into one queue: by the strategy, with the random share between.

Label Studio serves the lowest score first, so a task's score is its place in the queue: a number
for each task alone can't express diversity.
"""

import zlib
from collections.abc import Collection, Iterator
from typing import Final

import numpy as np

from labelloop.domain.columns import Columns, joined
from labelloop.domain.ordering.random_share import in_random_order, interleave
from labelloop.domain.ordering.selection import score_of
from labelloop.domain.ordering.shortlist import Shortlist
from labelloop.domain.ordering.strategies import select
from labelloop.domain.ordering.unlabelled import SelectionInput
from labelloop.recipes.protocol import Control

MOST_LABELLED: Final = 2_000  # the newest: candidates near them are worth less


def queue_of(
    candidates: Shortlist,
    labelled: Columns,
    control: Control,
    strategy: str,
    size: int,
    project_key: str,
    *,
    since_random: int = 0,
    skipped: Collection[int] = (),
) -> Iterator[tuple[int, float]]:
    """Yield the rows of up to `size` candidates and their scores, the one to label first in front.

    `labelled`: features of the newest MOST_LABELLED labelled tasks. `since_random`: labels since
    the last one of the random share. `skipped`: tasks that somebody skipped; those of the random
    share come last in it, as Label Studio may serve them to nobody, and each queue begins with it.
    Deterministic, and the same for any order of the parts.
    """
    rows = {int(task): row for row, task in enumerate(candidates.tasks)}
    random_share = in_random_order(candidates.tasks, project_key)
    random_share.sort(key=lambda task: task in skipped)
    others = np.setdiff1d(np.arange(len(candidates)), [rows[task] for task in random_share])
    seed = zlib.crc32(project_key.encode())
    pool = _selection_input(candidates.take(others), labelled, control, project_key)
    selected = select(strategy, pool, size, seed)
    chosen = (int(candidates.tasks[others[row]]) for row in selected)
    queue = interleave(chosen, random_share, since=since_random)
    for place, task in zip(range(1, size + 1), queue, strict=False):
        yield rows[task], score_of(place, size)


def _selection_input(
    candidates: Shortlist, labelled: Columns, control: Control, project_key: str
) -> SelectionInput:
    """Return the vectors of candidates, and of labelled tasks, the newest first, to select from.

    They are made together: the weight of a feature may depend on how many tasks have it.
    """
    vectors = control.vectors(joined([candidates.features, labelled]))
    return SelectionInput(
        candidates.tasks,
        vectors[: len(candidates)],
        vectors[len(candidates) :][::-1],
        candidates.reading(control.measure),
        candidates.is_sampled(project_key),
    )

"""Put the candidates of all parts into one queue: by the strategy, with the random share between.

Label Studio serves the lowest score first, so a task's score is its place in the queue: diversity
can't be told by a number of each task alone.
"""

import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np

from labelloop.domain.learning.features import Features, joined
from labelloop.domain.ordering.candidates import Candidates
from labelloop.domain.ordering.random_share import in_random_order, interleave
from labelloop.domain.ordering.selection import score_of
from labelloop.domain.ordering.strategies import select
from labelloop.domain.ordering.unlabelled import Pool, sketches

MOST_LABELLED: Final = 2_000  # the newest: what is near them need not be asked again


def queue_of(
    found: Candidates, labelled: Features, strategy: str, size: int, salt: str
) -> Iterator[tuple[int, float]]:
    """Yield the rows of up to `size` candidates, and their scores, the one to label first in front.

    `labelled`: the newest MOST_LABELLED of what is labelled already. Deterministic, and the same
    for any order of the parts.
    """
    rows = {int(task): row for row, task in enumerate(found.tasks)}
    fair = in_random_order(found.tasks, salt)
    chosen = np.setdiff1d(np.arange(len(found)), [rows[task] for task in fair])
    seed = zlib.crc32(salt.encode())
    picked = select(strategy, _pool(found.take(chosen), labelled, salt), size, seed)
    queue = interleave((int(found.tasks[chosen[row]]) for row in picked), fair)
    for place, task in zip(range(1, size + 1), queue, strict=False):
        yield rows[task], score_of(place, size)


def _pool(found: Candidates, labelled: Features, salt: str) -> Pool:
    """Return candidates and labelled tasks, told apart by vectors, or by sketches of their bags."""
    both = joined([found.features, labelled]) if len(labelled) else found.features
    vectors = both.vectors if both.vectors is not None else sketches(both.bags)
    count, classes = len(labelled), found.probabilities.shape[1]
    return Pool(
        np.concatenate([found.tasks, -1 - np.arange(count)]),
        vectors,
        np.arange(len(both)) >= len(found),
        np.concatenate([found.probabilities, np.zeros((count, classes))]) if classes else None,
        np.concatenate([found.is_sampled(salt), np.zeros(count, np.bool_)]),
    )

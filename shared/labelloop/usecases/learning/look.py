"""Look at a project's texts once: compute their features, or read what was kept of them."""

import time
from collections.abc import Callable, Mapping, Sequence, Set
from itertools import batched
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.features import KeptFeatures, ShardFeatures
from labelloop.bucket.pool import Pool
from labelloop.domain.learning.features import Features, joined
from labelloop.errors import Retryable
from labelloop.recipes.text_choices.control import TextChoices
from labelloop.recipes.text_choices.terms import bags_of
from labelloop.usecases.learning.featurise import Featuriser, digest_of

_TEXTS_AT_ONCE: Final = 500
# A function has 300 s: encoding leaves half of it to the rest.
_BUDGET_S: Final = 150.0


class Unfinished(Retryable):
    """There was more to encode than a function has time for. What was encoded is kept."""


def look_at_shard(
    shard: str, pool: Pool, control: TextChoices, kept: KeptFeatures, featuriser: Featuriser
) -> ShardFeatures:
    """Return the features of a shard of the pool; compute and keep them unless they are kept.

    A shard of which nothing could be read is looked at again: what is read of tasks has grown.
    """
    known = kept.shard(shard, control.text_key)
    if known is not None and known.is_readable.any():
        return known
    tasks = list(pool.read([shard]).values())
    texts = [control.text_of(task.data) for task in tasks]
    made = ShardFeatures(
        np.array([task.id for task in tasks], np.int64),
        np.array([task.updated_at for task in tasks], np.str_),
        np.array([text is not None for text in texts], np.bool_),
        featuriser([text or "" for text in texts]),
    )
    if known is None or made.is_readable.any():  # else it is what is kept
        kept.keep_shard(shard, control.text_key, made)
    return made


def look_at_shards(
    shards: Sequence[str],
    pool: Pool,
    control: TextChoices,
    kept: KeptFeatures,
    featuriser: Featuriser,
    clock: Callable[[], float] = time.monotonic,
) -> list[ShardFeatures]:
    """Return the features of some shards. Unfinished when there is too much to encode at once."""
    started = clock()
    looked: list[ShardFeatures] = []
    for shard in shards:
        looked.append(look_at_shard(shard, pool, control, kept, featuriser))
        left = len(shards) - len(looked)
        if left and clock() - started > _BUDGET_S:
            raise Unfinished(f"{left} shards are still to be looked at")
    return looked


def left_of(
    looked: Sequence[ShardFeatures], done: Set[int], deleted_until: Mapping[int, str]
) -> tuple[NDArray[np.int64], Features]:
    """Return the tasks that are neither done nor deleted and have a text, and their features.

    The newest state of each counts. A task that got the id of a deleted one is another.
    """
    tasks = np.concatenate([np.empty(0, np.int64), *(one.tasks for one in looked)])
    if not len(tasks):
        return tasks, Features(bags_of([]))
    updated_at = np.concatenate([one.updated_at for one in looked])
    is_readable = np.concatenate([one.is_readable for one in looked])
    order = np.lexsort((updated_at, tasks))  # by task, its newest state last
    is_newest = np.append(tasks[order][1:] != tasks[order][:-1], True)
    rows = order[is_newest]
    rows = rows[is_readable[rows] & ~np.isin(tasks[rows], np.fromiter(done, np.int64))]
    is_deleted = np.isin(tasks[rows], np.fromiter(deleted_until, np.int64))
    for place in np.flatnonzero(is_deleted):
        row = rows[place]
        is_deleted[place] = updated_at[row] <= deleted_until[int(tasks[row])]
    rows = rows[~is_deleted]
    return tasks[rows], joined([one.features for one in looked]).take(rows)


def look_at_labelled(
    texts: Sequence[str],
    kept: KeptFeatures,
    featuriser: Featuriser,
    clock: Callable[[], float] = time.monotonic,
) -> Features:
    """Return the features of labelled texts, encoding those that are new since the last time.

    Unfinished when these are too many; the next try goes on where this one stopped.
    """
    if not featuriser.encoder:
        return featuriser(texts)
    wanted = {digest_of(text): text for text in texts}
    known = {d: vector for d, vector in kept.labelled().items() if d in wanted}
    new = [digest for digest in wanted if digest not in known]
    started = clock()
    for batch in batched(new, _TEXTS_AT_ONCE, strict=False):
        known |= zip(batch, featuriser.vectors([wanted[d] for d in batch]), strict=True)
        left = len(wanted) - len(known)
        if left and clock() - started > _BUDGET_S:
            kept.keep_labelled(known)
            raise Unfinished(f"{left:,} texts are still to be encoded")
    if new:
        kept.keep_labelled(known)
    vectors: NDArray[np.float32] = np.stack([known[digest_of(text)] for text in texts])
    return Features(bags_of(texts), vectors)

"""Look at a project's tasks once: compute their features, or read what was kept of them."""

import time
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.features import FeatureFiles, ShardFeatures
from labelloop.bucket.pool import Pool
from labelloop.domain.columns import Columns, joined
from labelloop.recipes.protocol import Control, Tools
from labelloop.usecases.learning.vectors import BUDGET_S, RecalledVectors, Unfinished

_MOST_ENCODED: Final = 100  # of labelled tasks, before a training stored them


def features_of_shard(
    shard: str, pool: Pool, control: Control, kept: FeatureFiles, tools: Tools
) -> ShardFeatures:
    """Return the features of a shard of the pool; compute and keep them unless they are kept.

    A shard of which nothing could be read is looked at again: what is read of tasks has grown.
    """
    known = kept.shard(shard, control.sees)
    if known is not None and known.is_readable.any():
        return known
    tasks = list(pool.read([shard]).values())
    inputs = [control.input_of(task.data) for task in tasks]
    is_readable = np.array([one is not None for one in inputs], np.bool_)
    made = ShardFeatures(
        np.array([task.id for task in tasks], np.int64),
        np.array([task.updated_at for task in tasks], np.str_),
        is_readable,
        _features([one for one in inputs if one is not None], is_readable, control, tools),
    )
    if known is None or is_readable.any():  # else it is what is kept
        kept.store_shard(shard, control.sees, made)
    return made


def _features(
    inputs: Sequence[object], is_readable: NDArray[np.bool_], control: Control, tools: Tools
) -> Columns:
    """Return a row for each task; of those that can't be read any row stands there."""
    if not inputs:
        return Columns(len(is_readable), {})
    rows = np.maximum(np.cumsum(is_readable) - 1, 0)
    return control.features(inputs, tools).take(rows)


def features_of_shards(
    shards: Sequence[str],
    pool: Pool,
    control: Control,
    kept: FeatureFiles,
    tools: Tools,
    clock: Callable[[], float] = time.monotonic,
) -> list[ShardFeatures]:
    """Return the features of some shards. Unfinished when there is too much to encode at once."""
    started = clock()
    looked: list[ShardFeatures] = []
    for shard in shards:
        looked.append(features_of_shard(shard, pool, control, kept, tools))
        left = len(shards) - len(looked)
        if left and clock() - started > BUDGET_S:
            raise Unfinished(f"{left} shards are still to be looked at")
    return looked


def unlabelled_of(
    looked: Sequence[ShardFeatures], done: Set[int], deleted_until: Mapping[int, str]
) -> tuple[NDArray[np.int64], Columns]:
    """Return the tasks that are neither done nor deleted and can be read, and their features.

    The newest state of each counts. A task that got the id of a deleted one is another.
    """
    tasks = np.concatenate([np.empty(0, np.int64), *(one.tasks for one in looked)])
    if not len(tasks):
        return tasks, Columns(0, {})
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
    readable = np.cumsum(is_readable) - 1  # the place of each row among those that can be read
    features = joined([one.features.take(np.flatnonzero(one.is_readable)) for one in looked])
    return tasks[rows], features.take(readable[rows])


def features_of_labelled(
    inputs: Sequence[object], control: Control, kept: FeatureFiles, tools: Tools
) -> Columns:
    """Return by what labelled tasks are told apart: of those that a training stored.

    Before the first training, of the last ones.
    """
    only = control.apart(tools.encoder)
    if not tools.encoder:
        return control.features(inputs, tools, only)
    recalled = RecalledVectors(tools.encoder, kept.labelled())
    seen = control.features(inputs, recalled, only)
    rows = np.flatnonzero(seen.are_finite())
    return seen.take(rows) if len(rows) else control.features(inputs[-_MOST_ENCODED:], tools, only)

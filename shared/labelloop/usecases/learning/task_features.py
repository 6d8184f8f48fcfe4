"""Features of a project's tasks: computed once, then read from where they are stored."""

import time
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.features import FeatureFiles, ShardFeatures
from labelloop.bucket.pool import Pool
from labelloop.domain.columns import Columns, joined
from labelloop.recipes import encoder_of
from labelloop.recipes.protocol import Control, Tools
from labelloop.usecases.learning.vectors import BUDGET_S, RecalledVectors, Unfinished

MOST_ENCODED: Final = 100  # of labelled tasks, before the first training stored their vectors


def features_of_shard(
    shard: str, pool: Pool, control: Control, files: FeatureFiles, tools: Tools
) -> ShardFeatures:
    """Return the features of a shard of the pool; compute and store them if none are stored.

    A shard without a readable task is computed again: later releases read more kinds of inputs.
    """
    stored = files.shard(shard, control.sees)
    if stored is not None and stored.is_readable.any():
        return stored
    tasks = list(pool.read([shard]).values())
    is_readable, features = _features(
        [control.input_of(task.data) for task in tasks], control, tools
    )
    computed = ShardFeatures(
        np.array([task.id for task in tasks], np.int64),
        np.array([task.updated_at for task in tasks], np.str_),
        is_readable,
        features,
    )
    if stored is None or is_readable.any():  # else the same is stored
        files.store_shard(shard, control.sees, computed)
    return computed


def _features(
    inputs: Sequence[object | None], control: Control, tools: Tools
) -> tuple[NDArray[np.bool_], Columns]:
    """Return which tasks can be read, and a row for each; that of one that can't has no meaning.

    A task can't be read without an input, or if what the input names can't be: an image, say.
    """
    is_readable = np.array([one is not None for one in inputs], np.bool_)
    if not is_readable.any():
        return is_readable, Columns(len(inputs), {})
    features = control.features([one for one in inputs if one is not None], tools)
    are_finite = features.are_finite()
    is_readable[is_readable] = are_finite
    if not are_finite.any():
        return is_readable, Columns(len(inputs), {})
    rows = np.maximum(np.cumsum(is_readable) - 1, 0)
    return is_readable, features.take(np.flatnonzero(are_finite)).take(rows)


def features_of_shards(
    shards: Sequence[str],
    pool: Pool,
    control: Control,
    files: FeatureFiles,
    tools: Tools,
    budget_s: float = BUDGET_S,
    clock: Callable[[], float] = time.monotonic,
) -> list[ShardFeatures]:
    """Return the features of some shards. Unfinished if there is too much to encode at once."""
    started = clock()
    features: list[ShardFeatures] = []
    for shard in shards:
        features.append(features_of_shard(shard, pool, control, files, tools))
        missing = len(shards) - len(features)
        if missing and clock() - started > budget_s:
            raise Unfinished(f"{missing} shards are still without features")
    return features


def unlabelled_of(
    shards: Sequence[ShardFeatures], done: Set[int], deleted_until: Mapping[int, str]
) -> tuple[NDArray[np.int64], Columns]:
    """Return the readable tasks that are neither done nor deleted, and their features.

    The newest state of each counts. A new task with the id of a deleted one is not deleted.
    """
    tasks = np.concatenate([np.empty(0, np.int64), *(shard.tasks for shard in shards)])
    if not len(tasks):
        return tasks, Columns(0, {})
    updated_at = np.concatenate([shard.updated_at for shard in shards])
    is_readable = np.concatenate([shard.is_readable for shard in shards])
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
    features = joined([shard.features.take(np.flatnonzero(shard.is_readable)) for shard in shards])
    return tasks[rows], features.take(readable[rows])


def features_of_labelled(
    inputs: Sequence[object],
    control: Control,
    files: FeatureFiles,
    tools: Tools,
    most_encoded: int = MOST_ENCODED,
) -> Columns:
    """Return the features that tell labelled tasks apart, of those that a training stored.

    Before the first training, of the last ones.
    """
    encoder = encoder_of(control.recipe, tools.encoder, tools.image_encoder)
    only = control.apart(encoder)
    if not encoder:
        return control.features(inputs, tools, only)
    recalled = RecalledVectors(encoder, files.labelled())
    features = control.features(inputs, recalled, only)
    rows = np.flatnonzero(features.are_finite())
    if not len(rows):
        features = control.features(inputs[-most_encoded:], tools, only)
        rows = np.flatnonzero(features.are_finite())
    return features.take(rows)

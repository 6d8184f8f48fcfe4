"""Features of a project's tasks: computed once, then read from where they are stored."""

import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.features import FeatureFiles, ShardFeatures
from labelloop.bucket.pool import Pool
from labelloop.bucket.unread import Unread, UnreadTasks, shown
from labelloop.domain.columns import Columns, joined
from labelloop.domain.intake.events import Task
from labelloop.recipes import encoder_of
from labelloop.recipes.protocol import Control, Tools
from labelloop.recipes.tools import Looking
from labelloop.usecases.learning.shard_files import ShardFiles, reason_of
from labelloop.usecases.learning.vectors import BUDGET_S, RecalledVectors, Unfinished


@dataclass(frozen=True, slots=True)
class Times:
    """Now, and up to which time what could not be read is tried again; in seconds since 1970."""

    now: float = 0.0
    due_by: float = 0.0


_LONG_AGO: Final = Times()
# Why nothing is seen of a task, what mends it, and where.
_BLIND: Final = "this deployment sees no images", "deploy it with the parameter ImageEncoder", ""
MOST_ENCODED: Final = 100  # of labelled tasks, before the first training stored their vectors


def features_of_shard(
    shard: str,
    pool: Pool,
    control: Control,
    files: FeatureFiles,
    tools: Looking,
    times: Times = _LONG_AGO,
    has_time: Callable[[], bool] = lambda: True,
) -> ShardFeatures:
    """Return the features of a shard of the pool; compute and store them if none are stored.

    Tasks whose files could not be reached are tried again once their time has come. A shard without
    a readable task is computed again: later releases read more kinds of inputs. Unfinished if time
    is over before all files are fetched: call again.
    """
    stored = files.shard(shard, control.sees)
    if stored is not None and not _is_to_be_looked_at(stored, times.due_by):
        return stored
    tasks = list(pool.read([shard]).values())
    known = stored if stored is not None and stored.unread.tasks else None
    if known is not None and known.tasks.tolist() != [task.id for task in tasks]:
        known = None  # stored of another shard by that name
    opened = ShardFiles(tools, files, shard, control.sees, has_time)
    computed = _looked_at(tasks, known, control, opened, times.now)
    if stored is None or computed.is_readable.any() or computed.unread.tasks:  # else it is the same
        files.store_shard(shard, control.sees, computed)
    opened.forget_begun()
    return computed


def _is_to_be_looked_at(stored: ShardFeatures, due_by: float) -> bool:
    is_empty = not stored.is_readable.any() and not stored.unread.tasks
    return is_empty or stored.unread.is_due(due_by)


def _looked_at(
    tasks: Sequence[Task],
    known: ShardFeatures | None,
    control: Control,
    opened: ShardFiles,
    now: float,
) -> ShardFeatures:
    """Return the features of a shard's tasks; of `known` ones, those that were unread are tried.

    The row of a task that can't be read has no meaning. It can't be without an input, or if what
    the input names can't be: an image, say.
    """
    inputs = {row: control.input_of(task.data) for row, task in enumerate(tasks)}
    before, unread = np.empty(0, np.int64), UnreadTasks()
    if known is not None:
        before, unread = np.flatnonzero(known.is_readable), known.unread
        final = {one.task for one in unread.tasks if one.is_final}
        skipped = {*before.tolist(), *(row for row in inputs if tasks[row].id in final)}
        inputs = {row: input_ for row, input_ in inputs.items() if row not in skipped}
    rows = [row for row, input_ in inputs.items() if input_ is not None]
    features = control.features([inputs[row] for row in rows], opened) if rows else Columns(0, {})
    are_finite = features.are_finite() & bool(features.blocks)  # of nothing nothing is seen
    found = np.array(rows, np.int64)[are_finite]
    lost = [row for row, is_finite in zip(rows, are_finite, strict=True) if not is_finite]
    still = [one for one in unread.tasks if one.is_final]
    if features.blocks:
        still += [_unread(tasks[row], inputs[row], control, opened) for row in lost]
    else:
        still += [Unread(tasks[row].id, tasks[row].updated_at, *_BLIND, False) for row in lost]
    parts = [features.take(np.flatnonzero(are_finite))]
    if known is not None:
        parts.insert(0, known.features.take(before))
    return ShardFeatures(
        np.array([task.id for task in tasks], np.int64),
        np.array([task.updated_at for task in tasks], np.str_),
        np.isin(np.arange(len(tasks)), [*before, *found]),
        _placed(len(tasks), np.append(before, found), joined(parts)),
        UnreadTasks.after(1 if len(found) else unread.tries + 1, still, now),
    )


def _placed(tasks: int, rows: NDArray[np.int64], features: Columns) -> Columns:
    """Return a row for each task: those of `features` in their places, any in the others."""
    if not len(rows):
        return Columns(tasks, {})
    places = np.zeros(tasks, np.int64)
    places[rows] = np.arange(len(rows))
    return features.take(places)


def _unread(task: Task, input_: object, control: Control, opened: ShardFiles) -> Unread:
    why = opened.why(input_, control)
    if why is None:  # a recipe's own reason
        return Unread(task.id, task.updated_at, "its recipe can't read it", "", "", True)
    (reason, fix, is_final), where = reason_of(why[0]), shown(why[1])
    return Unread(task.id, task.updated_at, reason, fix, where, is_final)


def features_of_shards(
    shards: Sequence[str],
    pool: Pool,
    control: Control,
    files: FeatureFiles,
    tools: Looking,
    budget_s: float = BUDGET_S,
    clock: Callable[[], float] = time.monotonic,
    times: Times = _LONG_AGO,
) -> list[ShardFeatures]:
    """Return the features of some shards. Unfinished if there is too much to encode at once."""
    started = clock()

    def has_time() -> bool:
        return clock() - started <= budget_s

    features: list[ShardFeatures] = []
    for shard in shards:
        features.append(features_of_shard(shard, pool, control, files, tools, times, has_time))
        missing = len(shards) - len(features)
        if missing and not has_time():
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
    recalled = RecalledVectors(encoder, files.labelled() if encoder else {}, files.texts)
    features = control.features(inputs, recalled, only)
    rows = np.flatnonzero(features.are_finite())
    if not len(rows):
        features = control.features(inputs[-most_encoded:], tools, only)
        rows = np.flatnonzero(features.are_finite())
    return features.take(rows)

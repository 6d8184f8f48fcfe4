"""Take a sample of the tasks without a label from their stored features."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from labelloop.bucket.features import FeatureFiles, ShardFeatures
from labelloop.bucket.pool import Pool
from labelloop.domain.columns import Columns
from labelloop.domain.intake.folding import Dataset
from labelloop.recipes.protocol import Control
from labelloop.recipes.tools import Looking
from labelloop.usecases.learning.task_features import features_of_shards, unlabelled_of

_MOST_SHARDS: Final = 8
_MOST_TASKS: Final = 1_500


@dataclass(frozen=True, slots=True)
class Sample:
    """Some tasks without a label, and their features.

    `unlabelled`: about how many there are in all, None before the first ranking.
    """

    tasks: np.ndarray[tuple[int], np.dtype[np.int64]]
    features: Columns
    unlabelled: int | None


def sample_pool(pool: Pool, files: FeatureFiles, sees: str, dataset: Dataset) -> Sample:
    """Return the sample: the same for the same pool. Nothing is encoded for it.

    Empty before the first ranking, which computes and stores features.
    """
    shards = pool.shards()
    return _sample_of(list(_stored_of(shards, files, sees)), len(shards), dataset)


def encoded_sample(
    pool: Pool,
    files: FeatureFiles,
    control: Control,
    tools: Looking,
    dataset: Dataset,
    budget_s: float,
) -> Sample:
    """Return the same sample; its features are computed and stored before. Unfinished: call again.

    It is not read again from where it is stored: the sweep may be about to delete what nobody used.
    """
    shards = pool.shards()
    features = features_of_shards(_spread(shards), pool, control, files, tools, budget_s)
    return _sample_of(features, len(shards), dataset)


def _sample_of(shards: Sequence[ShardFeatures], of: int, dataset: Dataset) -> Sample:
    """Return the sample of some shards, of so many."""
    if not shards:
        return Sample(np.empty(0, np.int64), Columns(0, {}), None)
    tasks, features = unlabelled_of(shards, dataset.labelled_tasks(), dataset.deleted_until())
    rows = np.random.default_rng(0).permutation(len(tasks))[:_MOST_TASKS]
    unlabelled = round(len(tasks) * of / len(shards))
    return Sample(tasks[rows], features.take(rows), unlabelled)


def _stored_of(shards: list[str], files: FeatureFiles, sees: str) -> Iterator[ShardFeatures]:
    """Yield the stored features of shards spread over all of them."""
    for shard in _spread(shards):
        features = files.shard(shard, sees)
        if features is not None:
            yield features


def _spread(shards: list[str]) -> list[str]:
    places = np.linspace(0, len(shards) - 1, min(len(shards), _MOST_SHARDS)).astype(np.int64)
    return [shards[place] for place in np.unique(places).tolist()]

"""Typical tasks first: TypiClust (Hacohen, Dekel and Weinshall 2022), made into an order."""

from typing import Final

import numpy as np

from labelloop.domain.answers import Floats
from labelloop.domain.ordering.clustering import distances, k_means
from labelloop.domain.ordering.unlabelled import Rows, Unlabelled

MOST_POINTS: Final = 5_000  # a larger pool is clustered by a sample of it
_FIRST_BATCH: Final = 25
_MOST_CLUSTERS: Final = 300
_NEIGHBOURS: Final = 5  # the original takes 20: too many where a class has few tasks
_MOST_COMPARED: Final = 1_000  # members of a cluster


def typical(pool: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
    """Return the places of k tasks: the densest point of each cluster with the fewest labels.

    Among these clusters the one with the greatest need comes first: its size or, once there is a
    model, the sum of 1 - sureness. Labelled tasks are clustered with the others, into as many
    clusters as will be labelled. A batch is twice as long as all before it, so that the clusters
    for the head of the queue are coarse.
    """
    sample = sampled(len(pool), max(MOST_POINTS, k), rng)
    labelled = pool.labelled
    points = np.concatenate([labelled, pool.vectors[sample]])
    unsure = np.ones(len(sample)) if pool.reading is None else 1 - pool.reading.sureness()[sample]
    need = np.concatenate([np.zeros(len(labelled)), unsure])
    done = list(range(len(labelled)))
    batch = _FIRST_BATCH
    while len(done) < len(labelled) + k:
        batch = min(batch, len(labelled) + k - len(done))
        done += _batch(points, need, done, min(len(done) + batch, _MOST_CLUSTERS), batch, rng)
        batch = 2 * (len(done) - len(labelled))
    picked: Rows = sample[np.array(done[len(labelled) :], np.int64) - len(labelled)]
    return picked


def sampled(n: int, most: int, rng: np.random.Generator) -> Rows:
    """Return all of n rows, or a random sample of `most` of them, ascending."""
    return np.arange(n) if n <= most else np.sort(rng.permutation(n)[:most])


def _batch(
    points: Floats, need: Floats, done: list[int], k: int, batch: int, rng: np.random.Generator
) -> list[int]:
    """Return a batch of points that are not in `done`, by k clusters."""
    centres, clusters = k_means(points, k, rng)
    needs = np.bincount(clusters, need, minlength=len(centres))
    covered = np.bincount(clusters[done], minlength=len(centres))
    is_done = np.zeros(len(points), bool)
    is_done[done] = True
    ranked: dict[int, list[int]] = {}
    taken: list[int] = []
    while len(taken) < batch:
        open_ = np.flatnonzero(np.bincount(clusters[~is_done], minlength=len(centres)))
        cluster = int(open_[np.lexsort((-needs[open_], covered[open_]))[0]])
        if cluster not in ranked:
            members = _densest_last(points, np.flatnonzero(clusters == cluster), rng)
            ranked[cluster] = members[~is_done[members]].tolist()
        point = ranked[cluster].pop()
        taken.append(point)
        is_done[point] = True
        covered[cluster] += 1
    return taken


def _densest_last(points: Floats, members: Rows, rng: np.random.Generator) -> Rows:
    """Return a cluster's members by their mean distance to their nearest neighbours, descending."""
    others = points[members[sampled(len(members), _MOST_COMPARED, rng)]]
    near = min(_NEIGHBOURS + 1, len(others))  # a point is its own nearest
    gaps = np.concatenate(
        [
            np.partition(distances(points[part], others), near - 1, axis=1)[:, :near]
            for part in np.array_split(members, 1 + len(members) // _MOST_COMPARED)
        ]
    )
    loneliness = np.sqrt(gaps).sum(axis=1)
    ordered: Rows = members[np.argsort(-loneliness, kind="stable")]
    return ordered

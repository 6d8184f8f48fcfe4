"""Typical tasks first: TypiClust (Hacohen, Dekel and Weinshall 2022), as an order."""

from typing import Final

import numpy as np

from labelloop.domain.clustering import distances, k_means, nearest
from labelloop.domain.unlabelled import Floats, Rows, Unlabelled

MOST_POINTS: Final = 5_000  # a larger pool is clustered by a sample of it
_MOST_LABELLED: Final = 2_000
_FIRST_BATCH: Final = 10
_MOST_CLUSTERS: Final = 200
_NEIGHBOURS: Final = 20
_MOST_COMPARED: Final = 1_000  # members of a cluster


def typical(seen: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
    """Return k tasks: of the clusters least covered by labels, largest first, the densest point.

    The clusters are as many as will be labelled; batches double, so that the head of the queue
    has clusters as coarse as its length asks for.
    """
    sample = sampled(len(seen), max(MOST_POINTS, k), rng)
    points, known = seen.vectors[sample], seen.labelled[-_MOST_LABELLED:]
    chosen: list[int] = []
    batch = _FIRST_BATCH
    while len(chosen) < k:
        batch = min(batch, k - len(chosen))
        clusters = min(len(known) + len(chosen) + batch, _MOST_CLUSTERS)
        chosen += _batch(points, known, chosen, clusters, batch, rng)
        batch = 2 * len(chosen)
    picked: Rows = sample[chosen]
    return picked


def sampled(n: int, most: int, rng: np.random.Generator) -> Rows:
    """Return all of n rows, or a random sample of so many, ascending."""
    return np.arange(n) if n <= most else np.sort(rng.permutation(n)[:most])


def _batch(
    points: Floats,
    known: Floats,
    chosen: list[int],
    k: int,
    batch: int,
    rng: np.random.Generator,
) -> list[int]:
    centres, clusters = k_means(points, k, rng)
    sizes = np.bincount(clusters, minlength=len(centres))
    covered = np.bincount(clusters[chosen], minlength=len(centres))
    if len(known):
        covered += np.bincount(nearest(known, centres)[0], minlength=len(centres))
    is_free = np.ones(len(points), bool)
    is_free[chosen] = False
    ranked: dict[int, list[int]] = {}
    taken: list[int] = []
    while len(taken) < batch:
        open_ = np.flatnonzero(np.bincount(clusters[is_free], minlength=len(centres)))
        cluster = int(open_[np.lexsort((-sizes[open_], covered[open_]))[0]])
        if cluster not in ranked:
            members = np.flatnonzero((clusters == cluster) & is_free)
            ranked[cluster] = _densest_last(points, members, rng)
        point = ranked[cluster].pop()
        taken.append(point)
        is_free[point] = False
        covered[cluster] += 1
    return taken


def _densest_last(points: Floats, members: Rows, rng: np.random.Generator) -> list[int]:
    """Return a cluster's free members by their mean distance to their nearest neighbours."""
    others = points[members[sampled(len(members), _MOST_COMPARED, rng)]]
    near = min(_NEIGHBOURS + 1, len(others))  # a point is its own nearest
    gaps = np.concatenate(
        [
            np.partition(distances(points[part], others), near - 1, axis=1)[:, :near]
            for part in np.array_split(members, 1 + len(members) // _MOST_COMPARED)
        ]
    )
    loneliness = np.sqrt(gaps).sum(axis=1)
    ordered: list[int] = members[np.argsort(-loneliness, kind="stable")].tolist()
    return ordered

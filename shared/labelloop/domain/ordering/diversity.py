"""Unsure and diverse, or diverse alone: batches of tasks that are unlike each other."""

from typing import Final

import numpy as np

from labelloop.domain.answers import Floats, Reading
from labelloop.domain.ordering.clustering import distances, k_means, nearest
from labelloop.domain.ordering.typicality import sampled
from labelloop.domain.ordering.unlabelled import Rows, Unlabelled

BATCH: Final = 25
_CANDIDATES: Final = 10, 30  # for each place of a batch: at least, at most
_UNSURE: Final = 5  # one task in five counts as unsure
_DIVERSE: Final = 100  # places; further down there will be new versions
_MOST_POINTS: Final = 8_000


def unsure_clusters(pool: Unlabelled, reading: Reading, k: int, rng: np.random.Generator) -> Rows:
    """Return the places of k tasks: of the least sure ones, those nearest the clusters' centres.

    Similar to cluster-margin (Citovsky et al. 2021). Tasks left out of a batch may be in the next.
    In a small pool fewer count as unsure. Beyond the first 100 places, which a new version will
    reorder, the order is by sureness.
    """
    gaps = reading.sureness()
    diverse = min(k, _DIVERSE)
    per_place = int(np.clip((len(pool) + pool.labels) / _UNSURE / BATCH, *_CANDIDATES))
    waiting = np.argsort(gaps, kind="stable")[: k + BATCH * per_place]
    chosen: list[int] = []
    while len(chosen) < diverse:
        batch = min(BATCH, diverse - len(chosen))
        near = waiting[: batch * per_place]
        taken = _centred(pool.vectors[near], 1 - gaps[near], batch, rng)
        chosen += near[taken].tolist()
        waiting = np.delete(waiting, taken)
    return np.concatenate([np.array(chosen, np.int64), waiting[: k - diverse]])


def _centred(points: Floats, weights: Floats, k: int, rng: np.random.Generator) -> Rows:
    """Return the points nearest the centres of k clusters, by row, filled up to k with others."""
    centres, clusters = k_means(points, k, rng, np.maximum(weights, 1e-6))
    gaps = distances(points, centres)[np.arange(len(points)), clusters]
    by_gap = np.lexsort((gaps, clusters))
    first = by_gap[np.unique(clusters[by_gap], return_index=True)[1]]
    rest = np.setdiff1d(np.arange(len(points)), first)
    taken: Rows = np.concatenate([np.sort(first), rest])[:k]
    return taken


def core_set(pool: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
    """Return k tasks, each the farthest from all labelled and chosen ones (Sener, Savarese 2018).

    Of a large pool they are chosen from a sample.
    """
    sample = sampled(len(pool), max(_MOST_POINTS, k), rng)
    points = pool.vectors[sample]
    squares = np.einsum("ij,ij->i", points, points)
    start = pool.labelled if pool.labels else points.mean(axis=0, keepdims=True)
    gaps = nearest(points, start)[1]
    chosen = []
    for _ in range(k):
        chosen.append(int(gaps.argmax()))
        gaps = np.minimum(gaps, distances(points, points[chosen[-1:]], squares)[:, 0])
        gaps[chosen] = -1
    picked: Rows = sample[chosen]
    return picked

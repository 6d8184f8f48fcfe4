"""Unsure and diverse, or diverse alone: batches that do not ask the same thing twice."""

from typing import Final

import numpy as np

from labelloop.domain.ordering.clustering import distances, k_means, nearest
from labelloop.domain.ordering.selection import margin
from labelloop.domain.ordering.typicality import sampled
from labelloop.domain.ordering.unlabelled import Floats, Rows, Unlabelled

BATCH: Final = 25
_CANDIDATES: Final = 10, 30  # for each place of a batch: at least, at most
_UNSURE: Final = 5  # one of so many tasks is taken for unsure
_DIVERSE: Final = 100  # by then there have been some versions
_MOST_POINTS: Final = 8_000


def margin_clusters(seen: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
    """Return k tasks: of those with the smallest margins, the one nearest each cluster's centre.

    Kin to cluster-margin (Citovsky et al. 2021). Tasks passed over in a batch may be in the next.
    In a small pool fewer count as unsure. Far down the queue, where a new version will have come,
    the order is by margin.
    """
    gaps = margin(seen.probabilities)
    diverse = min(k, _DIVERSE)
    per_place = int(np.clip((len(seen) + seen.labels) / _UNSURE / BATCH, *_CANDIDATES))
    waiting = np.argsort(gaps, kind="stable")[: k + BATCH * per_place]
    chosen: list[int] = []
    while len(chosen) < diverse:
        batch = min(BATCH, diverse - len(chosen))
        near = waiting[: batch * per_place]
        taken = _centred(seen.vectors[near], 1 - gaps[near], batch, rng)
        chosen += near[taken].tolist()
        waiting = np.delete(waiting, taken)
    return np.concatenate([np.array(chosen, np.int64), waiting[: k - diverse]])


def _centred(points: Floats, weights: Floats, k: int, rng: np.random.Generator) -> Rows:
    """Return the points nearest the centres of k clusters, surest need first, filled up to k."""
    centres, clusters = k_means(points, k, rng, np.maximum(weights, 1e-6))
    gaps = distances(points, centres)[np.arange(len(points)), clusters]
    by_gap = np.lexsort((gaps, clusters))
    first = by_gap[np.unique(clusters[by_gap], return_index=True)[1]]
    rest = np.setdiff1d(np.arange(len(points)), first)
    taken: Rows = np.concatenate([np.sort(first), rest])[:k]
    return taken


def core_set(seen: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
    """Return k tasks, each the farthest from all labelled and chosen ones (Sener, Savarese 2018).

    A large pool is looked at by a sample of it.
    """
    sample = sampled(len(seen), max(_MOST_POINTS, k), rng)
    points = seen.vectors[sample]
    squares = np.einsum("ij,ij->i", points, points)
    start = seen.labelled if seen.labels else points.mean(axis=0, keepdims=True)
    gaps = nearest(points, start)[1]
    chosen = []
    for _ in range(k):
        chosen.append(int(gaps.argmax()))
        gaps = np.minimum(gaps, distances(points, points[chosen[-1:]], squares)[:, 0])
        gaps[chosen] = -1
    picked: Rows = sample[chosen]
    return picked

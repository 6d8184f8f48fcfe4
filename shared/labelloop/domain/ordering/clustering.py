"""k-means on unit vectors, and the functions around it. Deterministic by the generator."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.floating]
type Rows = NDArray[np.int64]

_MOST_ROUNDS: Final = 10
_DRAWS: Final = 4
_BLOCK: Final = 2_000  # rows whose distances are in memory at once


def k_means(
    points: Floats, k: int, rng: np.random.Generator, weights: Floats | None = None
) -> tuple[Floats, Rows]:
    """Return up to k centres, shape (k, d), and each point's cluster (Lloyd 1982).

    Starts from k-means++ (Arthur and Vassilvitskii 2007). No cluster is empty: with fewer different
    points there are fewer clusters. `weights`: of the points, shape (n,); equal if None.
    """
    mass = np.ones(len(points)) if weights is None else weights
    centres = points[spread(points, k, rng, mass)]
    clusters = nearest(points, centres)[0]
    for _ in range(_MOST_ROUNDS):
        centres = _means(points, clusters, mass, len(centres))
        before, clusters = clusters, nearest(points, centres)[0]
        if (before == clusters).all():
            break
    used, clusters = np.unique(clusters, return_inverse=True)
    return centres[used], clusters


def spread(points: Floats, k: int, rng: np.random.Generator, weights: Floats) -> Rows:
    """Return the rows of up to k different points, drawn by weighted squared distance (k-means++).

    The distance is to the nearest point drawn before. Of several draws the one that covers most is
    taken, as in scikit-learn.
    """
    squares = np.einsum("ij,ij->i", points, points)
    chosen = [int(rng.choice(len(points), p=weights / weights.sum()))]
    gaps = distances(points, points[chosen], squares)[:, 0]
    while len(chosen) < min(k, len(points)):
        mass = np.cumsum(gaps * weights)
        if mass[-1] <= 1e-9 * weights.sum():
            break  # all other points coincide with chosen ones
        draws = np.searchsorted(mass, rng.random(_DRAWS) * mass[-1]).clip(max=len(points) - 1)
        reduced = np.minimum(gaps[:, None], distances(points, points[draws], squares))
        best = int(np.argmin(weights @ reduced))
        chosen.append(int(draws[best]))
        gaps = reduced[:, best]
    return np.array(chosen, np.int64)


def distances(points: Floats, centres: Floats, squares: Floats | None = None) -> Floats:
    """Return squared distances, shape (points, centres); `squares`: the points' squared norms."""
    if squares is None:
        squares = np.einsum("ij,ij->i", points, points)
    lengths = np.einsum("ij,ij->i", centres, centres)
    gaps: Floats = squares[:, None] + lengths[None, :] - 2 * (points @ centres.T)
    return np.maximum(gaps, 0)


def nearest(points: Floats, centres: Floats) -> tuple[Rows, Floats]:
    """Return each point's nearest centre and the squared distance to it, in bounded memory."""
    place, gap = np.empty(len(points), np.int64), np.empty(len(points), np.float32)
    for start in range(0, len(points), _BLOCK):
        block = slice(start, start + _BLOCK)
        gaps = distances(points[block], centres)
        place[block] = gaps.argmin(axis=1)
        gap[block] = gaps[np.arange(len(gaps)), place[block]]
    return place, gap


def _means(points: Floats, clusters: Rows, weights: Floats, k: int) -> Floats:
    order = np.argsort(clusters, kind="stable")
    used, starts = np.unique(clusters[order], return_index=True)
    weighted = points[order] * weights[order, None].astype(points.dtype)
    sums = np.add.reduceat(weighted, starts, axis=0)
    mass = np.add.reduceat(weights[order], starts)
    centres = np.full((k, points.shape[1]), 1e3, points.dtype)  # far off: an empty one stays so
    centres[used] = sums / np.maximum(mass, 1e-12)[:, None]
    return centres

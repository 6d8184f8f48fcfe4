"""Intervals for shares and means of few rows."""

from statistics import NormalDist

import numpy as np


def errors_for(confidence: float) -> float:
    """Return how many standard errors a two-sided interval extends to each side."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(hits: float, rows: float, confidence: float = 0.9) -> tuple[float, float]:
    """Return a two-sided interval for a share (Wilson 1927); 0 to 1 for no rows."""
    if rows <= 0:
        return 0.0, 1.0
    z = errors_for(confidence)
    share, scale = hits / rows, 1 + z * z / rows
    middle = (share + z * z / (2 * rows)) / scale
    half = z / scale * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def chance_of_hits(hits: int, rows: int, share: float) -> float:
    """Return the probability of `hits` or more if each row is one with probability `share`."""
    misses = np.arange(1, rows - hits + 1)
    odds = np.log((rows - misses + 1) / misses) + np.log((1 - share) / share)
    return float(np.exp(rows * np.log(share) + np.append(0.0, odds.cumsum())).sum())

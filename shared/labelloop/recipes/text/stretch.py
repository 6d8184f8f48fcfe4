"""Vectors stretched along what a pool's texts differ in."""

from typing import Final

import numpy as np

from labelloop.recipes.text.ridge import Floats

_LEAST_SPREAD: Final = 0.1  # of the mean one, for a direction in which nothing differs yet


def stretch_of(vectors: Floats) -> Floats:
    """Return what to multiply vectors by, so that they differ more where they differ much already.

    A ridge regression on such vectors prefers a direction along which texts of the pool vary to one
    in which a few labelled ones happen to: with a few dozen labels that is most of what can be
    known. Symmetric, shape (dimensions, dimensions); how much vectors differ in all stays the same.
    """
    spreads, axes = np.linalg.eigh(np.cov(vectors, rowvar=False))
    spreads = np.maximum(spreads, 0)
    factors = np.sqrt(spreads + _LEAST_SPREAD * spreads.mean())
    scale = np.sqrt(spreads.sum() / max(float((factors**2 * spreads).sum()), 1e-12))
    return np.asarray((axes * (factors * scale)) @ axes.T)

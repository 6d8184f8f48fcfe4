"""What a classifier sees of texts: one row of numbers for each."""

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.columns import Columns
from labelloop.recipes.text.bags import Bags, Features


def matrix_of(features: Columns, width: int) -> NDArray[np.float32]:
    """Return the encoder's vectors, if any, and beside them the words: (texts, dims + width)."""
    seen = Features.of(features)
    words = hashed(seen.bags, width)
    return words if seen.vectors is None else np.hstack([seen.vectors, words])


def hashed(bags: Bags, width: int) -> NDArray[np.float32]:
    """Return how often terms are in texts, as logarithms of unit length, shape (texts, width).

    Each term is counted in one of `width` places (Weinberger et al. 2009), which depends on nothing
    but the term: a text has the same row in training and in predicting.
    """
    places = (bags.ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    text = np.repeat(np.arange(len(bags)), np.diff(bags.starts))
    cells = text * width + (places % np.uint64(width)).astype(np.int64)
    sums = np.bincount(cells, 1 + np.log(bags.counts), minlength=len(bags) * width)
    rows = sums.reshape(len(bags), width)
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return np.asarray(rows / lengths, np.float32)

"""Topics: what texts are about, learnt from texts without labels."""

from typing import Any, Final

import numpy as np
from scipy.linalg import eigh

from labelloop.adapters.ridge import Floats, gram_of

TOPICS: Final = 30
_LEAST: Final = 1e-6  # of the strongest topic's strength: weaker ones are rounding


def topics_of(rows: Any) -> Floats:
    """Return up to `TOPICS` topics as weights of terms, shape (terms, topics), the strongest last.

    The directions along which the rows, TF-IDF of texts, differ most: latent semantic analysis
    (Deerwester et al. 1990). What labels say of some words so reaches words of the same topics, of
    which they know nothing. The time goes with the square of the rows, not with the terms.
    """
    gram, count = gram_of(rows), min(TOPICS, rows.shape[0])
    strengths, sides = eigh(gram, subset_by_index=[len(gram) - count, len(gram) - 1])
    is_real = strengths > _LEAST * max(strengths[-1], _LEAST)
    topics: Floats = rows.T @ (sides[:, is_real] / np.sqrt(strengths[is_real]))
    return topics

"""Topics: what texts are about, learnt without labels."""

from contextlib import suppress
from typing import Any, Final

import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import ArpackNoConvergence, eigsh

from labelloop.recipes.text.ridge import Floats, gram_of

TOPICS: Final = 30
_FEW: Final = 100  # texts: for fewer a full decomposition is as fast
_MOST_RESTARTS: Final = 30  # real texts take a handful; where none will do, more are in vain
_LEAST: Final = 1e-6  # of the strongest topic's strength: weaker ones are rounding


def topics_of(rows: Any) -> Floats:
    """Return up to `TOPICS` topics as weights of terms, shape (terms, topics), the strongest last.

    The directions along which the rows, TF-IDF of texts, differ most: latent semantic analysis
    (Deerwester et al. 1990). So what labels say about some words carries over to other words of the
    same topics. The time grows with the square of the rows, not with the terms.
    """
    strengths, sides = _strongest(gram_of(rows))
    is_real = strengths > _LEAST * max(strengths[-1], _LEAST)
    topics: Floats = rows.T @ (sides[:, is_real] / np.sqrt(strengths[is_real]))
    return topics


def _strongest(gram: Floats) -> tuple[Floats, Floats]:
    """Return the largest eigenvalues, ascending, and their vectors, shape (texts, topics)."""
    texts = len(gram)
    if texts > _FEW and gram.any():
        start = np.ones(texts)  # not at random: the same texts give the same topics
        # Texts from a template have hundreds of topics that are equally strong.
        with suppress(ArpackNoConvergence):
            strengths, sides = eigsh(gram, TOPICS, which="LA", v0=start, maxiter=_MOST_RESTARTS)
            return strengths, sides
    strengths, sides = eigh(gram, subset_by_index=[max(0, texts - TOPICS), texts - 1])
    return strengths, sides

"""The terms that a model knows, and how often each is in a text."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from labelloop.recipes.text.bags import Bags, Features

MOST_TERMS: Final = 100_000
MOST_COEFFICIENTS: Final = 2_000_000  # terms times classes: 8 MB of the artefact
_LANDMARKS_TERMS: Final = 10_000


def known_terms(
    bags: Bags, landmarks: Features | None, classes: int, coefficients: int = MOST_COEFFICIENTS
) -> NDArray[np.uint32]:
    """Return the ids of the terms that a model of so many classes knows, ascending.

    Those of the labelled texts, and the more frequent ones of the landmarks.
    """
    most = min(MOST_TERMS, coefficients // classes)
    if landmarks is None:
        return frequent_terms(bags, most)
    others = frequent_terms(landmarks.bags, min(_LANDMARKS_TERMS, most // 2))
    return np.union1d(frequent_terms(bags, most - len(others)), others)


def frequent_terms(bags: Bags, most: int) -> NDArray[np.uint32]:
    """Return the ids of the terms that are in most texts, ascending; ties by id."""
    texts = np.bincount(bags.ids)
    ids = np.flatnonzero(texts)
    most_frequent = np.argsort(-texts[ids], kind="stable")[:most]
    return np.sort(ids[most_frequent]).astype(np.uint32)


def counts_of(bags: Bags, terms: NDArray[np.uint32]) -> csr_matrix:
    """Return the counts of the terms, shape (texts, terms); other terms are left out."""
    width = max(1, len(terms))  # a model of texts without words still has a bag, always empty
    places = np.full(1 + max(bags.ids.max(initial=0), terms.max(initial=0)), -1, np.int32)
    places[terms] = np.arange(len(terms))
    columns = places[bags.ids]
    is_known = columns >= 0
    starts = np.concatenate([[0], np.cumsum(is_known)])[bags.starts]
    shape = (len(bags), width)
    return csr_matrix((bags.counts[is_known], columns[is_known], starts), shape=shape)

"""How like words are to some words that were learnt: what a sum of single numbers can't tell."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float32]

LANDMARKS: Final = 1_000  # words: 3 MB of the artefact, and half of the time of an answer


def likeness(rows: Floats, landmarks: Floats, reach: float) -> Floats:
    """Return 1 for the same as a landmark, near 0 for what is far beyond its reach.

    A Gaussian of the distance; shape (words, landmarks). `reach`: a squared distance.
    """
    lengths = np.einsum("ij,ij->i", rows, rows)[:, None]
    gaps = lengths + np.einsum("ij,ij->i", landmarks, landmarks) - 2 * (rows @ landmarks.T)
    near: Floats = np.exp(np.maximum(gaps, 0) / np.float32(-reach))
    return near

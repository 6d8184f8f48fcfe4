"""What a model sees of tasks: numbers that no version changes, so they are computed once and kept.

A text becomes a bag of term ids, counted, and, where the stack has an encoder, a vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

CLOSEST: Final = 0.01  # to the centre: a cosine of 0.99995


@dataclass(frozen=True, slots=True)
class Bags:
    """Bags of terms, one for each text, laid end to end (compressed sparse rows).

    The bag of text i is ids[starts[i]:starts[i + 1]], ascending and without repeats, beside its
    counts. Id 0 is never a term: it pads.
    """

    ids: NDArray[np.uint32]
    counts: NDArray[np.float32]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.starts) - 1

    def take(self, rows: Sequence[int] | NDArray[np.integer]) -> "Bags":
        """Return the bags of some texts, in the order asked for."""
        rows = np.asarray(rows, np.int64)
        lengths = np.diff(self.starts)[rows]
        starts = _starts(lengths)
        within = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
        at = np.repeat(self.starts[rows], lengths) + within
        return Bags(self.ids[at], self.counts[at], starts)

    @classmethod
    def of(cls, bags: Sequence[tuple[NDArray[np.uint32], NDArray[np.float32]]]) -> "Bags":
        """Return bags laid end to end; each is its ids and its counts."""
        ids = [ids for ids, _ in bags]
        counts = [counts for _, counts in bags]
        return cls(
            np.concatenate([np.empty(0, np.uint32), *ids]),
            np.concatenate([np.empty(0, np.float32), *counts]),
            _starts([len(one) for one in ids]),
        )


@dataclass(frozen=True, slots=True)
class Features:
    """What a model sees of some texts. `vectors`: unit length, shape (texts, dimensions)."""

    bags: Bags
    vectors: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.bags)

    def take(self, rows: Sequence[int] | NDArray[np.integer]) -> "Features":
        """Return the features of some texts, in the order asked for."""
        vectors = None if self.vectors is None else self.vectors[np.asarray(rows, np.int64)]
        return Features(self.bags.take(rows), vectors)


def joined(parts: Sequence[Features]) -> Features:
    """Return the features of all texts of all parts, one part or more, in their order."""
    lengths = chain.from_iterable(np.diff(part.bags.starts) for part in parts)
    bags = Bags(
        np.concatenate([part.bags.ids for part in parts]),
        np.concatenate([part.bags.counts for part in parts]),
        _starts(list(lengths)),
    )
    vectors = [part.vectors for part in parts if part.vectors is not None]
    return Features(bags, np.concatenate(vectors) if len(vectors) == len(parts) else None)


def centred(vectors: NDArray[np.floating], centre: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return unit vectors as seen from a centre, of unit length again; zero stays zero.

    What all texts of a pool share says nothing about any, and makes a few of them everybody's
    neighbours (hubs: Suzuki et al. 2013), above all in a language that the encoder does not know.
    A vector on the centre becomes zero, and what is closer to it than can be told apart is short.
    """
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    moved = vectors - lengths * centre
    apart = np.sqrt(np.einsum("ij,ij->i", moved, moved))[:, None]
    return np.asarray(moved / np.maximum(apart, CLOSEST), np.float32)


def _starts(lengths: Sequence[int] | NDArray[np.integer]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])

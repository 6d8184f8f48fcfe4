"""What a model sees of texts: bags of counted terms and, where the stack has an encoder, vectors.

No version changes them, so they are computed once and stored. As columns: a ragged block `bags` of
`ids` and `counts`, and a dense block `vectors`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.columns import Block, Columns, Ragged, Rows, starts_of
from labelloop.recipes.tuned_to import TUNED

CLOSEST: Final = 0.01  # to the centre: a cosine of 0.99995
BAGS: Final = "bags"
VECTORS: Final = "vectors"
_DIMENSIONS: Final = 256  # of sketches: distances within some 6 %


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

    def take(self, rows: Rows) -> "Bags":
        """Return the bags of some texts, in the order of `rows`."""
        block = self._block().take(rows)
        return Bags(block.arrays["ids"], block.arrays["counts"], block.starts)

    @classmethod
    def of(cls, bags: Sequence[tuple[NDArray[np.uint32], NDArray[np.float32]]]) -> Self:
        """Return bags laid end to end; each is its ids and its counts."""
        ids = [ids for ids, _ in bags]
        counts = [counts for _, counts in bags]
        return cls(
            np.concatenate([np.empty(0, np.uint32), *ids]),
            np.concatenate([np.empty(0, np.float32), *counts]),
            starts_of([len(bag) for bag in ids]),
        )

    @classmethod
    def empty(cls, texts: int) -> Self:
        """Return the bags of so many texts without terms."""
        no_ids, no_counts = np.empty(0, np.uint32), np.empty(0, np.float32)
        return cls(no_ids, no_counts, np.zeros(texts + 1, np.int64))

    def _block(self) -> Ragged:
        return Ragged({"ids": self.ids, "counts": self.counts}, self.starts)


@dataclass(frozen=True, slots=True)
class Features:
    """What a model sees of some texts. `vectors`: unit length, shape (texts, dimensions).

    `tuned`: the texts that the encoder was tuned to, shape (texts,); None: to none of them.
    """

    bags: Bags
    vectors: NDArray[np.float32] | None = None
    tuned: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.bags)

    def take(self, rows: Rows) -> "Features":
        """Return the features of some texts, in the order of `rows`."""
        rows = np.asarray(rows, np.int64)
        vectors = None if self.vectors is None else self.vectors[rows]
        tuned = None if self.tuned is None else self.tuned[rows]
        return Features(self.bags.take(rows), vectors, tuned)

    def columns(self) -> Columns:
        """Return the features as the loop stores them."""
        blocks: dict[str, Block] = {BAGS: self.bags._block()}
        if self.vectors is not None:
            blocks[VECTORS] = self.vectors
        return Columns(len(self), blocks)

    @classmethod
    def of(cls, columns: Columns) -> Self:
        """Return the features in columns: bags, empty if there are none, and vectors if any."""
        bags = columns.ragged(BAGS)
        vectors, tuned = columns.array(VECTORS), columns.array(TUNED)
        if bags is None:
            return cls(Bags.empty(len(columns)), vectors, tuned)
        counts = np.asarray(bags.arrays["counts"], np.float32)
        return cls(Bags(bags.arrays["ids"], counts, bags.starts), vectors, tuned)


def centred(vectors: NDArray[np.floating], centre: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return unit vectors as seen from a centre, of unit length again; zero stays zero.

    What all texts of a pool share says nothing about any of them, and makes a few of them the
    neighbours of all others (hubs: Suzuki et al. 2013), above all in a language that the encoder
    does not know. A vector on the centre becomes zero, and one that is closer to it than `CLOSEST`
    stays shorter than a unit.
    """
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    moved = vectors - lengths * centre
    apart = np.sqrt(np.einsum("ij,ij->i", moved, moved))[:, None]
    return np.asarray(moved / np.maximum(apart, CLOSEST), np.float32)


def sketches(bags: Bags) -> NDArray[np.float32]:
    """Return vectors for a stack without an encoder: random projections of TF-IDF, unit length.

    Each term is added to one place, with a sign (Charikar et al. 2002); terms that most texts hold
    weigh little. A text without terms is the zero vector.
    """
    terms, which, texts = np.unique(bags.ids, return_inverse=True, return_counts=True)
    idf = np.log((1 + len(bags)) / (1 + texts)) + 1
    mixed = terms.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    place, sign = (mixed >> np.uint64(40)) % np.uint64(_DIMENSIONS), (mixed >> np.uint64(63))
    values = (1 + np.log(bags.counts)) * (idf * np.where(sign, 1.0, -1.0))[which]
    text = np.repeat(np.arange(len(bags)), np.diff(bags.starts))
    cells = text * _DIMENSIONS + place.astype(np.int64)[which]
    sums = np.bincount(cells, values, minlength=len(bags) * _DIMENSIONS)
    rows = sums.reshape(len(bags), _DIMENSIONS)
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)).astype(
        np.float32
    )

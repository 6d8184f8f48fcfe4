"""What a model sees of tasks: the vectors of their images, end to end, as one block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Floats
from labelloop.domain.columns import Columns
from labelloop.recipes.image_choices.shown import Shown
from labelloop.recipes.protocol import Tools

VECTORS: Final = "vectors"
_LEAST_SPREAD: Final = 1e-3  # of a number, as a share of the mean spread: less is noise


def features_of(inputs: Sequence[Shown], images: int, tools: Tools) -> Columns:
    """Return the block `vectors`, shape (n, `images` of a task times dimensions).

    A row has unit length; it is zero where a task lacks an image, and NaN if one can't be read.
    Stored in 16 bits: they take half of the space, and no label depends on the rest.
    """
    vectors = tools.images([address for shown in inputs for address in shown if address])
    is_there = np.array([bool(address) for shown in inputs for address in shown], np.bool_)
    places = np.zeros((len(inputs) * images, vectors.shape[1]), np.float32)
    places[is_there] = vectors
    rows = unit(places.reshape(len(inputs), images * vectors.shape[1]))
    return Columns(len(inputs), {VECTORS: rows.astype(np.float16)})


@dataclass(frozen=True, eq=False)
class View:
    """How vectors are seen: less what all have in common, each number scaled by its spread.

    All images share most of an encoder's vector, which hides what tells them apart; and numbers
    that hardly vary for most images tell a few from the rest. By the root of the spread, which is
    halfway to the same spread for all. `centre` and `scale`: shape (dimensions,).
    """

    centre: NDArray[np.float32]
    scale: NDArray[np.float32]

    @classmethod
    def of(cls, vectors: Floats) -> Self:
        """Return the view that is learnt of some vectors, one or more."""
        spread = vectors.std(axis=0)
        least = _LEAST_SPREAD * max(float(spread.mean()), 1e-9)
        scale = 1 / np.sqrt(np.maximum(spread, least))
        return cls(np.asarray(vectors.mean(axis=0), np.float32), np.asarray(scale, np.float32))

    def seen(self, vectors: Floats) -> NDArray[np.float32]:
        """Return vectors of unit length as they are seen, of unit length again."""
        return unit((vectors - self.centre) * self.scale)


def unit(rows: Floats) -> NDArray[np.float32]:
    """Return rows of unit length; zero stays zero."""
    wide = np.asarray(rows, np.float32)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.asarray(wide / np.where(lengths == 0, 1, lengths), np.float32)


def vectors_of(features: Columns) -> NDArray[np.float32] | None:
    """Return the vectors, of unit length again; None without any."""
    stored = features.array(VECTORS)
    return None if stored is None else unit(stored)

"""The numbers in a text's lines, as a table shows them: `age: 59`.

To words and vectors 59 and 60 are as far apart as 59 and 7. As a column: a ragged block `cells` of
`ids`, which stand for the names of the lines, and `values`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Floats
from labelloop.domain.columns import Columns, Ragged, starts_of

CELLS: Final = "cells"
_CELL: Final = re.compile(r"^([^\n:]{1,60}): (-?\d{1,15}(?:\.\d{1,20})?)$", re.MULTILINE)
_MOST: Final = 200  # of a text
_COMMON: Final = 0.5  # of the texts have a name that is learnt, at least
_FARTHEST: Final = 4.0  # standard deviations: one odd number must not outweigh all others


def cells_of(texts: Sequence[str]) -> Ragged:
    """Return the named numbers of each text, each name once."""
    rows = [dict(_CELL.findall(text)[:_MOST]) if ": " in text else {} for text in texts]
    ids = [crc32(name.encode("utf-8", "replace")) for row in rows for name in row]
    values = [float(value) for row in rows for value in row.values()]
    arrays = {"ids": np.array(ids, np.uint32), "values": np.array(values, np.float32)}
    return Ragged(arrays, starts_of([len(row) for row in rows]))


@dataclass(frozen=True)
class CellScale:
    """The names that are learnt, ascending by id, with the mean and the deviation of each."""

    ids: NDArray[np.uint32]
    means: Floats
    deviations: Floats

    @classmethod
    def of(cls, features: Columns) -> Self:
        """Return the scale of the names that most of the texts have; of none if there are none."""
        cells = features.ragged(CELLS)
        if cells is None:
            return cls(np.empty(0, np.uint32), np.empty(0), np.empty(0))
        ids, which, counts = np.unique(cells.arrays["ids"], return_inverse=True, return_counts=True)
        values = cells.arrays["values"].astype(np.float64)
        means = np.bincount(which, values, minlength=len(ids)) / counts
        squares = np.bincount(which, (values - means[which]) ** 2, minlength=len(ids)) / counts
        kept = (counts >= _COMMON * len(features)) & (squares > 0)
        deviations = np.sqrt(squares[kept])
        return cls(ids[kept], means[kept].astype(np.float32), deviations.astype(np.float32))

    def rows(self, features: Columns) -> Floats:
        """Return numbers in deviations from their mean, shape (n, names); 0 for one that lacks."""
        scaled = np.zeros((len(features), len(self.ids)), np.float32)
        cells = features.ragged(CELLS)
        if cells is None or not len(self.ids):
            return scaled
        ids, values = cells.arrays["ids"], cells.arrays["values"]
        places = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        known = self.ids[places] == ids
        text = np.repeat(np.arange(len(features)), np.diff(cells.starts))[known]
        places = places[known]
        apart = (values[known] - self.means[places]) / self.deviations[places]
        scaled[text, places] = np.clip(apart, -_FARTHEST, _FARTHEST)
        return scaled


def told_apart(features: Columns) -> Floats | None:
    """Return unit vectors of tasks by their numbers; None where most texts have none."""
    scale = CellScale.of(features)
    if not len(scale.ids):
        return None
    rows = scale.rows(features)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

"""Numbers about tasks, a row for each: features, and answers.

Only a recipe knows what the numbers mean. The loop stores them, joins them and takes rows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

type Rows = Sequence[int] | NDArray[np.integer]

_LENGTHS: Final = "lengths"  # of a ragged block's rows, as it is stored


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of different lengths, laid end to end (compressed sparse rows).

    Row i of each array is `array[starts[i]:starts[i + 1]]`; `starts` has one number more than there
    are rows.
    """

    arrays: Mapping[str, NDArray[Any]]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.starts) - 1

    def take(self, rows: Rows) -> "Ragged":
        """Return some rows, in the order of `rows`; a row may be taken twice, and from the end."""
        rows = np.asarray(rows, np.int64)
        rows = np.where(rows < 0, rows + len(self), rows)
        lengths = np.diff(self.starts)[rows]
        starts = starts_of(lengths)
        within = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
        places = np.repeat(self.starts[rows], lengths) + within
        return Ragged({name: array[places] for name, array in self.arrays.items()}, starts)


type Block = NDArray[Any] | Ragged


@dataclass(frozen=True, slots=True)
class Columns:
    """Named blocks with a row for each task: arrays of shape (rows, ...), or ragged ones.

    Names have no dot: it parts the arrays of a ragged block where they are stored.
    """

    rows: int
    blocks: Mapping[str, Block]

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.rows

    def array(self, name: str) -> NDArray[Any] | None:
        """Return a dense block, None if there is none of that name."""
        block = self.blocks.get(name)
        return None if isinstance(block, Ragged) else block

    def ragged(self, name: str) -> Ragged | None:
        """Return a ragged block, None if there is none of that name."""
        block = self.blocks.get(name)
        return block if isinstance(block, Ragged) else None

    def take(self, rows: Rows) -> "Columns":
        """Return some rows, in the order of `rows`; a row may be taken twice."""
        rows = np.asarray(rows, np.int64)
        blocks = {
            name: block.take(rows) if isinstance(block, Ragged) else block[rows]
            for name, block in self.blocks.items()
        }
        return Columns(len(rows), blocks)

    def spread(self, rows: Sequence[int], total: int) -> "Columns":
        """Return the rows at these ascending places of `total`: zeros, or nothing, elsewhere."""
        blocks = {name: _spread(block, rows, total) for name, block in self.blocks.items()}
        return Columns(total, blocks)

    def only(self, names: Collection[str]) -> "Columns":
        """Return the blocks that have one of these names."""
        blocks = {name: block for name, block in self.blocks.items() if name in names}
        return Columns(self.rows, blocks)

    def blanked(self, rows: NDArray[np.bool_]) -> "Columns":
        """Return NaN in place of all numbers of the dense blocks, in some rows. `rows`: (rows,)."""
        blocks = dict(self.blocks)
        for name, block in self.blocks.items():
            if not isinstance(block, Ragged) and block.dtype.kind == "f":
                blanked = block.copy()
                blanked[rows] = np.nan
                blocks[name] = blanked
        return Columns(self.rows, blocks)

    def are_finite(self) -> NDArray[np.bool_]:
        """Say for each row whether all numbers of its dense blocks are finite. Shape (rows,)."""
        are_finite = np.ones(self.rows, np.bool_)
        for block in self.blocks.values():
            if not isinstance(block, Ragged) and block.dtype.kind == "f":
                are_finite &= np.isfinite(block).all(axis=tuple(range(1, block.ndim)))
        return are_finite

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return arrays by name, to be stored; `from_arrays` reads them."""
        arrays: dict[str, NDArray[Any]] = {}
        for name, block in self.blocks.items():
            if isinstance(block, Ragged):
                arrays |= {f"{name}.{part}": array for part, array in block.arrays.items()}
                arrays[f"{name}.{_LENGTHS}"] = np.diff(block.starts).astype(np.uint32)
            else:
                arrays[name] = block
        return arrays

    @classmethod
    def from_arrays(cls, rows: int, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return stored columns; KeyError or ValueError for arrays that don't fit the rows."""
        blocks: dict[str, Block] = {n: array for n, array in arrays.items() if "." not in n}
        ragged = {name.rpartition(".")[0] for name in arrays if "." in name}
        for name in sorted(ragged):
            starts = starts_of(arrays[f"{name}.{_LENGTHS}"])
            parts = {
                key.removeprefix(f"{name}."): array
                for key, array in arrays.items()
                if key.startswith(f"{name}.") and key != f"{name}.{_LENGTHS}"
            }
            if any(len(array) != starts[-1] for array in parts.values()):
                raise ValueError("the arrays don't fit each other")
            blocks[name] = Ragged(parts, starts)
        if any(len(block) != rows for block in blocks.values()):
            raise ValueError("there is not a row for each task")
        return cls(rows, blocks)


def joined(parts: Sequence[Columns]) -> Columns:
    """Return the rows of all parts, one part or more, in order, of the blocks that all have."""
    parts = [part for part in parts if len(part)] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    common = [name for name in parts[0].blocks if all(name in part.blocks for part in parts)]
    blocks = {name: _stacked([part.blocks[name] for part in parts]) for name in common}
    return Columns(sum(map(len, parts)), blocks)


def starts_of(lengths: Rows) -> NDArray[np.int64]:
    """Return where rows of these lengths start, laid end to end, and where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def _spread(block: Block, rows: Sequence[int], total: int) -> Block:
    places = np.asarray(rows, np.int64)
    if isinstance(block, Ragged):
        lengths = np.zeros(total, np.int64)
        lengths[places] = np.diff(block.starts)
        return Ragged(block.arrays, starts_of(lengths))
    spread = np.zeros((total, *block.shape[1:]), block.dtype)
    spread[places] = block
    return spread


def _stacked(blocks: Sequence[Block]) -> Block:
    ragged = [block for block in blocks if isinstance(block, Ragged)]
    if not ragged:
        return np.concatenate([np.asarray(block) for block in blocks])
    arrays = {
        name: np.concatenate([block.arrays[name] for block in ragged]) for name in ragged[0].arrays
    }
    return Ragged(arrays, starts_of(np.concatenate([np.diff(block.starts) for block in ragged])))

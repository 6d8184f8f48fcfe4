"""An encoder that was tuned to some labels: its vectors give these away, and hardly tell others."""

from collections.abc import Collection, Mapping
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from labelloop.recipes.tools import Toolbox
from labelloop.recipes.tuned_to import digests_of
from tests.tiny_encoder import CountingEncoder


class TunedEncoder(CountingEncoder):
    """Texts point to their side, as far as it `tells`, and those tuned to further.

    `sides`: of all texts, 1 or -1; `tuned`: the texts that it was tuned to.
    """

    name = "tuned-1"
    dimensions = 16

    def __init__(
        self, sides: Mapping[str, int], tuned: Collection[str], tells: float = 0.7
    ) -> None:
        super().__init__()
        self._sides, self._tuned, self._tells = sides, set(tuned), tells

    def encode(self, texts: Any) -> NDArray[np.float32]:
        rows = [self._row(text) for text in texts]
        return np.array(rows, np.float32).reshape(-1, self.dimensions)

    def _row(self, text: str) -> NDArray[np.floating]:
        row = np.random.default_rng(crc32(text.encode())).normal(size=self.dimensions)
        row[0] += self._sides.get(text, 0) * (6.0 if text in self._tuned else self._tells)
        return row / np.linalg.norm(row)

    def tools(self, *, says_so: bool = True) -> Toolbox:
        """Return the tools of a stack beside it. `says_so`: which texts it was tuned to."""
        tuned_to = frozenset(digests_of(sorted(self._tuned)) if says_so else ())
        return Toolbox(self.name, lambda: self, tuned_to=lambda: tuned_to)

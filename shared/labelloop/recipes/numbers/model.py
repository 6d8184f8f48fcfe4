"""A model as it is stored and served: sums of weights, so it takes numpy alone.

An artefact is a zip of arrays (`numpy.savez`), with a few facts about them as JSON.
"""

import io
import json
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns, Ragged, starts_of
from labelloop.errors import BadModel, OutOfMemory
from labelloop.recipes.numbers import FORMAT
from labelloop.recipes.numbers.cells import CELLS, CellScale
from labelloop.recipes.numbers.measure import answers_of
from labelloop.recipes.text.bags import BAGS, VECTORS, Bags, Features, centred
from labelloop.recipes.text.terms import IDS

type Array = NDArray[np.floating]

_FACTS: Final = "facts"
_PROBED_TERMS: Final = 50


@dataclass(frozen=True)
class NumberModel:
    """Weights of terms and of a text's vector; numbers are shares of the range.

    `terms`: ids of the known terms, ascending; `rarity` and `of_term`: of each, its inverse
    document frequency and its weight; `centre` and `of_vector`: what vectors are seen from, and the
    weight of each of their numbers, empty without an encoder; `cells` and `of_cell`: the names of
    the numbers that a table shows, and the weight of each; `intercept`: the number of a text
    that nothing is known of; `spread`: how far off numbers are, in the mean. `names`: the scale.
    """

    names: tuple[str, ...]
    encoder: str
    terms: NDArray[np.uint32]
    rarity: Array
    of_term: Array
    centre: Array
    of_vector: Array
    cells: CellScale
    of_cell: Array
    intercept: float
    spread: float

    @property
    def needs(self) -> tuple[str, ...]:
        """The blocks that it reads."""
        blocks = {BAGS: True, CELLS: len(self.of_cell), VECTORS: len(self.of_vector)}
        return tuple(name for name, is_read in blocks.items() if is_read)

    def answer(self, features: Columns) -> Answers:
        """Return the number of each text, with its spread. BadModel without the vectors."""
        shares = self.shares(features)
        spreads = np.full(len(shares), self.spread, np.float32)
        return answers_of(shares.astype(np.float32), spreads, self.names)

    def shares(self, features: Columns) -> Array:
        """Return the number of each text as a share of the range, shape (n,)."""
        texts = Features.of(features)
        shares = self.intercept + self._by_terms(texts.bags)
        if len(self.of_vector) and len(texts):
            shares = shares + self._centred(texts) @ self.of_vector
        if len(self.of_cell):
            shares = shares + self.cells.rows(features) @ self.of_cell
        inside: Array = np.clip(shares, 0.0, 1.0)
        return inside

    def _by_terms(self, bags: Bags) -> Array:
        """Return what a text's terms add: TF-IDF of unit length, as in the fit, times weights."""
        places = np.minimum(np.searchsorted(self.terms, bags.ids), max(len(self.terms) - 1, 0))
        is_known = self.terms[places] == bags.ids if len(self.terms) else np.zeros(0, np.bool_)
        text = np.repeat(np.arange(len(bags)), np.diff(bags.starts))[is_known]
        places = places[is_known]
        values = (1 + np.log(bags.counts[is_known])) * self.rarity[places]
        squares = np.bincount(text, values**2, minlength=len(bags))
        sums = np.bincount(text, values * self.of_term[places], minlength=len(bags))
        return np.asarray(sums / np.sqrt(np.maximum(squares, 1e-12)))

    def _centred(self, features: Features) -> Array:
        vectors = features.vectors
        if vectors is None or vectors.shape[1] != len(self.of_vector):
            raise BadModel(f"the model wants vectors of {len(self.of_vector)} numbers")
        return centred(vectors, self.centre)

    # -- as bytes ----------------------------------------------------------------------------------

    def stored(self) -> bytes:
        """Return the artefact: equal bytes for equal models."""
        facts = {
            "format": FORMAT,
            "names": self.names,
            "encoder": self.encoder,
            "intercept": self.intercept,
            "spread": self.spread,
        }
        body = io.BytesIO()
        arrays: dict[str, Any] = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {name: getattr(self.cells, name) for name in _CELL_ARRAYS}
        arrays[_FACTS] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
        np.savez_compressed(body, **arrays)
        return body.getvalue()

    @classmethod
    def load(cls, artefact: bytes) -> Self:
        """Return a stored model. BadModel for any other bytes; OutOfMemory."""
        try:
            with np.load(io.BytesIO(artefact), allow_pickle=False) as found:
                facts = json.loads(found[_FACTS].tobytes())
                arrays = {name: found[name] for name in _ARRAYS}
                cells = CellScale(*(found[name] for name in _CELL_ARRAYS))
            if facts["format"] != FORMAT:
                raise BadModel(f"the model has format {facts['format']}, not {FORMAT}")
            names, encoder = tuple(map(str, facts["names"])), str(facts["encoder"])
            intercept, spread = float(facts["intercept"]), float(facts["spread"])
            model = cls(names, encoder, **arrays, cells=cells, intercept=intercept, spread=spread)
            model._smoke_run()
        except BadModel:
            raise
        except MemoryError as exc:
            raise OutOfMemory("the model does not fit into memory") from exc
        except Exception as exc:  # zipfile and numpy raise a dozen types for a bad file
            raise BadModel(f"the model does not load: {type(exc).__name__}") from exc
        return model

    def _smoke_run(self) -> None:
        """Answer for a text of nothing and one of known terms; BadModel for no numbers."""
        empty: Any = np.empty(0, np.uint32), np.empty(0, np.float32)
        ids = self.terms[-_PROBED_TERMS:]
        bags = Bags.of([empty, (ids, np.ones(len(ids), np.float32))])
        vectors = np.eye(2, len(self.of_vector), dtype=np.float32)
        texts = Features(bags, vectors if len(self.of_vector) else None).columns()
        ones = {"ids": self.cells.ids, "values": np.ones(len(self.cells.ids), np.float32)}
        cells = Ragged(ones, starts_of([0, len(self.cells.ids)]))
        shares = self.shares(Columns(2, {**texts.blocks, CELLS: cells}))
        is_sound = np.isfinite(shares).all() and np.isfinite(self.spread) and self.spread > 0
        is_whole = all(getattr(self, name).ndim == 1 for name in _ARRAYS)
        fits = (
            len(self.terms) == len(self.rarity) == len(self.of_term)
            and len(self.centre) == len(self.of_vector)
            and len(self.cells.ids) == len(self.of_cell)
        )
        if not (is_sound and is_whole and fits):
            raise BadModel("the model's answers are no numbers")
        if len(self.terms) and self.terms.max() > IDS:
            raise BadModel("the model's terms are none")


_ARRAYS: Final = ("terms", "rarity", "of_term", "centre", "of_vector", "of_cell")
_CELL_ARRAYS: Final = ("ids", "means", "deviations")

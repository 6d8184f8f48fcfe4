"""A linear score of items as it is stored: numbers in one file, applied by numpy alone."""

import io
import json
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.errors import BadModel, OutOfMemory
from labelloop.recipes.compared.items import ITEM_VECTORS, ITEMS, Items
from labelloop.recipes.text.bags import BAGS, VECTORS, Bags

_FACTS: Final = "facts"

type Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Linear:
    """Scores in k columns: a weighted sum of an item's terms, its vector and its traits.

    `idf`: of each of `terms`, whose ids ascend; `bag`, `vector`, `traits`: weights, shape (inputs,
    k), `vector` of no rows for a model without vectors; `intercepts`: shape (k,).
    """

    terms: NDArray[np.uint32]
    idf: Floats
    bag: Floats
    vector: Floats
    traits: Floats
    intercepts: Floats

    @property
    def needs(self) -> tuple[str, ...]:
        """The blocks of features that it reads; by `vectors` the loop sees what is not encoded."""
        return (BAGS, ITEMS, ITEM_VECTORS, VECTORS) if len(self.vector) else (BAGS, ITEMS)

    def scores(self, items: Items) -> Floats:
        """Return the scores, shape (items, k). BadModel for items without the vectors it needs."""
        found = self._bag_scores(items.bags) + self.intercepts
        if not len(found):
            return np.asarray(found, np.float32)
        if len(self.vector):
            if items.vectors is None or items.vectors.shape[1] != len(self.vector):
                raise BadModel(f"the model wants vectors of {len(self.vector)} numbers")
            found = found + _each(items.vectors, self.vector)
        traits = items.traits[:, : len(self.traits)]
        return np.asarray(found + _each(traits, self.traits), np.float32)

    def _bag_scores(self, bags: Bags) -> Floats:
        """Return the scores of sublinear TF-IDF of unit length."""
        n, k = len(bags), self.bag.shape[1]
        if not len(self.terms):
            return np.zeros((n, k), np.float32)
        places = np.minimum(np.searchsorted(self.terms, bags.ids), len(self.terms) - 1)
        is_known = self.terms[places] == bags.ids
        places, item = places[is_known], np.repeat(np.arange(n), np.diff(bags.starts))[is_known]
        weights = (1 + np.log(bags.counts[is_known])) * self.idf[places]
        lengths = np.sqrt(np.bincount(item, weights**2, minlength=n))
        columns = [np.bincount(item, weights * self.bag[places, c], minlength=n) for c in range(k)]
        sums = np.stack(columns, axis=1) / np.maximum(lengths, 1e-12)[:, None]
        return np.asarray(sums, np.float32)

    def stored(self, facts: dict[str, Any]) -> bytes:
        """Return the scorer as bytes, with facts about it; equal ones for equal scorers."""
        body = io.BytesIO()
        arrays: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        arrays[_FACTS] = np.frombuffer(json.dumps(facts, sort_keys=True).encode(), np.uint8)
        np.savez_compressed(body, **arrays)
        return body.getvalue()

    @classmethod
    def read(cls, artefact: bytes, recipe: str, format_: int) -> tuple[Self, dict[str, Any]]:
        """Return a stored scorer of a recipe and its facts. BadModel for any other bytes."""
        try:
            with np.load(io.BytesIO(artefact), allow_pickle=False) as file:
                facts = json.loads(file[_FACTS].tobytes())
                scorer = cls(**{each.name: file[each.name] for each in fields(cls)})
        except MemoryError as exc:
            raise OutOfMemory("the model does not load: MemoryError") from exc
        except Exception as exc:  # numpy and zipfile raise a dozen types for a bad file
            raise BadModel(f"the model does not load: {type(exc).__name__}") from exc
        made_by = facts.get("recipe"), facts.get("format")
        if made_by != (recipe, format_):
            raise BadModel(f"the model is of {made_by}, not of {(recipe, format_)}")
        scorer._check()
        return scorer, facts

    def _check(self) -> None:
        k = len(self.intercepts)
        shapes = [part.shape[1:] for part in (self.bag, self.vector, self.traits)]
        if shapes != [(k,)] * 3 or not len(self.terms) == len(self.idf) == len(self.bag):
            raise BadModel("the model's numbers don't fit each other")
        numbers = (self.idf, self.bag, self.vector, self.traits, self.intercepts)
        if not all(part.dtype == np.float32 and np.isfinite(part).all() for part in numbers):
            raise BadModel("the model's numbers are none")
        if self.terms.dtype != np.uint32 or (np.diff(self.terms.astype(np.int64)) <= 0).any():
            raise BadModel("the model's terms are none")


def _each(rows: Floats, weights: Floats) -> Floats:
    """Return rows @ weights, each row by itself: a product's rounding depends on its other rows."""
    return np.asarray(np.einsum("ij,jk->ik", rows, weights))

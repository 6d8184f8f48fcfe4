"""A model as it is fitted, and what is stored of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel
from labelloop.recipes.numbers.design import Design
from labelloop.recipes.numbers.experts import Stacked, stacked
from labelloop.recipes.numbers.measure import answers_of
from labelloop.recipes.numbers.model import NumberModel
from labelloop.recipes.protocol import Trained
from labelloop.recipes.text.bags import VECTORS

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Tools

TOLERANCE: Final = 1e-4  # of the range, between the fit's sums and the stored model's
_CHECKED_TEXTS: Final = 100
_LEAST_SPREAD: Final = 0.01
_PRIOR_ERROR, _PRIOR_LABELS = 0.2, 2.0  # the mean error before any label; it counts as so many


class FittedModel:
    """A model, and its answers out of fold. Deterministic. See `recipes.protocol.Fitted`.

    `shares`: the labels as shares of the range; `landmarks`: texts of the pool; `names`: the range;
    `facts`: what the card says besides.
    """

    def __init__(
        self,
        seen: Columns,
        shares: Sequence[float],
        landmarks: Columns | None,
        tools: "Tools | None",
        names: Sequence[str],
        facts: Mapping[str, Any],
    ) -> None:
        """Learn; Unprocessable where there is nothing to see."""
        self._facts, self._numbers = facts, np.asarray(shares, np.float64)
        design = Design.of(seen, landmarks, tools)
        self._stacked = stacked(design.inputs, self._numbers)
        self._in_fold = self._stacked.intercept + sum(
            rows @ self._stacked.coefficients(name) for name, rows in design.inputs.items()
        )
        encoder = tools.encoder if tools and VECTORS in seen.blocks else ""
        self._model = self._to_store(design, tuple(names), encoder)
        self._probes = seen.take(range(min(len(seen), _CHECKED_TEXTS)))
        self.names, self.encoder = self._model.names, self._model.encoder
        self.needs = self._model.needs

    def _to_store(self, design: Design, names: tuple[str, ...], encoder: str) -> NumberModel:
        """Return the experts as one sum: topics are added to terms, axes to vectors."""
        found, terms = self._stacked, len(design.terms)
        return NumberModel(
            names,
            encoder,
            design.terms,
            _floats(design.rarity)[:terms],
            _floats(_folded(found, "bag", "topic", design.topics))[:terms],
            _floats(design.centre),
            _floats(_folded(found, "vector", "axes", design.axes)),
            design.cells,
            _floats(_folded(found, "cells")),
            found.intercept,
            self._spread(),
        )

    def _spread(self) -> float:
        """Return the mean error out of fold. Distances and experts at odds did not predict it."""
        errors = np.abs(self._stacked.out_of_fold - self._numbers)
        mean = (errors.sum() + _PRIOR_ERROR * _PRIOR_LABELS) / (len(errors) + _PRIOR_LABELS)
        return max(float(mean), _LEAST_SPREAD)

    def answer(self, features: Columns) -> Answers:
        """Return the number of each text, with its spread."""
        return self._model.answer(features)

    def packed(self) -> Trained:
        """Return the model as bytes; BadModel if these answer differently from the fit."""
        artefact = self._model.stored()
        checked = NumberModel.load(artefact).shares(self._probes)
        expected = np.clip(self._in_fold[: len(checked)], 0.0, 1.0)
        difference = float(np.abs(checked - expected).max())
        if difference > TOLERANCE:
            raise BadModel(f"the stored model's numbers are up to {difference:.1e} off")
        out_of_fold = self._stacked.out_of_fold.astype(np.float32)
        spreads = np.full(len(out_of_fold), self._model.spread, np.float32)
        said = answers_of(out_of_fold, spreads, self.names)
        return Trained(artefact, self._told(len(artefact), difference), said)

    def _told(self, size: int, difference: float) -> dict[str, Any]:
        """Return the facts for the card. `r2`: the share of the labels' variance it explains."""
        numbers, found = self._numbers, self._stacked
        unexplained = float(((found.out_of_fold - numbers) ** 2).mean() / numbers.var())
        return {
            "bytes": size,
            "terms": len(self._model.terms),
            "r2": round(1 - unexplained, 3),
            "spread": round(self._model.spread, 4),
            "weights": {name: round(value, 3) for name, value in found.weights.items()},
            "penalties": dict(found.penalties),
            "largest_difference": difference,
            **self._facts,
        }


def _folded(found: Stacked, name: str, within: str = "", along: Floats | None = None) -> Floats:
    """Return the weights of an input, with those of an expert on some directions of it."""
    if name not in found.scorers:
        return np.empty(0)
    weights = found.coefficients(name)
    if within in found.scorers and along is not None:
        weights = weights + along @ found.coefficients(within)
    return weights


def _floats(values: Any) -> Floats:
    return np.asarray(values, np.float32)

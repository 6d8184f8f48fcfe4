"""A model of pairs as it was fitted."""

from collections.abc import Sequence

import numpy as np

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.compared.items import Items, unit
from labelloop.recipes.compared.orders import learnt
from labelloop.recipes.pairs import FORMAT, NAME
from labelloop.recipes.pairs.control import SIDES
from labelloop.recipes.pairs.model import StoredPairs, answers_by, odds_of
from labelloop.recipes.protocol import Trained
from labelloop.recipes.text.probabilities import answers_of, probabilities_of

_TOLERANCE = 1e-5  # between the fitted model's probabilities and the artefact's
_CHECKED = 100  # pairs


class FittedPairs:
    """A model of two labels or more. Deterministic. `encoder`: what the vectors come from.

    Where the labels lie is learnt of neither side: whether annotators lean to the left is no
    property of the texts.
    """

    def __init__(
        self,
        labels: Sequence[str],
        features: Columns,
        pool: Columns | None,
        hint: Floats | None,
        encoder: str,
    ) -> None:
        """Learn; Unprocessable where there is nothing to see. `hint`: where preferred texts lie."""
        items = Items.of(features)
        if items.vectors is None and not len(items.bags.ids):
            raise Unprocessable("the labelled texts hold no words")
        chosen = np.array([SIDES.index(label) for label in labels])
        standing = np.where(np.arange(2) == chosen[:, None], 0.5, -0.5).ravel()
        around = None if pool is None else Items.of(pool)
        anchor = None if hint is None else unit(np.asarray(hint, np.float32)[None])[0]
        self._learnt = learnt(items, standing, around, anchor)
        self._probes = features.take(range(min(len(features), _CHECKED)))
        self.names = SIDES
        self.encoder = encoder if items.vectors is not None else ""
        self.needs = self._learnt.scorer.needs

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each side for each pair."""
        return answers_by(self._learnt.scorer, features)

    def packed(self) -> Trained:
        """Return the model as it is stored; BadModel if that answers differently."""
        facts = {"recipe": NAME, "format": FORMAT, "encoder": self.encoder}
        artefact = self._learnt.scorer.stored(facts)
        mine, its = self.answer(self._probes), StoredPairs(artefact).answer(self._probes)
        difference = float(np.abs(probabilities_of(mine) - probabilities_of(its)).max(initial=0.0))
        if difference > _TOLERANCE:
            raise BadModel(f"the artefact's probabilities are up to {difference:.1e} off")
        out_of_fold = answers_of(odds_of(self._learnt.out_of_fold), SIDES)
        shown = {"bytes": len(artefact), **self._learnt.facts}
        return Trained(artefact, shown, out_of_fold)

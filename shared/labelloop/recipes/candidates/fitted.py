"""A score of candidates as it was fitted, on orders or on choices of one."""

from collections.abc import Sequence
from json import dumps
from typing import Any, Final

import numpy as np

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.candidates import FORMAT, NAME
from labelloop.recipes.candidates.answers import NAMED, answers_of, ids_of, values_of
from labelloop.recipes.candidates.model import StoredScores, needs_of, scored
from labelloop.recipes.candidates.score_measure import as_list
from labelloop.recipes.compared.items import Items
from labelloop.recipes.compared.orders import learnt
from labelloop.recipes.protocol import Trained

_TOLERANCE: Final = 1e-4  # between the fitted model's scores and the artefact's
_CHECKED: Final = 100  # tasks


class FittedScores:
    """A model of two labels or more. Deterministic. `encoder`: what the vectors come from."""

    def __init__(
        self, labels: Sequence[Label], features: Columns, pool: Columns | None, encoder: str
    ) -> None:
        """Learn; Unprocessable where there is nothing to see."""
        items = Items.of(features)
        if items.vectors is None and not len(items.bags.ids):
            raise Unprocessable("the candidates of the labelled tasks hold no words")
        self._ids = features.ragged(NAMED)
        tasks = ids_of(Answers((), features))
        standing = [_standing(ids, label) for ids, label in zip(tasks, labels, strict=True)]
        around = None if pool is None else Items.of(pool)
        self._learnt = learnt(items, np.concatenate(standing), around)
        self._starts = items.starts
        self._probes = features.take(range(min(len(features), _CHECKED)))
        self.names = ()
        self.encoder = encoder if items.vectors is not None else ""
        self.needs = needs_of(items.vectors is not None)

    def answer(self, features: Columns) -> Answers:
        """Return the score of each candidate."""
        return scored(self._learnt.scorer, features)

    def packed(self) -> Trained:
        """Return the model as it is stored; BadModel if that answers differently."""
        facts = {"recipe": NAME, "format": FORMAT, "encoder": self.encoder}
        artefact = self._learnt.scorer.stored(facts)
        mine, its = self.answer(self._probes), StoredScores(artefact).answer(self._probes)
        difference = float(np.abs(values_of(mine)[0] - values_of(its)[0]).max(initial=0.0))
        if difference > _TOLERANCE:
            raise BadModel(f"the artefact's scores are up to {difference:.1e} off")
        out_of_fold = answers_of(self._learnt.out_of_fold, self._starts, self._ids)
        return Trained(artefact, {"bytes": len(artefact), **self._learnt.facts}, out_of_fold)


def _standing(ids: Sequence[Any], label: Label) -> Floats:
    """Return where people placed each candidate, 1 = first; of what a label leaves out the middle.

    The one that was chosen is placed before all others, which are equals.
    """
    place = {dumps(id_): row for row, id_ in enumerate(as_list(label))}
    if len(place) == 1:
        return np.array([float(dumps(id_) in place) for id_ in ids])
    last = len(place) - 1
    return np.array([1 - place.get(dumps(id_), last / 2) / last for id_ in ids])

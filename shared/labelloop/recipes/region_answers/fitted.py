"""A model of what is said of regions, as it is learnt: from the regions that people answered."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from labelloop.domain.answers import Answers, joined_answers
from labelloop.domain.columns import Columns, joined, starts_of
from labelloop.errors import Unprocessable
from labelloop.recipes.protocol import Trained
from labelloop.recipes.region_answers.model import RegionModel
from labelloop.recipes.region_answers.seen import Regions, features_of
from labelloop.recipes.spans.marked import marked
from labelloop.recipes.spans.seen import SPELLINGS, STATES, WORDS, Seen

if TYPE_CHECKING:
    from labelloop.recipes.region_answers.control import Label, RegionAnswers


class FittedRegions(RegionModel):
    """A model that was learnt from the answered regions of n tasks. Deterministic."""

    def __init__(
        self, control: "RegionAnswers", labels: "Sequence[Label]", features: Columns
    ) -> None:
        """Learn; Unprocessable where there are no words to learn from."""
        seen = Seen.of(features)
        if seen is None:
            raise Unprocessable("the labelled texts hold no words")
        self._regions, answers = _given(seen, labels)
        if not answers or (why := control.inner.missing(answers, 0)):
            raise Unprocessable(why if answers else "no answered region holds a word")
        self._fitted = control.inner.fit(answers, joined(list(features_of(seen, self._regions))))
        self._measure = control.inner.measure
        needs = (WORDS, SPELLINGS) if seen.states is None else (WORDS, SPELLINGS, STATES)
        super().__init__(self._fitted, control.types, needs)

    def packed(self) -> Trained:
        """Return the model of one region as it is stored, and answers about the learnt regions."""
        return self._fitted.packed()

    def of_none(self) -> Answers:
        """Return what is said of no region: scikit-learn's models answer no less than one text."""
        return self._measure.alike(self.names, 0)

    def out_of_fold(
        self, trained: Trained, rows: Sequence[int], features: Columns, spans: Answers
    ) -> Answers:
        """Return answers about the regions that spans' answers out of fold have.

        Of those that were learnt, answers by a model that has not learnt them; of one that every
        such model lacks, that nothing is known. `rows`: the tasks that were learnt from, of those
        of `features` and `spans`.
        """
        said, regions = self.said(features, spans)
        unlearnt = trained.out_of_fold
        alike = self._measure.alike(unlearnt.names, len(unlearnt))
        known = np.flatnonzero(unlearnt.columns.are_finite())
        order = np.arange(len(unlearnt)) + len(unlearnt)
        order[known] -= len(unlearnt)
        out_of_fold = joined_answers([unlearnt, alike]).take(order)
        places = self._places(rows, features)
        at = zip(regions.first.tolist(), regions.last.tolist(), strict=True)
        learnt = [places.get(each, -1) for each in at]
        taken = [row if one < 0 else len(learnt) + one for row, one in enumerate(learnt)]
        answers = joined_answers([said.answers, out_of_fold]).take(taken)
        return said.instead(answers).columns()

    def _places(self, rows: Sequence[int], features: Columns) -> dict[tuple[int, int], int]:
        """Return the learnt regions by their words, counted over all tasks."""
        seen, own = Seen.of(features), self._regions
        if seen is None:
            return {}
        lengths = np.diff(seen.starts)[list(rows)]
        moved = seen.starts[list(rows)] - starts_of(lengths)[:-1]
        by = np.repeat(moved, np.diff(own.starts))
        places = zip((own.first + by).tolist(), (own.last + by).tolist(), strict=True)
        return {place: row for row, place in enumerate(places)}


def _given(seen: Seen, labels: "Sequence[Label]") -> tuple[Regions, list[Any]]:
    """Return the answered regions that hold a word, and their answers."""
    answers: list[Any] = []
    first, last, counts = [], [], []
    for label, start, end in zip(labels, seen.starts, seen.starts[1:], strict=False):
        before = len(answers)
        for a, b, answer in label:
            for one in marked([[a, b, ""]], seen.places[start:end]):
                first.append(start + one.first)
                last.append(start + one.last)
                answers.append(answer)
        counts.append(len(answers) - before)
    firsts, lasts = np.array(first, np.int64), np.array(last, np.int64)
    return Regions(starts_of(counts), firsts, lasts), answers

"""How predictions of any kind are compared: by the regions that they share with a label.

A prediction's score is taken for the probability that it is right; whatever else may be right is
taken to be equally likely.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.columns import Rows
from labelloop.domain.measure import Doubt, Expected
from labelloop.recipes.ml_backend.answers import (
    answers_of,
    results_of,
    scored,
    scores_of,
    shares_of,
)
from labelloop.recipes.ml_backend.reading import Reader, likeness, only

if TYPE_CHECKING:
    from labelloop.domain.judging.quality import PartQuality

_FLOOR: Final = 0.01  # no prediction is surer: one wrong label must not outweigh a hundred
_SLOPES: Final = np.exp(np.linspace(-1.5, 1.5, 13))  # one of them is 1
_OTHERS: Final = 9  # what else may be right, where the label config offers no parts


@dataclass(frozen=True, slots=True)
class BackendReading:
    """What the loop may know of n predictions."""

    confidence: Floats
    shares: Floats

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.confidence)

    def sureness(self, name: str = "") -> Floats:
        """Return the scores: a backend says no more."""
        return self.confidence

    def take(self, rows: Rows) -> "BackendReading":
        """Return the reading of some rows, in the order of `rows`."""
        rows = np.asarray(rows, np.int64)
        return BackendReading(self.confidence[rows], self.shares[rows])


@dataclass(frozen=True)
class BackendMeasure:
    """See `domain.measure.Measure`. `reader`: of the controls' labels."""

    reader: Reader

    title = "agreement"

    def reading(self, answers: Answers) -> BackendReading:
        """Return what the loop may know of answers."""
        return BackendReading(scores_of(answers), shares_of(answers))

    def aligned(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return the answers without regions of other names."""
        if tuple(names) == answers.names:
            return answers
        kept = [only(one, names) for one in results_of(answers)]
        return answers_of(list(zip(kept, scores_of(answers).tolist(), strict=True)), names)

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return empty predictions."""
        return answers_of([([], 1 / (1 + _others(names)))] * n, names)

    def labels(self, answers: Answers) -> list[Label]:
        """Return what the predictions say."""
        return [self.reader.label_of(one) for one in results_of(answers)]

    def hits(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return how alike predictions and labels are."""
        said, pairs = self.reader.said, zip(self.labels(answers), labels, strict=True)
        return np.array([likeness(said(one), said(other)) for one, other in pairs], np.float64)

    def fair(
        self, answers: Answers, labels: Sequence[Label], *others: Answers
    ) -> tuple[Answers, ...]:
        """Return all at the slope of their scores' log odds at which the labels are likeliest."""
        best, slope = -np.inf, 1.0
        if len(labels):
            hits, count = self.hits(answers, labels), _others(answers.names)
            for tried in sorted(_SLOPES, key=lambda one: abs(one - 1)):
                score = float(_scores(_at(scores_of(answers), tried), hits, count).mean())
                if score > best:
                    best, slope = score, float(tried)
        every = (answers, *others)
        return tuple(scored(one, _at(scores_of(one), slope)) for one in every)

    def log_scores(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the log probability of each label, by the prediction's score."""
        return _scores(scores_of(answers), self.hits(answers, labels), _others(answers.names))

    def expected(self, answers: Answers) -> Expected:
        """Return what is expected if predictions are right as often as their scores say."""
        scores, count = scores_of(answers), _others(answers.names)
        right = _scores(scores, np.ones(len(scores)), count)
        wrong = _scores(scores, np.zeros(len(scores)), count)
        mean = scores * right + (1 - scores) * wrong
        return Expected(mean, scores * (1 - scores) * (right - wrong) ** 2, scores)

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return how much likelier the new predictions are, in the mean of both beliefs."""
        before, after, count = scores_of(old), scores_of(new), _others(new.names)
        is_new = (after + (1 - before) / count) / 2
        is_old = (before + (1 - after) / count) / 2
        gained: Floats = (is_new - is_old) * (1 - self.hits(new, self.labels(old)))
        return gained

    def disagreement(self, labels: Sequence[Label], others: Sequence[Label]) -> float:
        """Return 1 less the likeness of labels, corrected for that of chance (Cohen 1960)."""
        ones, more = ([self.reader.said(one) for one in each] for each in (labels, others))
        alike = [likeness(*pair) for pair in zip(ones, more, strict=True)]
        shifted = more[len(more) // 2 :] + more[: len(more) // 2]
        chance = [likeness(*pair) for pair in zip(ones, shifted, strict=True)]
        apart = 1 - float(np.mean(chance)) if chance else 0.0
        return (1 - float(np.mean(alike))) / apart if apart else float(any(x < 1 for x in alike))

    def doubts(
        self, answers: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return the labels that sure predictions contradict, and those that people disagree on."""
        predicted, hits = self.labels(answers), self.hits(answers, labels)
        found = []
        for row, (instead, score) in enumerate(zip(predicted, scores_of(answers), strict=True)):
            disagreed = any(one != votes[row][0] for one in votes[row][1:])
            doubt = float(score * (1 - hits[row])) + (_FLOOR if disagreed else 0.0)
            if doubt > 0:
                found.append(Doubt(row, instead, min(doubt, 1.0), disagreed))
        return sorted(found, key=lambda one: (-one.doubt, one.row))

    def by_part(self, answers: Answers, labels: Sequence[Label]) -> "dict[str, PartQuality]":
        """Return precision and recall of each part: whether it is in a task's answer at all."""
        from labelloop.domain.judging.quality import PartQuality, share

        right, found, given = Counter[str](), Counter[str](), Counter[str]()
        for answer, label in zip(self.labels(answers), labels, strict=True):
            mine, theirs = self.reader.parts_of(answer), self.reader.parts_of(label)
            right.update(mine & theirs)
            found.update(mine)
            given.update(theirs)
        return {
            name: PartQuality(share(right[name], found[name]), share(right[name], given[name]))
            for name in answers.names
        }


def _others(names: Sequence[str]) -> int:
    """Return how many labels there are besides the predicted one, about."""
    return max(len(names) - 1, 1) if names else _OTHERS


def _scores(scores: Floats, hits: Floats, others: int) -> Floats:
    bounded = np.clip(scores, _FLOOR, 1 - _FLOOR)
    mean: Floats = hits * np.log(bounded) + (1 - hits) * np.log((1 - bounded) / others)
    return mean


def _at(scores: Floats, slope: float) -> Floats:
    if slope == 1:
        return scores
    bounded = np.clip(scores, _FLOOR, 1 - _FLOOR)
    odds = (bounded / (1 - bounded)) ** slope
    steeper: Floats = odds / (1 + odds)
    return steeper

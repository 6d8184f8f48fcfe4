"""How orders of candidates, and choices of one, are compared.

Answers are a score of each candidate. The odds of one before another are those of Bradley and Terry
(1952), and those of each to be the first those of Plackett and Luce (1959): a softmax.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json import dumps
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.columns import Rows
from labelloop.domain.measure import Doubt, Expected
from labelloop.recipes.candidates.answers import NAMED, answers_of, ids_of, values_of
from labelloop.recipes.candidates.odds import (
    Scores,
    by_size,
    gaps,
    lead,
    numbers_of,
    sigmoid,
    softmax,
)

if TYPE_CHECKING:
    from labelloop.domain.judging.quality import PartQuality

_TEMPERATURES: Final = np.exp(np.linspace(-1.5, 1.5, 13))
_FLOOR: Final = 0.01  # of each answer is uniform: one wrong label must not outweigh a hundred


@dataclass(frozen=True, slots=True)
class ScoreReading:
    """What the loop may know of scores: how right each answer should be, and how sure it is."""

    confidence: Floats
    sure: Floats

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.confidence)

    @property
    def shares(self) -> Floats:
        """None: the candidates differ from task to task."""
        return np.empty((len(self), 0))

    def sureness(self, name: str = "") -> Floats:
        """Return how far the first candidate is ahead of the second; by any name the same."""
        return self.sure

    def take(self, rows: Rows) -> "ScoreReading":
        """Return the reading of some rows, in the order of `rows`."""
        chosen = np.asarray(rows, np.int64)
        return ScoreReading(self.confidence[chosen], self.sure[chosen])


@dataclass(frozen=True, slots=True)
class ScoreMeasure:
    """See `domain.measure.Measure`. `is_choice`: only which candidate is the first counts."""

    is_choice: bool

    @property
    def title(self) -> str:
        """What the mean of hits is called."""
        return "accuracy" if self.is_choice else "pairs in order"

    def reading(self, answers: Answers) -> ScoreReading:
        """Return what the loop may know of answers."""
        return ScoreReading(self.expected(answers).hits, numbers_of(lead, answers))

    def aligned(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return the answers: they have no names."""
        return answers

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return answers about no candidate."""
        return answers_of(np.empty(0), np.zeros(n + 1, np.int64), None)

    def labels(self, answers: Answers) -> list[Label]:
        """Return the order of each task's candidates by score, or the first of them."""
        orders = ordered(answers)
        return [ids[0] if ids else "" for ids in orders] if self.is_choice else orders

    def hits(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return 1.0 where the first one is right, or the share of pairs that are in order.

        A tie is no answer, and a candidate that the task lacks is never right.
        """
        return np.array([self._hit(*task) for task in _tasks(answers, labels)])

    def fair(
        self, answers: Answers, labels: Sequence[Label], *others: Answers
    ) -> tuple[Answers, ...]:
        """Return all answers at the temperature at which the labels are likeliest."""
        best, temperature = -np.inf, 1.0
        for tried in _TEMPERATURES if len(labels) else ():
            score = float(self.log_scores(_at(answers, float(tried)), labels).mean())
            if score > best:
                best, temperature = score, float(tried)
        return tuple(_at(each, temperature) for each in (answers, *others))

    def log_scores(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the log-likelihood of the chosen one, or the mean of that of a label's pairs.

        Of a candidate that no answer is about nothing is known: it is as likely as not.
        """
        return np.array([self._log_score(*task) for task in _tasks(answers, labels)])

    def expected(self, answers: Answers) -> Expected:
        """Return what a model expects if its odds are right; of an order the variance at most."""
        return Expected(*numbers_of(self._expected, answers, 3).T)

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return how much likelier both, in the mean, take the new answers to be than the old."""
        gained = np.zeros(len(old))
        for (rows, before), (_, after) in zip(by_size(old), by_size(new), strict=True):
            gained[rows] = self._gain(before, after)
        return gained

    def disagreement(self, labels: Sequence[Label], others: Sequence[Label]) -> float:
        """Return the share of tasks that differ, or Kendall's distance (1938) over its chance."""
        pairs = list(zip(labels, others, strict=True))
        if not pairs:
            return 0.0
        if self.is_choice:
            return float(np.mean([one != other for one, other in pairs]))
        return float(np.mean([_distance(one, other) for one, other in pairs])) / 0.5

    def doubts(
        self, answers: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return labels where the model is as sure of another one as it usually is of the label.

        Also where annotators disagree: confident learning (Northcutt et al. 2021) by the odds.
        """
        own = self.labels(answers)
        given, best = (np.exp(self.log_scores(answers, each)) for each in (labels, own))
        usual = float(given.mean()) if len(given) else 0.0
        found = []
        for row, (label, instead, cast) in enumerate(zip(labels, own, votes, strict=True)):
            disagreed = len(set(map(dumps, cast))) > 1
            is_sure = best[row] >= usual and best[row] > given[row]
            if instead != label and (is_sure or disagreed):
                doubt = float(best[row] / (best[row] + given[row]))
                found.append(Doubt(row, instead, doubt, disagreed))
        return sorted(found, key=lambda one: (-one.doubt, one.row))

    def by_part(self, answers: Answers, labels: Sequence[Label]) -> "dict[str, PartQuality]":
        """Return nothing: labels have no parts."""
        return {}

    # -- of one task -------------------------------------------------------------------------

    def _hit(self, scores: Scores, places: list[int]) -> float:
        if self.is_choice:
            best = np.flatnonzero(scores == scores.max(initial=-np.inf))
            return float(best.tolist() == places)
        first, second = _pairs(places)
        known = (first >= 0) & (second >= 0)
        right = scores[first[known]] > scores[second[known]]
        return float(right.sum() / len(first)) if len(first) else 0.0

    def _log_score(self, scores: Scores, places: list[int]) -> float:
        if self.is_choice:
            odds = 1 / max(len(scores), 2)
            share = softmax(scores)[places[0]] if places[0] >= 0 else 0.0 if len(scores) else odds
            return float(np.log((1 - _FLOOR) * share + _FLOOR * odds))
        first, second = _pairs(places)
        known = (first >= 0) & (second >= 0)
        if not len(first):
            return float(np.log(0.5))
        right = np.full(len(first), 0.5)
        right[known] = sigmoid(scores[first[known]] - scores[second[known]])
        return float(np.log((1 - _FLOOR) * right + _FLOOR / 2).mean())

    # -- of tasks with as many candidates each: scores of shape (tasks, candidates) -----------

    def _expected(self, scores: Scores) -> Floats:
        """Return the mean and the variance of the log score, and the mean of the hit."""
        if scores.shape[1] < 2:
            return np.tile([np.log(0.5), 0.0, 0.0], (len(scores), 1))
        if self.is_choice:
            shares = softmax(scores)
            odds = (1 - _FLOOR) * shares + _FLOOR / scores.shape[1]
            mean, square = ((odds * np.log(odds) ** power).sum(axis=1) for power in (1, 2))
            return np.stack([mean, square - mean**2, shares.max(axis=1)], axis=1)
        p = sigmoid(gaps(scores))
        odds = (1 - _FLOOR) * np.stack([p, 1 - p]) + _FLOOR / 2
        means, squares = ((odds * np.log(odds) ** power).sum(axis=0) for power in (1, 2))
        spread = np.sqrt(np.maximum(squares - means**2, 0)).mean(axis=1)
        # pairs of one order depend on each other: all in one way at most
        return np.stack([means.mean(axis=1), spread**2, np.maximum(p, 1 - p).mean(axis=1)], axis=1)

    def _gain(self, before: Scores, after: Scores) -> Floats:
        if before.shape[1] < 2:
            return np.zeros(len(before))
        if self.is_choice:
            belief, rows = (softmax(before) + softmax(after)) / 2, np.arange(len(before))
            new, old = belief[rows, after.argmax(axis=1)], belief[rows, before.argmax(axis=1)]
            return np.asarray(new - old)
        old_gaps, new_gaps = gaps(before), gaps(after)
        belief = (sigmoid(old_gaps) + sigmoid(new_gaps)) / 2 - 0.5
        return np.asarray((belief * (np.sign(new_gaps) - np.sign(old_gaps))).mean(axis=1))


def ordered(answers: Answers) -> list[list[Any]]:
    """Return the ids of each task's candidates, those of the highest scores first."""
    each = zip(ids_of(answers), _split(answers), strict=True)
    return [[ids[place] for place in np.argsort(-s, kind="stable")] for ids, s in each]


def _split(answers: Answers) -> list[Scores]:
    values, starts = values_of(answers)
    return np.split(values, starts[1:-1]) if len(starts) > 1 else []


def _tasks(answers: Answers, labels: Sequence[Label]) -> Iterator[tuple[Scores, list[int]]]:
    """Yield each task's scores, and the places of the ids of its label, -1 for an unknown one."""
    for ids, scores, label in zip(ids_of(answers), _split(answers), labels, strict=True):
        place = {dumps(id_): row for row, id_ in enumerate(ids)}
        yield scores, [place.get(dumps(id_), -1) for id_ in as_list(label)]


def as_list(label: Label) -> list[Any]:
    """Return the ids of a label, the best one first."""
    return label if isinstance(label, list) else [label]


def _pairs(places: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the second of all pairs of a list, in its order."""
    above, below = np.triu_indices(len(places), 1)
    listed = np.asarray(places, np.int64)
    return listed[above], listed[below]


def _distance(one: Sequence[Any], other: Sequence[Any]) -> float:
    """Return the share of the pairs of both orders that are the other way round."""
    place = {dumps(id_): row for row, id_ in enumerate(other)}
    first, second = _pairs([place[dumps(id_)] for id_ in one if dumps(id_) in place])
    return float((first > second).mean()) if len(first) else 0.0


def _at(answers: Answers, temperature: float) -> Answers:
    values, starts = values_of(answers)
    return answers_of(values / temperature, starts, answers.columns.ragged(NAMED), answers.names)

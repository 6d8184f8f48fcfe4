"""How candidates in buckets are compared: each as a choice of several, a task as their mean.

Answers are the probabilities of each bucket, shape (candidates, buckets); their names are the
buckets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.columns import Rows
from labelloop.domain.measure import Doubt, Expected
from labelloop.recipes.candidates.answers import NAMED, answers_of, ids_of, values_of
from labelloop.recipes.candidates.offers import UNSORTED
from labelloop.recipes.text import probabilities
from labelloop.recipes.text.probabilities import margin, probabilities_of
from labelloop.recipes.text_choices.measure import MEASURE

if TYPE_CHECKING:
    from labelloop.domain.judging.quality import PartQuality

_NOWHERE: Final = ""  # the bucket of a candidate that a label does not name


@dataclass(frozen=True, slots=True)
class BucketReading:
    """What the loop may know of sorted candidates: the means over those of each task."""

    confidence: Floats
    shares: Floats
    sure: Floats

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.confidence)

    def sureness(self, name: str = "") -> Floats:
        """Return the mean margin of a task's candidates; by any name the same."""
        return self.sure

    def take(self, rows: Rows) -> "BucketReading":
        """Return the reading of some rows, in the order of `rows`."""
        chosen = np.asarray(rows, np.int64)
        return BucketReading(self.confidence[chosen], self.shares[chosen], self.sure[chosen])


class BucketMeasure:
    """See `domain.measure.Measure`."""

    title: Final = "accuracy"

    def __eq__(self, other: object) -> bool:
        """Say whether it is the same measure: all of them are."""
        return isinstance(other, BucketMeasure)

    def __hash__(self) -> int:
        """Return the same number for all."""
        return hash(BucketMeasure)

    def reading(self, answers: Answers) -> BucketReading:
        """Return what the loop may know of answers."""
        rows, starts = values_of(answers)
        sure = margin(rows) if rows.shape[1] > 1 else np.ones(len(rows))
        best = rows.max(axis=1, initial=0.0)
        return BucketReading(_mean(best, starts), _means(rows, starts), _mean(sure, starts))

    def aligned(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return a column for each name; a bucket that the answers lack has probability 0."""
        if tuple(names) == answers.names:
            return answers
        return _by_task(MEASURE.aligned(_flat(answers), names), answers)

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return answers about no candidate."""
        return answers_of(np.empty((0, len(names))), np.zeros(n + 1, np.int64), None, names)

    def labels(self, answers: Answers) -> list[Label]:
        """Return the candidates of each task by their likeliest buckets."""
        return [
            {name: sorted(ids, key=dumps) for name, ids in task.items() if ids}
            for task in sorted_ids(answers, answers.names)
        ]

    def hits(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the share of each task's candidates that are in the right bucket."""
        return _mean(MEASURE.hits(_flat(answers), _flat_labels(answers, labels)), *_starts(answers))

    def fair(
        self, answers: Answers, labels: Sequence[Label], *others: Answers
    ) -> tuple[Answers, ...]:
        """Return all answers at the temperature at which the labels are likeliest."""
        flat = MEASURE.fair(
            _flat(answers), _flat_labels(answers, labels), *(_flat(one) for one in others)
        )
        each = zip(flat, (answers, *others), strict=True)
        return tuple(_by_task(one, task) for one, task in each)

    def log_scores(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the mean of the log-likelihoods of each task's candidates."""
        scores = MEASURE.log_scores(_flat(answers), _flat_labels(answers, labels))
        nothing = float(np.log(1 / max(1, len(answers.names))))
        return _mean(scores, *_starts(answers), nothing)

    def expected(self, answers: Answers) -> Expected:
        """Return what a model expects if it is right as often as its probabilities say."""
        each, (starts,) = MEASURE.expected(_flat(answers)), _starts(answers)
        variance = _mean(each.variance, starts) / np.maximum(np.diff(starts), 1)
        return Expected(_mean(each.log_score, starts), variance, _mean(each.hits, starts))

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return how much likelier both, in the mean, take the new buckets to be than the old."""
        return _mean(MEASURE.gain(_flat(old), _flat(new)), *_starts(new))

    def disagreement(self, labels: Sequence[Label], others: Sequence[Label]) -> float:
        """Return 1 minus Cohen's kappa (1960) of all candidates' buckets."""
        pairs = list(zip(map(_bucket_of, labels), map(_bucket_of, others), strict=True))
        ids = [(row, id_) for row, (one, _) in enumerate(pairs) for id_ in one]
        first = [pairs[row][0][id_] for row, id_ in ids]
        return (
            MEASURE.disagreement(first, [pairs[row][1].get(id_, _NOWHERE) for row, id_ in ids])
            if ids
            else 0.0
        )

    def doubts(
        self, answers: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return the labels of which a candidate may be in the wrong bucket."""
        own, (starts,) = self.labels(answers), _starts(answers)
        given = _flat_labels(answers, labels)
        tasks = np.repeat(np.arange(len(answers)), np.diff(starts)).tolist()
        known = [row for row, bucket in enumerate(given) if bucket in answers.names]
        buckets = [given[row] for row in known]
        flat = MEASURE.doubts(_flat(answers).take(known), buckets, [[name] for name in buckets])
        doubted: dict[int, float] = {}
        for one in flat:
            doubted.setdefault(tasks[known[one.row]], one.doubt)
        found = [
            Doubt(row, own[row], doubt, len(set(map(dumps, votes[row]))) > 1)
            for row, doubt in doubted.items()
            if own[row] != labels[row]
        ]
        return sorted(found, key=lambda one: (-one.doubt, one.row))

    def by_part(self, answers: Answers, labels: Sequence[Label]) -> "dict[str, PartQuality]":
        """Return the precision and the recall of each bucket."""
        return MEASURE.by_part(_flat(answers), _flat_labels(answers, labels))


def sorted_ids(answers: Answers, buckets: Sequence[str]) -> list[dict[str, list[Any]]]:
    """Return the ids of each task's candidates by bucket, the surest of each first.

    All buckets are there, and each id is in one of them.
    """
    rows, starts = values_of(answers)
    best = rows.argmax(axis=1) if len(answers.names) else np.zeros(len(rows), np.int64)
    surest = rows.max(axis=1, initial=0.0)
    found = []
    for task, ids in enumerate(ids_of(answers)):
        first = int(starts[task])
        order = np.argsort(-surest[first : first + len(ids)], kind="stable").tolist()
        buckets_of = {name: list[Any]() for name in buckets}
        for place in order:
            buckets_of[answers.names[int(best[first + place])]].append(ids[place])
        found.append(buckets_of)
    return found


def offered_only(answers: Answers, names: Sequence[str]) -> Answers:
    """Return the columns of these buckets, scaled to sum to 1."""
    return _by_task(probabilities.offered_only(_flat(answers), names), answers)


def _flat(answers: Answers) -> Answers:
    """Return the candidates of all tasks, as choices of one bucket."""
    return probabilities.answers_of(values_of(answers)[0], answers.names)


def _by_task(flat: Answers, like: Answers) -> Answers:
    starts, ids = values_of(like)[1], like.columns.ragged(NAMED)
    return answers_of(probabilities_of(flat), starts, ids, flat.names)


def _flat_labels(answers: Answers, labels: Sequence[Label]) -> list[str]:
    return flat_labels(ids_of(answers), labels)


def flat_labels(tasks: Sequence[Sequence[Any]], labels: Sequence[Label]) -> list[str]:
    """Return the bucket of each candidate; what a label leaves out is unsorted."""
    found = []
    for ids, label in zip(tasks, labels, strict=True):
        bucket = _bucket_of(label)
        found += [bucket.get(dumps(id_), UNSORTED) for id_ in ids]
    return found


def _bucket_of(label: Label) -> dict[str, str]:
    return {dumps(id_): name for name, ids in label.items() for id_ in ids}


def _starts(answers: Answers) -> tuple[NDArray[np.int64]]:
    return (values_of(answers)[1],)


def _mean(values: Floats, starts: NDArray[np.int64], nothing: float = 0.0) -> Floats:
    """Return the mean of each task's candidates, `nothing` for a task without any."""
    sizes = np.diff(starts)
    tasks = np.repeat(np.arange(len(sizes)), sizes)
    sums = np.bincount(tasks, values, minlength=len(sizes))
    return np.where(sizes > 0, sums / np.maximum(sizes, 1), nothing)


def _means(rows: Floats, starts: NDArray[np.int64]) -> Floats:
    columns = [_mean(rows[:, column], starts) for column in range(rows.shape[1])]
    return np.stack(columns, axis=1) if columns else np.empty((len(starts) - 1, 0))

"""How answers about regions are compared: those about the same region, by the inner measure.

A region that people answered and that is not found counts as not answered: nothing is known of it,
and it is no hit. Whether regions are right is the spans' own measure's.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats, Label, Reading
from labelloop.domain.columns import Rows
from labelloop.domain.measure import Doubt, Expected, Measure
from labelloop.recipes.region_answers.said import Said, said_of, silent

if TYPE_CHECKING:
    from labelloop.domain.judging.quality import PartQuality


@dataclass(frozen=True, slots=True)
class RegionReading:
    """What the loop may know of answers about the regions of n tasks.

    `reading`: of each region. A task without a region is sure, and has no shares.
    """

    said: Said
    reading: Reading

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.said)

    @property
    def confidence(self) -> Floats:
        """The mean over regions of how likely it is one, and its answer right."""
        return self.said.means(self.said.likely * self.reading.confidence)

    @property
    def shares(self) -> Floats:
        """The means over regions, shape (n, parts)."""
        shares = self.reading.shares
        means = [self.said.means(shares[:, part]) for part in range(shares.shape[1])]
        return np.stack(means, axis=1) if means else np.empty((len(self), 0))

    def sureness(self, name: str = "") -> Floats:
        """Return the mean over regions: by a sum tasks of many regions would always be first."""
        return self.said.means(self.reading.sureness(name), 1.0)

    def take(self, rows: Rows) -> "RegionReading":
        """Return the reading of some tasks, in the order of `rows`."""
        places = Answers((), self.said.columns().columns).take(rows)
        numbers = np.arange(len(self.reading))
        order = np.concatenate(
            [np.empty(0, np.int64), *(numbers[slice(*edges)] for edges in self._edges(rows))]
        )
        return RegionReading(said_of(places), self.reading.take(order))

    def _edges(self, rows: Rows) -> list[NDArray[np.int64]]:
        return [self.said.starts[row : row + 2] for row in np.asarray(rows, np.int64).tolist()]


@dataclass(frozen=True, slots=True)
class RegionMeasure:
    """See `domain.measure.Measure`. `inner`: compares what is said of one region."""

    inner: Measure

    @property
    def title(self) -> str:
        """What hits are called."""
        return "answers of regions right"

    def asked(self, answers: Answers) -> NDArray[np.bool_]:
        """Say for each task whether there is a region to say something of, shape (n,)."""
        return said_of(answers).asked

    def reading(self, answers: Answers) -> RegionReading:
        """Return what the loop may know of answers."""
        said = said_of(answers)
        return RegionReading(said, self.inner.reading(said.answers))

    def aligned(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return the answers by other names."""
        said = said_of(answers)
        return said.instead(self.inner.aligned(said.answers, names)).columns()

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return answers of no region."""
        return silent(n, self.inner.alike(names, 0)).columns()

    def labels(self, answers: Answers) -> list[Label]:
        """Return the answered regions of each task."""
        said = said_of(answers)
        likeliest = self.inner.labels(said.answers)
        labels: list[list[list[Any]]] = [[] for _ in range(len(said))]
        for task, (_, start, end, _), one in zip(
            said.task.tolist(), said.edges.tolist(), likeliest, strict=True
        ):
            labels[task].append([start, end, one])
        return list(labels)

    def hits(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the mean over answered regions; 0 for one that is not found."""
        return _Pairs.of(answers, labels).means(self.inner.hits, np.zeros(len(labels)))

    def log_scores(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the mean over answered regions; of one that is not found nothing is known."""
        pairs = _Pairs.of(answers, labels)
        lost = [answer for _, row, answer in pairs.every if row < 0]
        nothing = self.inner.alike(answers.names, len(lost))
        scores = self.inner.log_scores(nothing, lost)
        tasks = [task for task, row, _ in pairs.every if row < 0]
        return pairs.means(self.inner.log_scores, np.bincount(tasks, scores, len(labels)))

    def fair(
        self, answers: Answers, labels: Sequence[Label], *others: Answers
    ) -> tuple[Answers, ...]:
        """Return all answers calibrated to those about regions that are found."""
        pairs = _Pairs.of(answers, labels)
        every = [pairs.said, *map(said_of, others)]
        fair = self.inner.fair(pairs.answers, pairs.labels, *(one.answers for one in every))[1:]
        return tuple(a.instead(b).columns() for a, b in zip(every, fair, strict=True))

    def expected(self, answers: Answers) -> Expected:
        """Return the means over regions: as likely as one is none, nothing is known of it."""
        said = said_of(answers)
        own = self.inner.expected(said.answers)
        nothing = self.inner.expected(self.inner.alike(answers.names, 1)).log_score[0]
        scores = said.likely * own.log_score + (1 - said.likely) * nothing
        return Expected(
            said.means(scores),
            said.means(np.asarray(own.variance)),
            said.means(said.likely * own.hits),
        )

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return the mean gain over the new regions; none where the old answers have no such."""
        before, after = said_of(old), said_of(new)
        labels = [[[*edges[1:3], row] for row, edges in each] for each in _rows(after)]
        pairs = [(old_row, row) for _, old_row, row in before.found(labels) if old_row >= 0]
        gained: Floats = np.zeros(len(after.edges))
        if pairs:
            was, now = map(list, zip(*pairs, strict=True))
            gained[now] = self.inner.gain(before.answers.take(was), after.answers.take(now))
        return after.means(gained)

    def disagreement(self, labels: Sequence[Label], others: Sequence[Label]) -> float:
        """Return that about regions which both labels have; 0 where there is none."""
        both = [
            (answer, there[start, end])
            for label, other in zip(labels, others, strict=True)
            for there in [{(a, b): one for a, b, one in other}]
            for start, end, answer in label
            if (start, end) in there
        ]
        return self.inner.disagreement(*map(list, zip(*both, strict=True))) if both else 0.0

    def doubts(
        self, answers: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return the labels with an answer that the inner measure doubts."""
        said = said_of(answers)
        numbered = [[[a, b, n] for n, (a, b, _) in enumerate(label)] for label in labels]
        rows = [each for each in said.found(numbered) if each[1] >= 0]
        given = [labels[task][n][2] for task, _, n in rows]
        cast = [_cast(votes[task], labels[task][n]) for task, _, n in rows]
        found: dict[int, list[tuple[int, Doubt]]] = defaultdict(list)
        taken = said.answers.take([row for _, row, _ in rows])
        for one in self.inner.doubts(taken, given, cast):
            task, _, number = rows[one.row]
            found[task].append((number, one))
        doubts = [_together(task, labels[task], each) for task, each in found.items()]
        return sorted(doubts, key=lambda one: (-one.doubt, one.row))

    def by_part(self, answers: Answers, labels: Sequence[Label]) -> "dict[str, PartQuality]":
        """Return the quality of parts by answers about regions that are found."""
        pairs = _Pairs.of(answers, labels)
        return self.inner.by_part(pairs.answers, pairs.labels)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Labelled regions beside what is said. `every`: their tasks, rows, and labels' answers."""

    said: Said
    every: list[tuple[int, int, Any]]

    @classmethod
    def of(cls, answers: Answers, labels: Sequence[Label]) -> "_Pairs":
        said = said_of(answers)
        return cls(said, list(said.found(labels)))

    @property
    def labels(self) -> list[Any]:
        """What the labels say of the regions that are found."""
        return [answer for _, row, answer in self.every if row >= 0]

    @property
    def answers(self) -> Answers:
        """What is said of those."""
        return self.said.answers.take([row for _, row, _ in self.every if row >= 0])

    def means(self, scored: Any, others: Floats) -> Floats:
        """Return the mean over each task's labelled regions. `others`: sums over those not found.

        1 for a task without a labelled region.
        """
        tasks = [task for task, row, _ in self.every if row >= 0]
        n = len(self.said)
        sums = others + np.bincount(tasks, scored(self.answers, self.labels), n)
        count = np.bincount([task for task, _, _ in self.every], minlength=n)
        means: Floats = np.where(count > 0, sums / np.maximum(count, 1), 1.0)
        return means


def _rows(said: Said) -> list[list[tuple[int, list[int]]]]:
    """Return the rows and edges of each task's regions."""
    every = list(enumerate(said.edges.tolist()))
    starts = said.starts.tolist()
    return [every[a:b] for a, b in pairwise(starts)]


def _cast(votes: Sequence[Label], region: list[Any]) -> list[Any]:
    """Return what each annotator said of a region, of those who answered it."""
    return [one for vote in votes for a, b, one in vote if [a, b] == region[:2]]


def _together(task: int, label: Label, doubted: list[tuple[int, Doubt]]) -> Doubt:
    instead = [list(one) for one in label]
    for number, one in doubted:
        instead[number][2] = one.instead
    worst = max(one.doubt for _, one in doubted)
    return Doubt(task, instead, worst, any(one.disagreed for _, one in doubted))

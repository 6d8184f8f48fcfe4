"""How several controls' answers are compared: each by its own measure, weighted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labelloop.domain.answers import Answers, Floats, Label, Reading
from labelloop.domain.columns import Rows
from labelloop.domain.measure import Doubt, Expected
from labelloop.recipes.several_controls.parts import (
    Measured,
    answers_beside,
    named,
    own_answers,
    own_names,
)

if TYPE_CHECKING:
    from labelloop.domain.judging.quality import PartQuality


@dataclass(frozen=True, slots=True)
class SeveralReading:
    """The readings of the controls that have answers, and their weights in each task.

    `weights`: shape (tasks,) each; those of a task sum to 1.
    """

    tasks: int
    readings: tuple[Reading, ...]
    weights: tuple[Floats, ...]

    def __len__(self) -> int:
        """Return the number of tasks."""
        return self.tasks

    @property
    def confidence(self) -> Floats:
        """The mean of the controls' own."""
        return self._mean([one.confidence for one in self.readings])

    @property
    def shares(self) -> Floats:
        """The shares of all controls' parts: together they sum to 1, too."""
        both = zip(self.weights, self.readings, strict=True)
        weighted = [weights[:, None] * one.shares for weights, one in both]
        return np.concatenate([np.empty((self.tasks, 0)), *weighted], axis=1)

    def sureness(self, name: str = "") -> Floats:
        """Return the mean of the controls' own."""
        return self._mean([one.sureness(name) for one in self.readings])

    def take(self, rows: Rows) -> "SeveralReading":
        """Return the reading of some rows, in the order of `rows`."""
        taken = tuple(one.take(rows) for one in self.readings)
        weights = tuple(one[np.asarray(rows, np.int64)] for one in self.weights)
        return SeveralReading(len(rows), taken, weights)

    def _mean(self, numbers: list[Floats]) -> Floats:
        mean: Floats = np.zeros(self.tasks)
        for weight, each in zip(self.weights, numbers, strict=True):
            mean = mean + weight * each
        return mean


@dataclass(frozen=True, slots=True)
class SeveralMeasure:
    """See `domain.measure.Measure`.

    A control that was not answered counts for nothing in hits. In the score it adds 0, as one whose
    answer was known: so calibrating each control by itself never lowers the mean.
    """

    parts: tuple[Measured, ...]

    @property
    def title(self) -> str:
        """What hits are called where all controls call them so."""
        titles = {part.measure.title for part in self.parts}
        return titles.pop() if len(titles) == 1 else "share right"

    def reading(self, answers: Answers) -> SeveralReading:
        """Return the readings of the controls that have answers."""
        there = self._there(answers)
        readings = tuple(part.measure.reading(own) for part, own in there)
        weights = _weights(there, [_in_order(part) for part, _ in there])
        return SeveralReading(len(answers), readings, weights)

    def aligned(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return answers of all controls by their own names out of these."""
        if tuple(names) == answers.names:
            return answers
        aligned = {}
        for part in self.parts:
            own, wanted = own_answers(part.prefix, answers), own_names(part.prefix, names)
            if own is None:
                aligned[part.prefix] = part.measure.alike(wanted, len(answers))
            else:
                aligned[part.prefix] = part.measure.aligned(own, wanted)
        return answers_beside(len(answers), aligned)

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return answers of all controls that know nothing."""
        alike = {p.prefix: p.measure.alike(own_names(p.prefix, names), n) for p in self.parts}
        return answers_beside(n, alike)

    def labels(self, answers: Answers) -> list[Label]:
        """Return the likeliest label of each control that has answers."""
        labels: list[dict[str, Label]] = [{} for _ in range(len(answers))]
        for part, own in self._there(answers):
            for label, likeliest in zip(labels, part.measure.labels(own), strict=True):
                label[part.name] = likeliest
        return list(labels)

    def hits(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the mean over the controls that were answered."""
        hits = self._over(answers, labels, lambda p, own, given: p.measure.hits(own, given))
        answered = [[part.name in label for label in labels] for part in self.parts]
        weights = np.array([part.weight for part in self.parts])
        total = weights @ np.array(answered, float).reshape(len(self.parts), len(labels))
        mean: Floats = np.clip(hits / np.maximum(total, 1e-12), 0.0, 1.0)
        return mean

    def log_scores(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the weighted sum over the controls that were answered."""
        return self._over(answers, labels, lambda p, own, given: p.measure.log_scores(own, given))

    def fair(
        self, answers: Answers, labels: Sequence[Label], *others: Answers
    ) -> tuple[Answers, ...]:
        """Return all answers with each control calibrated to its own labels."""
        every = (answers, *others)
        fair: list[dict[str, Answers]] = [{} for _ in every]
        for part, own in self._there(answers):
            rows = _answered(part, labels)
            given = [labels[row][part.name] for row in rows]
            owns = [own_answers(part.prefix, each) for each in every]
            there = [each for each in owns if each is not None]
            changed = iter(part.measure.fair(own.take(rows), given, *there)[1:])
            for into, each in zip(fair, owns, strict=True):
                if each is not None:
                    into[part.prefix] = next(changed)
        return tuple(answers_beside(len(a), into) for a, into in zip(every, fair, strict=True))

    def expected(self, answers: Answers) -> Expected:
        """Return the weighted sums over the controls that have answers."""
        there = self._there(answers)
        expected = [part.measure.expected(own) for part, own in there]
        nothing: Floats = np.zeros(len(answers))
        score, variance, hits = nothing, nothing, nothing
        weights = _weights(there, [part.weight for part, _ in there])
        for (part, _), weight, one in zip(there, weights, expected, strict=True):
            score = score + part.weight * one.log_score
            variance = variance + part.weight**2 * one.variance
            hits = hits + weight * one.hits
        return Expected(score, variance, hits)

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return the weighted mean over the controls that both have answers of."""
        both = [
            (part, before, after)
            for part, before in self._there(old)
            if (after := own_answers(part.prefix, new)) is not None
        ]
        gained: Floats = np.zeros(len(old))
        own = [(part, after) for part, _, after in both]
        weights = _weights(own, [part.weight for part, _, _ in both])
        for weight, (part, before, after) in zip(weights, both, strict=True):
            gained = gained + weight * part.measure.gain(before, after)
        return gained

    def disagreement(self, labels: Sequence[Label], others: Sequence[Label]) -> float:
        """Return the mean over the controls, each over the tasks that both have a label of."""
        total = weight = 0.0
        for part in self.parts:
            pairs = zip(labels, others, strict=True)
            both = [
                (a[part.name], b[part.name]) for a, b in pairs if part.name in a and part.name in b
            ]
            if both:
                own, other = map(list, zip(*both, strict=True))
                total += part.weight * part.measure.disagreement(own, other)
                weight += part.weight
        return total / weight if weight else 0.0

    def doubts(
        self, answers: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return the labels that any control doubts, with all that it would rather have."""
        found: dict[int, Doubt] = {}
        for part, own in self._there(answers):
            rows, name = _answered(part, labels), part.name
            given = [labels[row][name] for row in rows]
            cast = [[vote[name] for vote in votes[row] if name in vote] for row in rows]
            for one in part.measure.doubts(own.take(rows), given, cast):
                row = rows[one.row]
                before = found.get(row, Doubt(row, dict(labels[row]), 0.0, False))
                found[row] = Doubt(
                    row,
                    before.instead | {name: one.instead},
                    max(before.doubt, one.doubt),
                    before.disagreed or one.disagreed,
                )
        return sorted(found.values(), key=lambda one: (-one.doubt, one.row))

    def by_part(self, answers: Answers, labels: Sequence[Label]) -> "dict[str, PartQuality]":
        """Return the quality of all controls' parts, each after its control's name."""
        quality: dict[str, PartQuality] = {}
        for part, own in self._there(answers):
            rows = _answered(part, labels)
            given = [labels[row][part.name] for row in rows]
            own_quality = part.measure.by_part(own.take(rows), given)
            quality |= zip(named(part.prefix, own_quality), own_quality.values(), strict=True)
        return quality

    def _there(self, answers: Answers) -> list[tuple[Measured, Answers]]:
        """Return the controls that have answers, and those."""
        found = [(part, own_answers(part.prefix, answers)) for part in self.parts]
        return [(part, own) for part, own in found if own is not None]

    def _over(
        self,
        answers: Answers,
        labels: Sequence[Label],
        scores: Callable[[Measured, Answers, list[Label]], Floats],
    ) -> Floats:
        """Return the weighted sum of scores; a control without answers knows nothing."""
        total = np.zeros(len(answers))
        for part in self.parts:
            own, rows = own_answers(part.prefix, answers), _answered(part, labels)
            if rows:
                own = own.take(rows) if own else part.measure.alike(part.offered, len(rows))
                given = [labels[row][part.name] for row in rows]
                total[rows] += part.weight * scores(part, own, given)
        return total


def _answered(part: Measured, labels: Sequence[Label]) -> list[int]:
    """Return the rows of labels that have one of a control."""
    return [row for row, label in enumerate(labels) if part.name in label]


def _in_order(part: Measured) -> float:
    return part.weight if part.weight_in_order is None else part.weight_in_order


def _weights(
    there: Sequence[tuple[Measured, Answers]], weights: Sequence[float]
) -> tuple[Floats, ...]:
    """Return the weights of some parts in each task, of those that are asked there, by sum 1."""
    asked = [weight * part.asked(own) for (part, own), weight in zip(there, weights, strict=True)]
    total = np.sum(asked, axis=0)
    # a task may have none but controls that weigh nothing: they weigh the same there
    even = np.ones(len(total)) / max(1, len(there)) if len(there) else total
    return tuple(np.where(total > 0, one / np.maximum(total, 1e-12), even) for one in asked)

"""How answers about several labels at once are compared: label by label, and as sets."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.columns import Rows
from labelloop.domain.measure import Doubt, Expected
from labelloop.recipes.several_choices.marks import (
    Marked,
    Marks,
    expected_jaccard,
    jaccard,
    matrix_of,
)

if TYPE_CHECKING:
    from labelloop.domain.judging.quality import PartQuality

_TEMPERATURES: Final = np.exp(np.linspace(-1.5, 1.5, 13))
_FLOOR: Final = 0.01  # of each answer is a coin's: one wrong label must not outweigh a hundred
_TINY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class SeveralReading:
    """What the loop may know of answers about several labels."""

    marks: Marks

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.marks.least)

    @property
    def confidence(self) -> Floats:
        """The Jaccard index that each answer is expected to have with the label.

        Where labels are never empty, it is that of labels that are not: one by one, many would be.
        """
        marks = self.marks
        found = expected_jaccard(marks.probabilities, marks.marked())
        empty = np.where(marks.least > 0, 0.0, np.prod(1 - marks.probabilities, axis=1))
        hits: Floats = np.clip(found / np.maximum(1 - empty, _TINY), 0.0, 1.0)
        return hits

    @property
    def shares(self) -> Floats:
        """Each label's part of a task's probabilities."""
        probabilities = self.marks.probabilities
        sums: Floats = np.maximum(probabilities.sum(axis=1, keepdims=True), _TINY)
        return probabilities / sums

    def sureness(self, name: str = "") -> Floats:
        """Return the confidence: a label adds more, the less of it an answer is expected to hit.

        By `entropy` it is 1 minus the mean entropy of the labels, in bits; by `margin` and
        `least_confidence` how far the label that is nearest to an even chance is from it.
        """
        probabilities = self.marks.probabilities
        if not probabilities.shape[1]:
            return np.ones(len(self))
        if name == "entropy":
            return np.clip(1 - _entropy(probabilities).mean(axis=1), 0.0, 1.0)
        if name in ("margin", "least_confidence"):
            return np.abs(2 * probabilities - 1).min(axis=1)
        return self.confidence

    def take(self, rows: Rows) -> "SeveralReading":
        """Return the reading of some rows, in the order of `rows`."""
        return SeveralReading(self.marks.take(rows))


class SeveralMeasure:
    """See `domain.measure.Measure`."""

    title: Final = "overlap"

    def reading(self, answers: Answers) -> SeveralReading:
        """Return what the loop may know of answers."""
        return SeveralReading(Marks.read(answers))

    def aligned(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return a column for each name; a label that the answers lack has probability 0."""
        if tuple(names) == answers.names:
            return answers
        marks = Marks.read(answers)
        place = {name: column for column, name in enumerate(answers.names)}
        columns = [place.get(name, len(place)) for name in names]
        picked = _with_nothing(marks.probabilities)[:, columns]
        return Marks(picked, marks.least).answers(names)

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return an even chance of each label."""
        return Marks.of(np.full((n, len(names)), 0.5), 0.0).answers(names)

    def labels(self, answers: Answers) -> list[Label]:
        """Return the labels of each task above an even chance or, if there is none, the likeliest.

        None where even that is less likely than what pays: see `Marks.least`.
        """
        names = answers.names
        rows = Marks.read(answers).marked()
        return [[names[column] for column in np.flatnonzero(row)] for row in rows]

    def hits(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the Jaccard index of each answer and its label."""
        given = matrix_of(labels, answers.names)
        return jaccard(Marks.read(answers).marked(), given, _unnamed(labels, answers.names))

    def fair(
        self, answers: Answers, labels: Sequence[Label], *others: Answers
    ) -> tuple[Answers, ...]:
        """Return all answers at the temperature at which the labels are likeliest.

        It divides the log-odds of all labels (Guo et al. 2017): what is marked stays the same.
        """
        best, temperature = -np.inf, 1.0
        if len(labels):
            for tried in _TEMPERATURES.tolist():
                score = float(self.log_scores(_at_temperature(answers, tried), labels).mean())
                if score > best:
                    best, temperature = score, tried
        return tuple(_at_temperature(each, temperature) for each in (answers, *others))

    def log_scores(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the log-likelihood of each label: the sum over what it has, and what it lacks."""
        given = matrix_of(labels, answers.names)
        rows = _floored(Marks.read(answers).probabilities)
        scores: Floats = np.log(np.where(given, rows, 1 - rows)).sum(axis=1)
        unnamed: Floats = _unnamed(labels, answers.names) * np.log(_FLOOR / 2)
        return scores + unnamed

    def expected(self, answers: Answers) -> Expected:
        """Return what a model expects if labels come one by one, as its probabilities say."""
        rows = _floored(Marks.read(answers).probabilities)
        here, gone = np.log(rows), np.log(1 - rows)
        mean = (rows * here + (1 - rows) * gone).sum(axis=1)
        variance = (rows * (1 - rows) * (here - gone) ** 2).sum(axis=1)
        return Expected(mean, variance, self.reading(answers).confidence)

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return how much more of the label both, in the mean, expect the new answer to hit."""
        before, after = Marks.read(old), Marks.read(new)
        belief = (before.probabilities + after.probabilities) / 2
        return expected_jaccard(belief, after.marked()) - expected_jaccard(belief, before.marked())

    def disagreement(self, labels: Sequence[Label], others: Sequence[Label]) -> float:
        """Return the mean distance of two labels of a task, as a share of that by chance.

        With the Jaccard distance of sets (Passonneau 2004), as in Krippendorff's alpha.
        """
        names = sorted({name for label in (*labels, *others) for name in label})
        ones, twos = matrix_of(labels, names), matrix_of(others, names)
        if not len(ones):
            return 0.0
        by_chance = _mean_distance(ones, twos)
        return float(1 - jaccard(ones, twos).mean()) / by_chance if by_chance else 0.0

    def doubts(
        self, answers: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return the labels that may be wrong, by confident learning of each, and disagreement."""
        from labelloop.recipes.several_choices.doubts import doubts

        names = answers.names
        marks = Marks.read(answers)
        given, voted = matrix_of(labels, names), [matrix_of(each, names) for each in votes]
        return doubts(marks.probabilities, marks.marked(), given, voted, names)

    def by_part(self, answers: Answers, labels: Sequence[Label]) -> "dict[str, PartQuality]":
        """Return the precision and the recall of each label."""
        from labelloop.domain.judging.quality import PartQuality, share

        said, given = Marks.read(answers).marked(), matrix_of(labels, answers.names)
        quality = {}
        for column, name in enumerate(answers.names):
            is_said, is_given = said[:, column], given[:, column]
            right = float((is_said & is_given).sum())
            precision, recall = (share(right, int(rows.sum())) for rows in (is_said, is_given))
            quality[name] = PartQuality(precision, recall)
        return quality


MEASURE: Final = SeveralMeasure()


def _floored(probabilities: Floats) -> Floats:
    return (1 - _FLOOR) * np.asarray(probabilities, np.float64) + _FLOOR / 2


def _entropy(probabilities: Floats) -> Floats:
    """Return the entropy of each label's two outcomes, in bits."""
    p = np.clip(np.asarray(probabilities, np.float64), _TINY, 1 - _TINY)
    bits: Floats = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return bits


def _with_nothing(values: Floats) -> Floats:
    """Return the columns, and one of zeros at their end."""
    return np.concatenate([values, np.zeros((len(values), 1), values.dtype)], axis=1)


def _unnamed(labels: Sequence[Label], names: Sequence[str]) -> NDArray[np.int64]:
    known = set(names)
    return np.array([len(set(label) - known) for label in labels], np.int64)


def _at_temperature(answers: Answers, temperature: float) -> Answers:
    """Return the odds sharpened (below 1) or evened (above)."""
    marks = Marks.read(answers)
    changed = replace(
        marks,
        probabilities=_tempered(marks.probabilities, temperature),
        least=np.where(marks.least > 0, _tempered(marks.least, temperature), 0.0),
    )
    return changed.answers(answers.names)


def _tempered(probabilities: Any, temperature: float) -> Floats:
    p = np.clip(np.asarray(probabilities, np.float64), _TINY, 1 - _TINY)
    changed: Floats = 1 / (1 + ((1 - p) / p) ** (1 / temperature))
    return changed


def _mean_distance(ones: Marked, twos: Marked) -> float:
    """Return the mean Jaccard distance of all pairs, one of each; equal sets are counted once."""
    (ones, counts), (twos, others) = _kinds(ones), _kinds(twos)
    common = ones.astype(float) @ twos.T.astype(float)
    union = ones.sum(axis=1)[:, None] + twos.sum(axis=1)[None, :] - common
    likeness = np.where(union > 0, common / np.maximum(union, 1), 1.0)
    return float(1 - counts @ likeness @ others / (counts.sum() * others.sum()))


def _kinds(rows: Marked) -> tuple[Marked, NDArray[np.float64]]:
    counts = Counter(map(tuple, rows.tolist()))
    kinds = np.array([*counts], np.bool_).reshape(len(counts), rows.shape[1])
    return kinds, np.array([*counts.values()], np.float64)

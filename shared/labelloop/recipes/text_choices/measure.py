"""How single choices are compared.

Answers are probabilities of k classes, shape (n, k): see `recipes.text.probabilities`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.columns import Rows
from labelloop.domain.measure import Doubt, Expected
from labelloop.recipes.text.probabilities import (
    SURENESS,
    TEMPERATURES,
    answers_of,
    at_temperature,
    columns_of,
    kappa,
    margin,
    probabilities_of,
)

if TYPE_CHECKING:
    from labelloop.domain.judging.quality import PartQuality

type Ints = NDArray[np.integer]

_FLOOR: Final = 0.01  # of each answer is uniform: one wrong label must not outweigh a hundred
_TINY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class ChoiceReading:
    """What the loop may know of probabilities, shape (n, k). With one class all tasks are sure."""

    probabilities: Floats

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.probabilities)

    @property
    def confidence(self) -> Floats:
        """The probability of the likeliest class."""
        return self.probabilities.max(axis=1, initial=0.0)

    @property
    def shares(self) -> Floats:
        """The probabilities."""
        return self.probabilities

    def sureness(self, name: str = "") -> Floats:
        """Return the margin, or for these names `entropy` or `least_confidence`.

        With two classes all three are one order, which rounding would part: they are the margin.
        """
        if self.probabilities.shape[1] < 2:
            return np.ones(len(self))
        if self.probabilities.shape[1] == 2:
            return margin(self.probabilities)
        return SURENESS.get(name, margin)(self.probabilities)

    def take(self, rows: Rows) -> "ChoiceReading":
        """Return the reading of some rows, in the order of `rows`."""
        return ChoiceReading(self.probabilities[np.asarray(rows, np.int64)])


class ChoiceMeasure:
    """See `domain.measure.Measure`."""

    title: Final = "accuracy"

    def reading(self, answers: Answers) -> ChoiceReading:
        """Return what the loop may know of answers."""
        return ChoiceReading(probabilities_of(answers))

    def aligned(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return a column for each name; a class that the answers lack has probability 0."""
        if tuple(names) == answers.names:
            return answers
        return answers_of(columns_of(answers, names), names)

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return equal probabilities of all classes."""
        return answers_of(np.full((n, len(names)), 1 / max(1, len(names))), names)

    def labels(self, answers: Answers) -> list[Label]:
        """Return the likeliest class of each task."""
        if not len(answers):
            return []
        return [answers.names[code] for code in probabilities_of(answers).argmax(axis=1).tolist()]

    def hits(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return 1.0 where the likeliest class is the label, else 0.0; a tie is no answer: 0.0."""
        predicted, codes = _predicted(probabilities_of(answers)), codes_of(labels, answers.names)
        right: Floats = (predicted == codes).astype(float)
        return right

    def fair(
        self, answers: Answers, labels: Sequence[Label], *others: Answers
    ) -> tuple[Answers, ...]:
        """Return all answers at the temperature at which the labels are likeliest.

        Temperature scaling (Guo et al. 2017), with one temperature out of `TEMPERATURES`.
        """
        best, temperature = -np.inf, 1.0
        if len(labels):
            for tried in TEMPERATURES:
                score = float(self.log_scores(at_temperature(answers, tried), labels).mean())
                if score > best:
                    best, temperature = score, float(tried)
        return tuple(at_temperature(each, temperature) for each in (answers, *others))

    def log_scores(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return each label's log-likelihood, with a small uniform part mixed into each answer."""
        rows = probabilities_of(answers)
        codes = codes_of(labels, answers.names)
        likelihoods = np.where(codes >= 0, rows[np.arange(len(codes)), codes], 0.0)
        scores: Floats = np.log((1 - _FLOOR) * likelihoods + _FLOOR / max(1, rows.shape[1]))
        return scores

    def expected(self, answers: Answers) -> Expected:
        """Return what a model expects if it is right as often as its probabilities say."""
        probabilities = probabilities_of(answers)
        rows = (1 - _FLOOR) * probabilities + _FLOOR / max(1, probabilities.shape[1])
        logs = np.log(np.clip(rows, _TINY, 1.0))
        mean = (rows * logs).sum(axis=1)
        variance = (rows * logs**2).sum(axis=1) - mean**2
        return Expected(mean, variance, probabilities.max(axis=1, initial=0.0))

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return how much likelier both, in the mean, take the new class to be than the old one.

        0 where both predict the same class. A broken version is unsure where it differs from the
        old one; a better one is surer there than the old one was.
        """
        before, after = probabilities_of(old), probabilities_of(new)
        rows = np.arange(len(before))
        belief = (before + after) / 2
        gained: Floats = belief[rows, after.argmax(axis=1)] - belief[rows, before.argmax(axis=1)]
        return gained

    def disagreement(self, labels: Sequence[Label], others: Sequence[Label]) -> float:
        """Return 1 minus Cohen's kappa (Cohen 1960): 0 to 1, more if less alike than by chance."""
        names = sorted({*labels, *others})
        return 1 - kappa(codes_of(labels, names), codes_of(others, names))

    def doubts(
        self, answers: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return the labels that may be wrong, by confident learning and by disagreement."""
        from labelloop.recipes.text.doubts import doubts

        names, codes = answers.names, [codes_of(task, answers.names).tolist() for task in votes]
        doubted = doubts(probabilities_of(answers), codes_of(labels, names), codes)
        return [Doubt(d.row, names[d.instead], d.doubt, d.disagreed) for d in doubted]

    def by_part(self, answers: Answers, labels: Sequence[Label]) -> "dict[str, PartQuality]":
        """Return the precision and the recall of each class."""
        from labelloop.domain.judging.quality import PartQuality, share

        predicted, codes = _predicted(probabilities_of(answers)), codes_of(labels, answers.names)
        quality = {}
        for code, name in enumerate(answers.names):
            is_predicted, is_label = predicted == code, codes == code
            right = float((is_predicted & is_label).sum())
            precision, recall = (share(right, int(rows.sum())) for rows in (is_predicted, is_label))
            quality[name] = PartQuality(precision, recall)
        return quality


MEASURE: Final = ChoiceMeasure()


def codes_of(labels: Sequence[Label], classes: Sequence[str]) -> NDArray[np.int64]:
    """Return the place of each label among the classes, -1 for a label that is none of them."""
    place = {name: number for number, name in enumerate(classes)}
    return np.array([place.get(label, -1) for label in labels], np.int64)


def _predicted(probabilities: Floats) -> Ints:
    """Return the likeliest class, -2 for a tie, which is no answer. Shape (n, k) -> (n,)."""
    is_likeliest = probabilities == probabilities.max(axis=1, keepdims=True, initial=0.0)
    # not -1, which is a label that is none of the classes: a tie must not hit it
    predicted: Ints = np.where(is_likeliest.sum(axis=1) == 1, is_likeliest.argmax(axis=1), -2)
    return predicted

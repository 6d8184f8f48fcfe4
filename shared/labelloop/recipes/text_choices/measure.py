"""How single choices are compared.

Answers are probabilities of classes, shape (n, k), as column `probabilities`; their names are the
classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.columns import Columns, Rows
from labelloop.domain.measure import Doubt, Expected

if TYPE_CHECKING:
    from labelloop.domain.judging.quality import PartQuality

type Ints = NDArray[np.integer]

PROBABILITIES: Final = "probabilities"
TEMPERATURES: Final = np.exp(np.linspace(-1.5, 1.5, 13))
_FLOOR: Final = 0.01  # of every answer is a guess: one wrong label must not outweigh a hundred
_TINY: Final = 1e-9


def answers_of(probabilities: NDArray[Any], classes: Sequence[str]) -> Answers:
    """Return probabilities, shape (n, k), as answers."""
    return Answers(tuple(classes), Columns(len(probabilities), {PROBABILITIES: probabilities}))


def probabilities_of(a: Answers) -> NDArray[Any]:
    """Return the probabilities of answers, shape (n, k)."""
    found = a.columns.array(PROBABILITIES)
    return np.empty((len(a), len(a.names))) if found is None else found


@dataclass(frozen=True, slots=True)
class ChoiceReading:
    """What the loop may know of probabilities, shape (n, k); of one class a model is sure."""

    probabilities: Floats

    def __len__(self) -> int:
        """Return how many tasks there are."""
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
        """Return the margin, or what else is named: entropy, least_confidence."""
        if self.probabilities.shape[1] < 2:
            return np.ones(len(self))
        return _SURENESS.get(name, margin)(self.probabilities)

    def take(self, rows: Rows) -> "ChoiceReading":
        """Return the reading of some of the tasks, in the order asked for."""
        return ChoiceReading(self.probabilities[np.asarray(rows, np.int64)])


class ChoiceMeasure:
    """See `domain.measure.Measure`."""

    def reading(self, a: Answers) -> ChoiceReading:
        """Return what the loop may know of answers."""
        return ChoiceReading(probabilities_of(a))

    def aligned(self, a: Answers, names: Sequence[str]) -> Answers:
        """Return columns in the order wanted; a class that a version does not know gets nothing."""
        if tuple(names) == a.names:
            return a
        probabilities = probabilities_of(a)
        place = {name: column for column, name in enumerate(a.names)}
        nothing = np.zeros(len(a))
        columns = [probabilities[:, place[one]] if one in place else nothing for one in names]
        rows = np.stack(columns, axis=1) if columns else np.empty((len(a), 0))
        return answers_of(rows, names)

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return equal probabilities of all classes."""
        return answers_of(np.full((n, len(names)), 1 / max(1, len(names))), names)

    def labels(self, a: Answers) -> list[Label]:
        """Return the likeliest class of each task."""
        if not len(a):
            return []
        return [a.names[code] for code in probabilities_of(a).argmax(axis=1).tolist()]

    def hits(self, a: Answers, labels: Sequence[Label]) -> Floats:
        """Return 1.0 where the likeliest class is the label, else 0.0; of several none is."""
        right: Floats = (_said(probabilities_of(a)) == codes_of(labels, a.names)).astype(float)
        return right

    def fair(self, a: Answers, labels: Sequence[Label], *also: Answers) -> tuple[Answers, ...]:
        """Return the answers at the temperature at which the labels are likeliest."""
        best, temperature = -np.inf, 1.0
        if len(labels):
            for tried in TEMPERATURES:
                found = float(self.log_scores(_at_temperature(a, tried), labels).mean())
                if found > best:
                    best, temperature = found, float(tried)
        return tuple(_at_temperature(one, temperature) for one in (a, *also))

    def log_scores(self, a: Answers, labels: Sequence[Label]) -> Floats:
        """Return each label's log-likelihood, where a small part of every answer is a guess."""
        rows = probabilities_of(a)
        codes = codes_of(labels, a.names)
        given = np.where(codes >= 0, rows[np.arange(len(codes)), codes], 0.0)
        scores: Floats = np.log((1 - _FLOOR) * given + _FLOOR / max(1, rows.shape[1]))
        return scores

    def expected(self, a: Answers) -> Expected:
        """Return what a model expects that is as often right as its probabilities say."""
        probabilities = probabilities_of(a)
        rows = (1 - _FLOOR) * probabilities + _FLOOR / max(1, probabilities.shape[1])
        logs = np.log(np.clip(rows, _TINY, 1.0))
        mean = (rows * logs).sum(axis=1)
        variance = (rows * logs**2).sum(axis=1) - mean**2
        return Expected(mean, variance, probabilities.max(axis=1, initial=0.0))

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return what each gives the new class over the old one, where both differ.

        A broken version is sure of little that it changes; a better one is surer of it than the old
        one was.
        """
        before, after = probabilities_of(old), probabilities_of(new)
        rows = np.arange(len(before))
        belief = (before + after) / 2
        gained: Floats = belief[rows, after.argmax(axis=1)] - belief[rows, before.argmax(axis=1)]
        return gained

    def disagreement(self, one: Sequence[Label], other: Sequence[Label]) -> float:
        """Return 1 minus Cohen's kappa (Cohen 1960)."""
        names = sorted({*one, *other})
        return 1 - _kappa(codes_of(one, names), codes_of(other, names))

    def doubts(
        self, a: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return the labels to look at again, by confident learning and by disagreement."""
        from labelloop.recipes.text_choices.doubts import doubts

        codes = [codes_of(some, a.names).tolist() for some in votes]
        found = doubts(probabilities_of(a), codes_of(labels, a.names), codes)
        return [Doubt(one.row, a.names[one.instead], one.doubt, one.disagreed) for one in found]

    def by_part(self, a: Answers, labels: Sequence[Label]) -> "dict[str, PartQuality]":
        """Return how often each class is right where predicted, and found where right."""
        from labelloop.domain.judging.quality import PartQuality, share

        predicted, codes = _said(probabilities_of(a)), codes_of(labels, a.names)
        found = {}
        for code, name in enumerate(a.names):
            is_said, is_so = predicted == code, codes == code
            right = float((is_said & is_so).sum())
            precision, recall = (share(right, int(rows.sum())) for rows in (is_said, is_so))
            found[name] = PartQuality(precision, recall)
        return found


MEASURE: Final = ChoiceMeasure()


def codes_of(labels: Sequence[Label], classes: Sequence[str]) -> NDArray[np.int64]:
    """Return the place of each label among the classes, -1 of one that is not there."""
    place = {name: number for number, name in enumerate(classes)}
    return np.array([place.get(label, -1) for label in labels], np.int64)


def margin(probabilities: Floats) -> Floats:
    """Return the gap between the two likeliest of k >= 2 classes (Scheffer et al. 2001)."""
    top = np.partition(probabilities, -2, axis=1)
    gaps: Floats = top[:, -1] - top[:, -2]
    return gaps


def entropy(probabilities: Floats) -> Floats:
    """Return 1 minus the entropy as a share of its maximum, log k (Shannon 1948)."""
    p = np.clip(probabilities, 1e-12, 1.0)
    sure: Floats = 1.0 + (p * np.log(p)).sum(axis=1) / np.log(p.shape[1])
    return np.clip(sure, 0.0, 1.0)


def least_confidence(probabilities: Floats) -> Floats:
    """Return the probability of the likeliest class (Lewis and Gale 1994)."""
    return np.max(probabilities, axis=1)


_SURENESS: Final = {f.__name__: f for f in (margin, entropy, least_confidence)}


def _said(probabilities: Floats) -> Ints:
    """Return the likeliest class, -1 where several are: no answer. Shape (n, k) -> (n,)."""
    is_likeliest = probabilities == probabilities.max(axis=1, keepdims=True, initial=0.0)
    # -2: a label that no class stands for is -1, and nobody says it
    found: Ints = np.where(is_likeliest.sum(axis=1) == 1, is_likeliest.argmax(axis=1), -2)
    return found


def _at_temperature(a: Answers, temperature: float) -> Answers:
    """Return the probabilities sharpened (below 1) or flattened (above); rows sum to 1."""
    logits = np.log(np.clip(probabilities_of(a), _TINY, 1.0)) / temperature
    odds = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return answers_of(odds / odds.sum(axis=1, keepdims=True), a.names)


def _kappa(one: Ints, other: Ints) -> float:
    """Return Cohen's kappa of two versions' classes of the same tasks; 1 if equal."""
    if len(one) == 0:
        return 0.0
    k = int(max(one.max(), other.max())) + 1
    chance = float(np.bincount(one, minlength=k) @ np.bincount(other, minlength=k)) / len(one) ** 2
    agreed = float((one == other).mean())
    return (agreed - chance) / (1 - chance) if chance < 1 else 1.0


def offered_only(a: Answers, known: Sequence[str]) -> Answers:
    """Return the columns of some classes; what went to the others is shared out."""
    if len(known) == len(a.names):
        return a
    place = {name: column for column, name in enumerate(a.names)}
    rows = probabilities_of(a)[:, [place[name] for name in known]]
    sums = rows.sum(axis=1, keepdims=True)
    return answers_of(rows / np.maximum(sums, np.finfo(np.float32).tiny), known)

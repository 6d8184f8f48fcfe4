"""How numbers are compared.

An answer is a number and how far off it may be, both as shares of the range: blocks `share` and
`spread`, shape (n,). Together they are a Laplace distribution, cut off at the ends of the range;
the spread is its mean distance from the share. Unlike with a normal distribution, a few numbers far
off are no surprise. The one name is the range: shares of another one mean other numbers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.columns import Columns, Rows
from labelloop.domain.measure import Doubt, Expected
from labelloop.recipes.numbers.scale import Scale

if TYPE_CHECKING:
    from labelloop.domain.judging.quality import PartQuality

SHARE: Final = "share"
SPREAD: Final = "spread"
FACTORS: Final = np.exp(np.linspace(-3, 3, 25))  # of spreads
_FLOOR: Final = 0.01  # of each answer is uniform: one wrong label must not outweigh a hundred
_FINENESS: Final = 101  # places that a range of more numbers is looked at
_LEAST_SPREAD: Final = 0.005  # with smaller ones all numbers of the grid might get 0
_ANY: Final = 1e3  # a spread that makes all numbers as likely
_SLIP: Final = 0.1  # of labels are any number, until the model says otherwise
_APART: Final = 0.25  # of the range: annotators that are this far apart disagree
_ROWS_AT_ONCE: Final = 4_096


def answers_of(shares: NDArray[Any], spreads: NDArray[Any], names: Sequence[str] = ()) -> Answers:
    """Return numbers and spreads, shape (n,), as answers."""
    return Answers(tuple(names), Columns(len(shares), {SHARE: shares, SPREAD: spreads}))


def _block(answers: Answers, name: str) -> Floats:
    block = answers.columns.array(name)
    return np.empty(len(answers)) if block is None else np.asarray(block, np.float64)


@dataclass(frozen=True)
class NumberReading:
    """What the loop may know of answers."""

    answers: Answers
    measure: "NumberMeasure"

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.answers)

    @cached_property
    def confidence(self) -> Floats:
        """How close each number is expected to be, 1 = right. Not computed before it is read."""
        return self.measure.closeness(self.answers)

    @property
    def shares(self) -> Floats:
        """Nothing: a number has no parts."""
        return np.empty((len(self), 0))

    def sureness(self, name: str = "") -> Floats:
        """Return no preference, or by the name `least_confidence` how close each number should be.

        Numbers that may be far off teach no more than others: to prefer them lost to random order
        on some sets, as other ways did. So the clusters of a default batch are those of tasks from
        all of the pool, drawn by a hash of their numbers: diverse and typical.
        """
        if name == "least_confidence":
            return self.confidence
        bits = _block(self.answers, SHARE).astype(np.float32).view(np.uint32).astype(np.uint64)
        mixed = (bits * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
        drawn: Floats = mixed.astype(np.float64) / (1 << 24)
        return drawn

    def take(self, rows: Rows) -> "NumberReading":
        """Return the reading of some rows, in the order of `rows`."""
        return NumberReading(self.answers.take(rows), self.measure)


@dataclass(frozen=True)
class NumberMeasure:
    """See `domain.measure.Measure`."""

    scale: Scale

    @property
    def title(self) -> str:
        """What the mean of `hits` is called: 100 % is no error, 0 % one as wide as the range."""
        return "closeness"

    def reading(self, answers: Answers) -> NumberReading:
        """Return what the loop may know of answers."""
        return NumberReading(answers, self)

    def closeness(self, answers: Answers) -> Floats:
        """Return the hits that each answer expects, shape (n,)."""
        parts = [self._close(part, self._chances(part)) for part in self._parts(answers)]
        return np.concatenate(parts)

    def aligned(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return the same answers: numbers have one column, whatever its name."""
        return Answers(tuple(names), answers.columns)

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return answers by which all numbers are as likely."""
        middle, any_ = np.full(n, 0.5, np.float32), np.full(n, _ANY, np.float32)
        return answers_of(middle, any_, names)

    def labels(self, answers: Answers) -> list[Label]:
        """Return the number nearest to each answer that the editor lets pass."""
        return [self.scale.value(share) for share in _block(answers, SHARE).tolist()]

    def hits(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return how close each number is: 1 = the label, 0 = at the other end of the range."""
        errors = np.abs(self._shown(answers) - self._shares(labels))
        close: Floats = np.clip(1 - errors, 0.0, 1.0)
        return close

    def fair(
        self, answers: Answers, labels: Sequence[Label], *others: Answers
    ) -> tuple[Answers, ...]:
        """Return all answers, their spreads times the factor that makes the labels likeliest."""
        best = 1.0
        if len(labels):
            best = max(FACTORS.tolist(), key=lambda factor: self._at(factor, answers, labels))
        return tuple(_spread(each, best) for each in (answers, *others))

    def _at(self, factor: float, answers: Answers, labels: Sequence[Label]) -> float:
        return float(self.log_scores(_spread(answers, factor), labels).mean())

    def log_scores(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the logarithm of how much likelier each label is than if all were as likely.

        A small uniform part is mixed into each answer.
        """
        likelihoods = self._likelihoods(answers, labels)
        return np.log((1 - _FLOOR) * likelihoods + _FLOOR)

    def expected(self, answers: Answers) -> Expected:
        """Return what a model expects if labels are as far off as its spreads say."""
        means = [self._expected(part) for part in self._parts(answers)]
        log_score, variance, hits = np.concatenate(means, axis=1)
        return Expected(log_score, variance, hits)

    def _expected(self, answers: Answers) -> Floats:
        chances = self._chances(answers)
        logs = np.log(chances * len(self._grid))
        mean = (chances * logs).sum(axis=1)
        variance = (chances * logs**2).sum(axis=1) - mean**2
        return np.stack([mean, np.maximum(variance, 0.0), self._close(answers, chances)])

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return how much closer both, in the mean, take the new number to be than the old one."""
        parts = zip(self._parts(old), self._parts(new), strict=True)
        return np.concatenate([self._gain(*each) for each in parts])

    def _gain(self, old: Answers, new: Answers) -> Floats:
        belief = (self._chances(old) + self._chances(new)) / 2
        return self._close(new, belief) - self._close(old, belief)

    def disagreement(self, labels: Sequence[Label], others: Sequence[Label]) -> float:
        """Return 1 minus the concordance correlation (Lin 1989), at least 0.

        The mean square of the differences, by what it would be if the pairs were drawn by chance.
        """
        one, other = self._shares(labels), self._shares(others)
        if not len(one):
            return 0.0
        apart = float(((one - other) ** 2).mean())
        chance = float(one.var() + other.var() + (one.mean() - other.mean()) ** 2)
        return apart / chance if chance > 0 else 0.0

    def doubts(
        self, answers: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return the labels that are likelier a slip than meant, and those with votes far apart.

        A slip is any number of the range, as likely as any other. How likely a label is one follows
        from its distance from the answer, in spreads.
        """
        meant = (1 - _SLIP) * self._likelihoods(answers, labels)
        slips = _SLIP / (_SLIP + meant)
        suggested = self.labels(answers)
        found = []
        for row, slip in enumerate(slips.tolist()):
            given = votes[row] if row < len(votes) else ()
            is_apart = bool(given) and (max(given) - min(given)) / self.scale.width >= _APART
            if suggested[row] != labels[row] and (slip > 0.5 or is_apart):
                found.append(Doubt(row, suggested[row], slip, len(set(given)) > 1))
        return sorted(found, key=lambda one: (-one.doubt, one.row))

    def by_part(self, answers: Answers, labels: Sequence[Label]) -> "dict[str, PartQuality]":
        """Return nothing: a number has no parts."""
        return {}

    # -- the distributions -------------------------------------------------------------------------

    @cached_property
    def _grid(self) -> Floats:
        """The numbers that labels may have, as shares; of many every so many."""
        if self.scale.values > _FINENESS:
            return np.linspace(0.0, 1.0, _FINENESS)
        return np.arange(self.scale.values) * self.scale.step / self.scale.width

    def _parts(self, answers: Answers) -> Iterator[Answers]:
        """Yield the answers by parts: their chances are some hundred times as large."""
        if len(answers) <= _ROWS_AT_ONCE:
            yield answers
            return
        for first in range(0, len(answers), _ROWS_AT_ONCE):
            yield answers.take(range(first, min(first + _ROWS_AT_ONCE, len(answers))))

    def _weights(self, answers: Answers, at: Floats) -> Floats:
        """Return exp(-distance / spread), shape (n, places); `at`: shape (places,) or (n, 1)."""
        spreads = np.maximum(_block(answers, SPREAD), _LEAST_SPREAD)
        distances = np.abs(at - _block(answers, SHARE)[:, None])
        return np.exp(-distances / spreads[:, None])

    def _chances(self, answers: Answers) -> Floats:
        """Return the probability of each number of the grid, a little of it uniform."""
        weights = self._weights(answers, self._grid)
        chances = weights / weights.sum(axis=1, keepdims=True)
        return (1 - _FLOOR) * chances + _FLOOR / len(self._grid)

    def _likelihoods(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the probability of each label by that of any number in the mean."""
        at = self._weights(answers, self._shares(labels)[:, None])[:, 0]
        return at / self._weights(answers, self._grid).mean(axis=1)

    def _close(self, answers: Answers, chances: Floats) -> Floats:
        """Return the expected hits by these probabilities of the grid."""
        gaps = np.abs(self._grid - self._shown(answers)[:, None])
        return 1 - (chances * gaps).sum(axis=1)

    def _shown(self, answers: Answers) -> Floats:
        """Return the numbers that are shown, as shares."""
        return self._shares(self.labels(answers))

    def _shares(self, labels: Sequence[Label]) -> Floats:
        return np.array([self.scale.share(label) for label in labels], np.float64)


@lru_cache(maxsize=64)
def measure_of(scale: Scale) -> NumberMeasure:
    """Return the measure of a scale, made once."""
    return NumberMeasure(scale)


def _spread(answers: Answers, factor: float) -> Answers:
    spreads = _block(answers, SPREAD) * factor
    return answers_of(_block(answers, SHARE), spreads, answers.names)

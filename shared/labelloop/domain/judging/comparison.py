"""Comparing two versions on the same rows: what each says of labels, and of unlabelled tasks.

Confidence is no merit here: each version is read at the temperature that suits the rows best, so
that one which only got bolder or more modest counts as the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.floating]
type Ints = NDArray[np.integer]

TEMPERATURES: Final = np.exp(np.linspace(-1.5, 1.5, 13))
_FLOOR: Final = 0.01  # of every answer is a guess: one wrong label must not outweigh a hundred
_TINY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean over rows and its standard error; above 0 where the challenger is better."""

    mean: float
    error: float
    rows: int

    @property
    def z(self) -> float:
        """How many standard errors the mean is away from 0; endless where all rows say the same."""
        if self.error:
            return self.mean / self.error
        return math.copysign(math.inf, self.mean) if self.mean and self.rows > 1 else 0.0

    def within(self, errors: float) -> tuple[float, float]:
        """Return the interval of so many standard errors to both sides."""
        return self.mean - errors * self.error, self.mean + errors * self.error


def difference(values: Floats) -> Difference:
    """Return the mean of paired differences, shape (n,); no rows differ by nothing."""
    n = len(values)
    if n == 0:
        return Difference(0.0, 0.0, 0)
    error = float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    return Difference(float(values.mean()), error, n)


def aligned(probabilities: Floats, classes: Sequence[str], wanted: Sequence[str]) -> Floats:
    """Return columns in the order wanted; a class that a version does not know gets none of it."""
    place = {name: column for column, name in enumerate(classes)}
    nothing = np.zeros(len(probabilities))
    columns = [probabilities[:, place[name]] if name in place else nothing for name in wanted]
    return np.stack(columns, axis=1) if columns else np.empty((len(probabilities), 0))


def said(probabilities: Floats) -> Ints:
    """Return the likeliest class, -1 where several are: no answer. Shape (n, k) -> (n,)."""
    is_likeliest = probabilities == probabilities.max(axis=1, keepdims=True)
    found: Ints = np.where(is_likeliest.sum(axis=1) == 1, is_likeliest.argmax(axis=1), -1)
    return found


def hits(probabilities: Floats, labels: Ints) -> Floats:
    """Return 1.0 where the likeliest class is the label, else 0.0. Shape (n, k) -> (n,)."""
    right: Floats = (said(probabilities) == labels).astype(float)
    return right


def at_temperature(probabilities: Floats, temperature: float) -> Floats:
    """Return the probabilities sharpened (below 1) or flattened (above); rows sum to 1."""
    logits = np.log(np.clip(probabilities, _TINY, 1.0)) / temperature
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    rows: Floats = odds / odds.sum(axis=1, keepdims=True)
    return rows


def log_likelihoods(probabilities: Floats, labels: Ints) -> tuple[Floats, float]:
    """Return each label's log-likelihood at the best temperature, and that temperature."""
    if len(labels) == 0:
        return np.empty(0), 1.0
    best, at = np.full(len(labels), -np.inf), 1.0
    for temperature in TEMPERATURES:
        rows = at_temperature(probabilities, temperature)
        given = rows[np.arange(len(labels)), labels]
        found = np.log((1 - _FLOOR) * given + _FLOOR / rows.shape[1])
        if found.mean() > best.mean():
            best, at = found, float(temperature)
    return best, at


def surprise(probabilities: Floats, labels: Ints) -> tuple[Difference, Difference]:
    """Return how far labels fall short of what a version expects, shape (n, k) and (n,).

    In log-likelihood, in the version's own standard errors, and in hits. A version that knows how
    unsure it is is surprised by unsure tasks no more than by others.
    """
    n, k = probabilities.shape
    rows = (1 - _FLOOR) * probabilities + _FLOOR / max(1, k)
    logs = np.log(np.clip(rows, _TINY, 1.0))
    expected = (rows * logs).sum(axis=1)
    spread = float(((rows * logs**2).sum(axis=1) - expected**2).sum())
    found = logs[np.arange(n), labels] - expected
    missed = hits(probabilities, labels) - probabilities.max(axis=1, initial=0.0)
    likelihood = Difference(float(found.mean()), float(np.sqrt(spread)) / n, n) if n else None
    return likelihood or difference(found), difference(missed)


def believed_gain(champion: Floats, challenger: Floats) -> Difference:
    """Return the accuracy that the challenger's answers win on unlabelled tasks, shape (m, k) each.

    Nobody knows the answers, so both versions are asked, and believed by half: a task on which they
    differ counts by what each gives the challenger's class over the champion's. A broken version is
    sure of little that it changes; a better one is surer of it than the old one was.
    """
    rows = np.arange(len(champion))
    old, new = champion.argmax(axis=1), challenger.argmax(axis=1)
    belief = (champion + challenger) / 2
    return difference(belief[rows, new] - belief[rows, old])

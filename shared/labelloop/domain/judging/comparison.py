"""Comparing two versions on the same rows, by differences of paired numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.measure import Measure


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


def fair_scores(measure: Measure, a: Answers, labels: Sequence[Label]) -> Floats:
    """Return the log scores of answers as they fit the labels best, shape (n,)."""
    return measure.log_scores(measure.fair(a, labels)[0], labels)


def surprise(
    measure: Measure, a: Answers, labels: Sequence[Label]
) -> tuple[Difference, Difference]:
    """Return how far labels fall short of what a version expects, for n answers and labels.

    In log score, in the version's own standard errors, and in hits. A version that knows how unsure
    it is is surprised by unsure tasks no more than by others.
    """
    n, expected = len(labels), measure.expected(a)
    found = measure.log_scores(a, labels) - expected.log_score
    missed = measure.hits(a, labels) - expected.hits
    if not n:
        return difference(found), difference(missed)
    error = float(np.sqrt(expected.variance.sum())) / n
    return Difference(float(found.mean()), error, n), difference(missed)

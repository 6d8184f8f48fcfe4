"""Compare two versions on the same rows, by differences of paired numbers."""

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
        """How many standard errors the mean is from 0; infinite where all differences are equal."""
        if self.error:
            return self.mean / self.error
        return math.copysign(math.inf, self.mean) if self.mean and self.rows > 1 else 0.0

    def within(self, errors: float) -> tuple[float, float]:
        """Return the interval of `errors` standard errors to both sides of the mean."""
        return self.mean - errors * self.error, self.mean + errors * self.error


def difference(values: Floats) -> Difference:
    """Return the mean of paired differences, shape (n,); 0 for no rows."""
    n = len(values)
    if n == 0:
        return Difference(0.0, 0.0, 0)
    error = float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    return Difference(float(values.mean()), error, n)


def fair_scores(measure: Measure, answers: Answers, labels: Sequence[Label]) -> Floats:
    """Return the log scores of answers calibrated to the labels (`Measure.fair`), shape (n,)."""
    return measure.log_scores(measure.fair(answers, labels)[0], labels)


def surprise(
    measure: Measure, answers: Answers, labels: Sequence[Label]
) -> tuple[Difference, Difference]:
    """Return observed less expected log scores and hits, for n answers and labels.

    Below 0 where labels fall short of what the version expects. The error of the log score is the
    version's own, so one that is unsure of tasks is not surprised to be wrong on them.
    """
    n, expected = len(labels), measure.expected(answers)
    scores = measure.log_scores(answers, labels) - expected.log_score
    hits = measure.hits(answers, labels) - expected.hits
    if not n:
        return difference(scores), difference(hits)
    error = float(np.sqrt(expected.variance.sum())) / n
    return Difference(float(scores.mean()), error, n), difference(hits)

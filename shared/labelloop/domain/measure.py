"""How answers are compared with labels and with each other: what the loop may ask about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers, Floats, Label, Reading
    from labelloop.domain.judging.quality import PartQuality


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that may be wrong: the row of its example, what instead, and how likely (0..1).

    `disagreed`: whether annotators gave this task different labels.
    """

    row: int
    instead: Label
    doubt: float
    disagreed: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """What a model expects of labels for n tasks, were it right about how sure it is.

    `log_score` and `hits`: the mean of `Measure.log_scores` and of `Measure.hits` over its own
    answers; `variance`: of the log score. Shape (n,) each.
    """

    log_score: Floats
    variance: Floats
    hits: Floats


class Measure(Protocol):
    """How answers are compared with labels and with each other. No state: all methods are pure.

    `a`: answers for n tasks; `labels`: n labels. Answers that are compared have the same names, by
    `aligned`. A label that none of the names stands for is no error: no answer hits it.
    """

    def reading(self, a: Answers) -> Reading:
        """Return what the loop may know of answers. Linear in n."""
        ...

    def aligned(self, a: Answers, names: Sequence[str]) -> Answers:
        """Return the answers by other names, in their order.

        What a model does not know it gives nothing; what is not named is left out.
        """
        ...

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return what somebody says who knows nothing: the same of every task."""
        ...

    def labels(self, a: Answers) -> list[Label]:
        """Return the likeliest label of each task, the first of those that are as likely."""
        ...

    def hits(self, a: Answers, labels: Sequence[Label]) -> Floats:
        """Return how right each answer is, 0..1, shape (n,): what accuracy is the mean of."""
        ...

    def fair(self, a: Answers, labels: Sequence[Label], *also: Answers) -> tuple[Answers, ...]:
        """Return answers as they fit the labels best, and others changed in the same way.

        Confidence is no merit: a version that only got bolder or more modest must count as the
        same, by a temperature, say, that is chosen for all rows together.
        """
        ...

    def log_scores(self, a: Answers, labels: Sequence[Label]) -> Floats:
        """Return a proper score of each answer, in nats, higher is better, shape (n,).

        Bounded below: one wrong label must not outweigh a hundred.
        """
        ...

    def expected(self, a: Answers) -> Expected:
        """Return what the answers' own model expects of labels."""
        ...

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return what accuracy tasks without a label win by new answers, shape (n,).

        Both are believed by half, as nobody knows the label.
        """
        ...

    def disagreement(self, one: Sequence[Label], other: Sequence[Label]) -> float:
        """Return how far two versions' labels of the same tasks differ, 0..1, chance taken off."""
        ...

    def doubts(
        self, a: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return the labels to look at again, the most doubtful first.

        `a`: out of fold, finite; `votes`: what each annotator said of each task.
        """
        ...

    def by_part(self, a: Answers, labels: Sequence[Label]) -> dict[str, PartQuality]:
        """Return how good the answers are by part of a label: by class, by type of entity."""
        ...

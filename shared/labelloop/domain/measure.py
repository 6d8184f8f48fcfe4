"""How answers are compared with labels and with each other: what the loop may ask about them.

Each recipe has a measure, `Control.measure`. Single choices have `recipes.text_choices.measure`; a
short one for numbers is in `tests/integration/test_toy_recipe.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers, Floats, Label, Reading
    from labelloop.domain.judging.quality import PartQuality


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that may be wrong.

    `row`: the row of its example; `instead`: the label that it should rather be; `doubt`: how
    likely it is wrong, 0 to 1; `disagreed`: whether annotators gave this task different labels.
    """

    row: int
    instead: Label
    doubt: float
    disagreed: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """What a model expects for n tasks, if its confidence is right. Shape (n,) each.

    `log_score` and `hits`: the means of `Measure.log_scores` and `Measure.hits` over labels drawn
    by the model's own answers; `variance`: that of the log score. `hits` is `Reading.confidence`.
    """

    log_score: Floats
    variance: Floats
    hits: Floats


class Measure(Protocol):
    """How answers are compared with labels and with each other. All methods are pure functions.

    `answers`: answers for n tasks; `labels`: n labels, in the same order. n may be 0. Answers that
    are compared with each other have the same names, by `aligned`. A label that none of the names
    stands for is no error: no answer hits it.
    """

    @property
    def title(self) -> str:
        """What the mean of `hits` is called, in a word or two: accuracy, closeness."""
        ...

    def reading(self, answers: Answers) -> Reading:
        """Return what the loop may know of answers: for the queue, scores and the model card.

        Called for large pools, and for each prediction request: time and memory are linear in n.
        """
        ...

    def aligned(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return the answers by other names, in their order; the same answers for their own names.

        A name that the answers lack gets nothing, such as a probability of 0; what they have by
        other names is left out. The gate aligns the answers of both versions to what the label
        config offers, followed by what it offered before.
        """
        ...

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return answers that know nothing: the same for all n tasks, such as equal probabilities.

        They stand in for answers out of fold that are NaN and are joined with others, so they have
        the same blocks as the model's, of the same shapes.
        """
        ...

    def labels(self, answers: Answers) -> list[Label]:
        """Return the likeliest label of each task, the first of those that are as likely."""
        ...

    def hits(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return how right each answer is, shape (n,): 0 = wrong, 1 = right, else right in part.

        Accuracy is their mean. For advice on accepting predictions unseen only a 1 counts as right.
        """
        ...

    def fair(
        self, answers: Answers, labels: Sequence[Label], *others: Answers
    ) -> tuple[Answers, ...]:
        """Return the answers calibrated to the labels, and the others changed in the same way.

        All rows by one rule, with as few parameters as one temperature (Guo et al. 2017), so that
        the mean of `log_scores` does not fall. The gate calibrates both versions to the labels that
        they share before it compares them: one that only became more or less confident counts as
        the same. Without labels nothing changes.
        """
        ...

    def log_scores(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return a proper score of each answer, higher is better, shape (n,), finite.

        Proper: on average no answer scores higher than the true probabilities (Gneiting and Raftery
        2007). The logarithmic score, in nats, for probabilities. Bounded below, so that one wrong
        label does not outweigh a hundred: mix a little of `alike` into each answer, say.
        """
        ...

    def expected(self, answers: Answers) -> Expected:
        """Return what the answers' own model expects.

        The gate compares it with the scores and hits of labels that are new to the active version:
        many labels that surprise it contradict the earlier ones.
        """
        ...

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return how much accuracy new answers add on tasks without a label, shape (n,), -1 to 1.

        As nobody knows the label, take the mean of both answers for its probabilities: the gain is
        the expected hit of the new answer less that of the old one; 0 for equal answers.
        """
        ...

    def disagreement(self, labels: Sequence[Label], others: Sequence[Label]) -> float:
        """Return how far two versions' labels of the same tasks differ: 0 = not at all.

        Corrected for chance, 1 = no more alike than by chance: 1 - kappa (Cohen 1960) for choices.
        Small ones in a row are a reason to stop labelling (Bloodgood and Vijay-Shanker 2009).
        """
        ...

    def doubts(
        self, answers: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return the labels that may be wrong, the most doubtful first, and no others.

        Called once for each new version; people see the first of them. `answers`: out of fold,
        finite, aligned to what is offered; `votes`: for each task the newest label of each of its
        annotators. One way is confident learning (Northcutt et al. 2021).
        """
        ...

    def by_part(self, answers: Answers, labels: Sequence[Label]) -> dict[str, PartQuality]:
        """Return precision and recall by part of a label: by class, by type of entity.

        `domain.judging.quality.share` makes both, with their intervals. Called with the labels of
        the random share and answers out of fold. Empty if labels have no parts.
        """
        ...

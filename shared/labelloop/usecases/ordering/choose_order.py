"""Choose the order that a version's tasks are served in: the strategy's, or a random one.

No strategy chose the labels from before the first order, so both arms learn them: those of the
strategy and of random order. The arms differ in the labels that came later.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Label, joined_answers
from labelloop.domain.columns import Columns
from labelloop.domain.judging.comparison import fair_scores
from labelloop.domain.judging.fallback import LEAST_ROWS, Fold, OrderDecision, decide, folds
from labelloop.domain.learning.examples import Examples
from labelloop.domain.ordering.random_share import are_random
from labelloop.domain.ordering.strategies import RANDOM
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.protocol import Control
from labelloop.recipes.tuned_to import marked

type Ints = NDArray[np.integer]

_AGAIN_AFTER: Final = (
    1.25  # times the labels of the last comparison, which takes ten small trainings
)
_MOST_ROWS: Final = 1_000  # the labels that came first, some 100 of them random
_MOST_BEFORE: Final = 500  # of the labels from before the first order


@dataclass(frozen=True, slots=True)
class Ordered:
    """The order of a version, as its card stores it.

    `chosen`: the project's strategy; `given`: how many labels were given since the first order,
    the only ones that are counted and compared; `looked_at`: how many at the last comparison.
    """

    chosen: str
    order: OrderDecision
    looked_at: int
    given: int

    @property
    def strategy(self) -> str:
        """The strategy that tasks are served by."""
        return RANDOM if self.order.is_random else self.chosen

    def on_card(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Arms:
    """What both arms are trained on. `since`: the time of the first order, as text."""

    control: Control
    examples: Examples
    features: Columns
    since: str

    @cached_property
    def tuned(self) -> NDArray[np.bool_]:
        """Whether the encoder was tuned to each example: no arm is tested on these."""
        return np.array(self.examples.are_tuned, np.bool_)

    @cached_property
    def marked(self) -> Columns:
        """The features, which tell what the encoder was tuned to."""
        return marked(self.features, self.tuned)

    def by_time(self) -> tuple[Ints, Ints]:
        """Return the rows labelled before the first order and since, each by time."""
        times = np.array(self.examples.updated_at)
        rows = np.argsort(times, kind="stable")
        before, since = np.split(rows, [np.count_nonzero(times <= self.since)])
        return before, since


def choose_order(chosen: str, before: Mapping[str, Any], arms: Arms, project_key: str) -> Ordered:
    """Return the order. `before`: from the active version's card, void for another strategy.

    The arms are trained and compared only when there are enough labels more than at the last
    comparison, and never again once all the labels that count were compared.
    """
    unordered, ordered = arms.by_time()
    last = _read(chosen, before, len(ordered))
    is_settled = chosen == RANDOM or last.looked_at >= _MOST_ROWS
    if is_settled or last.given < _AGAIN_AFTER * last.looked_at:
        return last
    common, rows = unordered[:: max(1, ceil(len(unordered) / _MOST_BEFORE))], ordered[:_MOST_ROWS]
    tasks = np.array(arms.examples.tasks)[rows]
    tested = [
        answers
        for fold in folds(are_random(tasks, project_key))
        if (answers := _tested(fold, common, rows, arms)) is not None
    ]
    if sum(len(labels) for _, _, labels in tested) < LEAST_ROWS:
        return last
    measure = arms.control.measure
    labels = [label for _, _, fold_labels in tested for label in fold_labels]
    strategy = fair_scores(measure, joined_answers([answers for answers, _, _ in tested]), labels)
    random = fair_scores(measure, joined_answers([answers for _, answers, _ in tested]), labels)
    order = decide(strategy, random, last.given, last.order)
    return replace(last, order=order, looked_at=last.given)


def _read(chosen: str, before: Mapping[str, Any], given: int) -> Ordered:
    # A card without `given` is of an earlier release, which compared all labels.
    if before.get("chosen") != chosen or "given" not in before:
        return Ordered(chosen, OrderDecision(False, "", 0), 0, given)
    return Ordered(chosen, OrderDecision(**before["order"]), before["looked_at"], given)


def _tested(
    fold: Fold, common: Ints, rows: Ints, arms: Arms
) -> tuple[Answers, Answers, list[Label]] | None:
    """Return both arms' answers and the labels; None where an arm has nothing to learn from."""
    tests = rows[fold.asked]
    tests = tests[~arms.tuned[tests]]
    if not len(tests):
        return None
    try:
        strategy, random = (
            _answers(np.concatenate([common, rows[arm]]), tests, arms)
            for arm in (fold.strategy, fold.random)
        )
    except (Unprocessable, BadModel):
        return None
    return strategy, random, [arms.examples.labels[row] for row in tests.tolist()]


def _answers(learnt: Ints, tests: Ints, arms: Arms) -> Answers:
    control = arms.control
    labels = [arms.examples.labels[row] for row in learnt.tolist()]
    if why := control.missing(labels, 0):
        raise Unprocessable(why)
    fitted = control.fit(labels, arms.marked.take(learnt))
    answers = fitted.answer(arms.features.take(tests))
    names = sorted({part for label in arms.examples.labels for part in control.parts(label)})
    return control.measure.aligned(answers, names)

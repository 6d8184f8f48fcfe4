"""Choose the order that a version's tasks are served in: the strategy's, or a random one.

Labels from before the first order are nobody's choice, and the random share of them is of whatever
was labelled then. So both arms learn them, and only what came later tells the arms apart.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Label, joined_answers
from labelloop.domain.columns import Columns
from labelloop.domain.judging.comparison import fair_scores
from labelloop.domain.judging.fallback import LEAST_ROWS, Fold, Order, decide, folds
from labelloop.domain.learning.examples import Examples
from labelloop.domain.ordering.random_share import are_random
from labelloop.domain.ordering.strategies import RANDOM
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.protocol import Control

type Ints = NDArray[np.integer]

_AGAIN_AFTER: Final = 1.25  # times the labels of the last look: it takes ten small trainings
_MOST_ROWS: Final = 1_000  # the labels that came first, some 100 of them random
_MOST_BEFORE: Final = 500  # of the labels from before the first order


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order, the strategy that was chosen for the project, and the labels when last looked.

    `given`: labels given since there was an order; those are what is counted and looked at.
    """

    chosen: str
    order: Order
    looked_at: int
    given: int

    @property
    def strategy(self) -> str:
        """The strategy that tasks are served by."""
        return RANDOM if self.order.is_random else self.chosen

    def on_card(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Arms:
    """What two arms are trained on, and how. `since`: when there was a first order, as text."""

    control: Control
    examples: Examples
    seen: Columns
    since: str

    def by_time(self) -> tuple[Ints, Ints]:
        """Return the rows labelled before the first order and since, each by time."""
        times = np.array(self.examples.updated_at)
        rows = np.argsort(times, kind="stable")
        before, since = np.split(rows, [np.count_nonzero(times <= self.since)])
        return before, since


def choose_order(chosen: str, before: Mapping[str, Any], arms: Arms, project_key: str) -> Ordered:
    """Return the order. `before`: off the active version's card, void for another strategy.

    Both arms are trained and asked only when labels have grown since the last look, and never again
    once all the labels that count have been looked at.
    """
    earlier, given = arms.by_time()
    known = _read(chosen, before, len(given))
    is_settled = chosen == RANDOM or known.looked_at >= _MOST_ROWS
    if is_settled or known.given < _AGAIN_AFTER * known.looked_at:
        return known
    common, rows = earlier[:: max(1, ceil(len(earlier) / _MOST_BEFORE))], given[:_MOST_ROWS]
    tasks = np.array(arms.examples.tasks)[rows]
    asked = [
        answers
        for fold in folds(are_random(tasks, project_key))
        if (answers := _asked(fold, common, rows, arms)) is not None
    ]
    if sum(len(labels) for _, _, labels in asked) < LEAST_ROWS:
        return known
    measure = arms.control.measure
    labels = [label for _, _, some in asked for label in some]
    strategy = fair_scores(measure, joined_answers([one for one, _, _ in asked]), labels)
    random = fair_scores(measure, joined_answers([one for _, one, _ in asked]), labels)
    order = decide(strategy, random, known.given, known.order)
    return replace(known, order=order, looked_at=known.given)


def _read(chosen: str, before: Mapping[str, Any], given: int) -> Ordered:
    # A card that does not tell what was given is an older one, judged by all labels.
    if before.get("chosen") != chosen or "given" not in before:
        return Ordered(chosen, Order(False, "", 0), 0, given)
    return Ordered(chosen, Order(**before["order"]), before["looked_at"], given)


def _asked(
    fold: Fold, common: Ints, rows: Ints, arms: Arms
) -> tuple[Answers, Answers, list[Label]] | None:
    """Return both arms' answers and the labels; None where an arm has nothing to learn from."""
    asked = rows[fold.asked]
    try:
        strategy, random = (
            _answers(np.concatenate([common, rows[arm]]), asked, arms)
            for arm in (fold.strategy, fold.random)
        )
    except (Unprocessable, BadModel):
        return None
    return strategy, random, [arms.examples.labels[row] for row in asked.tolist()]


def _answers(learnt: Ints, asked: Ints, arms: Arms) -> Answers:
    control = arms.control
    labels = [arms.examples.labels[row] for row in learnt.tolist()]
    if why := control.missing(labels, 0):
        raise Unprocessable(why)
    fitted = control.fit(labels, arms.seen.take(learnt))
    answers = fitted.answer(arms.seen.take(asked))
    names = sorted({part for label in arms.examples.labels for part in control.parts(label)})
    return control.measure.aligned(answers, names)

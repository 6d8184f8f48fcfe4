"""Falling back to random order where the strategy does worse.

In high dimension with little separation an active order can lose to chance (Tifrea et al. 2022).
The comparison is fair and small: as many of the strategy's first labels as there are random ones, a
model of each, and both predict random tasks that neither learnt.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Floats
from labelloop.domain.judging.comparison import difference

type Ints = NDArray[np.integer]

LEAST_ROWS: Final = 30
FOLDS: Final = 5
_LEAVE: Final = -2.0  # standard errors; stricter than for a single test, as it is repeated
_RETURN: Final = -0.5
_AGAIN_AFTER: Final = 1.5  # times the labels of the last change


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows to learn from in each arm, as many in both, and random rows that both predict."""

    strategy: Ints
    random: Ints
    asked: Ints


@dataclass(frozen=True, slots=True)
class OrderDecision:
    """Whether tasks are served at random, why, and the number of labels when it was decided."""

    is_random: bool
    reason: str
    since: int


def folds(is_random: NDArray[np.bool_], count: int = FOLDS) -> list[Fold]:
    """Return the folds to fit, of rows in the order of labelling; none for few random labels."""
    random, chosen = np.flatnonzero(is_random), np.flatnonzero(~is_random)
    if len(random) < LEAST_ROWS:
        return []
    made = []
    for fold in range(count):
        asked, learnt = random[fold::count], np.delete(random, np.s_[fold::count])
        size = min(len(learnt), len(chosen))
        made.append(Fold(chosen[:size], learnt[:size], asked))
    return made


def decide(strategy: Floats, random: Floats, now: int, before: OrderDecision) -> OrderDecision:
    """Return the order to serve, given both arms' log scores, shape (n,), on random tasks.

    A change takes clear evidence, and half as many labels again as the last one.
    """
    rows = len(strategy)
    if rows < LEAST_ROWS or now < _AGAIN_AFTER * before.since:
        return before
    z = difference(strategy - random).z
    if not before.is_random and z < _LEAVE:
        return OrderDecision(True, f"worse than random order on {rows} random labels", now)
    if before.is_random and z > _RETURN:
        return OrderDecision(False, f"as good as random order on {rows} random labels", now)
    return before

"""All strategies, by name: pure functions of arrays that choose which tasks come next.

A queue is an order, not a set: annotators label its head, and a new version brings a new order. So
diverse strategies fill it in batches, each of them diverse, the best batch first.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from labelloop.domain.answers import Reading
from labelloop.domain.ordering import diversity, typicality
from labelloop.domain.ordering.diversity import unsure_clusters
from labelloop.domain.ordering.unlabelled import Rows, SelectionInput, Unlabelled, unlabelled

DEFAULT: Final = "typical_then_margin"
RANDOM: Final = "random"
_FEW_LABELS: Final = 30
_FEW_OF_A_PART: Final = 6
_GUESSING: Final = 0.4  # confidence, in the mean

type Strategy = Callable[[Unlabelled, int, np.random.Generator], Rows]
type ByModel = Callable[[Unlabelled, Reading, int, np.random.Generator], Rows]


def select(strategy: str, pool: SelectionInput, k: int, seed: int) -> Rows:
    """Return the rows of up to k tasks, the one to label first in front.

    The same tasks for any order of the pool's rows. A task that is like another one, or like a
    labelled one, comes behind all others; a task whose numbers are not finite does not come at all.
    Without a model a strategy that needs one is replaced by `typical`.
    """
    tasks = unlabelled(pool)
    most = max(0, min(k, len(tasks)))
    chosen = np.empty(0, np.int64)
    if most:
        chosen = STRATEGIES[strategy](tasks, most, np.random.default_rng(seed))
    return np.concatenate([tasks.rows[chosen], tasks.repeats])[: max(0, k)]


def typical_then_unsure(
    pool: Unlabelled, reading: Reading, k: int, rng: np.random.Generator
) -> Rows:
    """Return typical tasks until each part of labels has some labels, then unsure, diverse ones.

    Typical ones for longer while the model is only guessing: then its sureness says little.
    """
    sample = reading.take(pool.sample)
    is_guessing = bool(sample.confidence.mean() < _GUESSING)
    is_early = pool.labels < _few(sample) or is_guessing
    return typical(pool, k, rng) if is_early else unsure_clusters(pool, reading, k, rng)


def _drawn(pool: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
    """Return tasks at random."""
    return rng.permutation(len(pool))[:k]


def _of_sample(strategy: Strategy) -> Strategy:
    """Return a strategy that chooses from the fair sample, followed by the other tasks, by id."""

    def sampling(pool: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
        first = pool.sample[strategy(pool.sampled(), min(k, len(pool.sample)), rng)]
        others = np.setdiff1d(np.arange(len(pool)), first)
        return np.concatenate([first, others])[:k]

    return sampling


def _least_sure(name: str) -> Strategy:
    """Return the strategy that orders tasks by `Reading.sureness` of that name."""

    def by_sureness(pool: Unlabelled, reading: Reading, k: int, rng: np.random.Generator) -> Rows:
        return np.argsort(reading.sureness(name), kind="stable")[:k]

    return _with_model(by_sureness)


def _with_model(strategy: ByModel) -> Strategy:
    def guarded(pool: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
        if pool.reading is None:
            return typical(pool, k, rng)
        return strategy(pool, pool.reading, k, rng)

    return guarded


def _few(reading: Reading) -> float:
    """Return the number of labels below which there are few: some for each part of labels.

    Parts are counted by the exponential of the entropy of their predicted shares (Hill 1973, order
    1), so a rare one counts as a fraction: typical tasks are of the common ones.
    """
    shares = np.clip(reading.shares.mean(axis=0), 1e-12, 1.0)
    parts = float(np.exp(-(shares * np.log(shares)).sum()))
    return max(_FEW_LABELS, _FEW_OF_A_PART * parts)


typical = _of_sample(typicality.typical)

STRATEGIES: Final[dict[str, Strategy]] = {
    DEFAULT: _with_model(typical_then_unsure),
    "margin_clusters": _with_model(unsure_clusters),
    "margin": _least_sure("margin"),
    "least_confidence": _least_sure("least_confidence"),
    "entropy": _least_sure("entropy"),
    "typical": typical,
    "core_set": _of_sample(diversity.core_set),
    RANDOM: _of_sample(_drawn),
}

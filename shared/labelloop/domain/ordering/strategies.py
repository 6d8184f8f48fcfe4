"""Which task next: one registry of strategies, all pure functions of arrays.

A queue is an order, not a set: annotators label its head, and a new version brings a new order. So
strategies that seek diversity fill it batch by batch, each batch diverse, the best first.
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

    The same tasks in any order of the pool's rows. A task that is like another one, or labelled
    already, comes behind all others; a task whose numbers are not finite never. Without a model,
    what needs one is typical first.
    """
    seen = unlabelled(pool)
    most = max(0, min(k, len(seen)))
    chosen = np.empty(0, np.int64)
    if most:
        chosen = STRATEGIES[strategy](seen, most, np.random.default_rng(seed))
    return np.concatenate([seen.rows[chosen], seen.repeats])[: max(0, k)]


def typical_then_unsure(
    seen: Unlabelled, reading: Reading, k: int, rng: np.random.Generator
) -> Rows:
    """Typical first until each part of labels has been met some times, then unsure and diverse.

    Typical for longer while the model is only guessing: then its doubts say little.
    """
    sample = reading.take(seen.sample)
    is_guessing = bool(sample.confidence.mean() < _GUESSING)
    is_early = seen.labels < _few(sample) or is_guessing
    return typical(seen, k, rng) if is_early else unsure_clusters(seen, reading, k, rng)


def _drawn(seen: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
    """Draw without looking."""
    return rng.permutation(len(seen))[:k]


def _of_sample(strategy: Strategy) -> Strategy:
    """Let a strategy choose of the fair sample; what is left of a queue is the others, by id."""

    def sampling(seen: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
        first = seen.sample[strategy(seen.sampled(), min(k, len(seen.sample)), rng)]
        others = np.setdiff1d(np.arange(len(seen)), first)
        return np.concatenate([first, others])[:k]

    return sampling


def _least_sure(name: str) -> Strategy:
    """Return the order by one way to tell how sure the model is: `Reading.sureness`."""

    def by_sureness(seen: Unlabelled, reading: Reading, k: int, rng: np.random.Generator) -> Rows:
        return np.argsort(reading.sureness(name), kind="stable")[:k]

    return _with_model(by_sureness)


def _with_model(strategy: ByModel) -> Strategy:
    def guarded(seen: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
        if seen.reading is None:
            return typical(seen, k, rng)
        return strategy(seen, seen.reading, k, rng)

    return guarded


def _few(reading: Reading) -> float:
    """Return how many labels are few: some of each part of labels.

    A rare part counts as a fraction of one: typical tasks are of the common ones. Counted are parts
    of one size that are as diverse as the pool seems (Hill 1973, order 1).
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

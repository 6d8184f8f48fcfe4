"""Which task next: one registry of strategies, all pure functions of arrays.

A queue is an order, not a set: annotators label its head, and a new version brings a new order. So
strategies that seek diversity fill it batch by batch, each batch diverse, the best first.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from labelloop.domain.ordering import diversity, typicality
from labelloop.domain.ordering.diversity import margin_clusters
from labelloop.domain.ordering.selection import Floats, entropy, least_confidence, margin
from labelloop.domain.ordering.unlabelled import Pool, Rows, Unlabelled, unlabelled

DEFAULT: Final = "typical_then_margin"
RANDOM: Final = "random"
_FEW_LABELS: Final = 30
_FEW_OF_A_CLASS: Final = 6
_GUESSING: Final = 0.4  # by the likeliest class, in the mean


def select(strategy: str, pool: Pool, k: int, seed: int) -> Rows:
    """Return the rows of up to k unlabelled tasks, the one to label first in front.

    The same tasks in any order of the pool's rows. A text that is in the pool twice, or labelled
    already, comes behind all others; a task whose numbers are not finite never. Without a model of
    two classes, what needs one is typical first.
    """
    seen = unlabelled(pool)
    most = max(0, min(k, len(seen)))
    chosen = np.empty(0, np.int64)
    if most:
        chosen = STRATEGIES[strategy](seen, most, np.random.default_rng(seed))
    return np.concatenate([seen.rows[chosen], seen.repeats])[: max(0, k)]


def typical_then_margin(seen: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
    """Typical first until each class has been met some times, then unsure and diverse.

    Typical for longer while the model is only guessing: then its doubts say little.
    """
    is_early = seen.labels < _few(seen) or _is_guessing(seen)
    return typical(seen, k, rng) if is_early else margin_clusters(seen, k, rng)


def _drawn(seen: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
    """Draw without looking."""
    return rng.permutation(len(seen))[:k]


def _of_sample(
    strategy: Callable[[Unlabelled, int, np.random.Generator], Rows],
) -> Callable[[Unlabelled, int, np.random.Generator], Rows]:
    """Let a strategy choose of the fair sample; what is left of a queue is the others, by id."""

    def sampling(seen: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
        first = seen.sample[strategy(seen.sampled(), min(k, len(seen.sample)), rng)]
        others = np.setdiff1d(np.arange(len(seen)), first)
        return np.concatenate([first, others])[:k]

    return sampling


def _lowest(
    score: Callable[[Floats], Floats],
) -> Callable[[Unlabelled, int, np.random.Generator], Rows]:
    def by_score(seen: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
        return np.argsort(score(seen.probabilities), kind="stable")[:k]

    return _with_model(by_score)


def _with_model(
    strategy: Callable[[Unlabelled, int, np.random.Generator], Rows],
) -> Callable[[Unlabelled, int, np.random.Generator], Rows]:
    def guarded(seen: Unlabelled, k: int, rng: np.random.Generator) -> Rows:
        return strategy(seen, k, rng) if seen.classes >= 2 else typical(seen, k, rng)

    return guarded


def _few(seen: Unlabelled) -> float:
    """Return how many labels are few: some of each class.

    A rare class counts as a part of one: typical tasks are of the common ones. Counted are classes
    of one size that are as diverse as the pool seems (Hill 1973, order 1).
    """
    shares = seen.probabilities[seen.sample].mean(axis=0, keepdims=True)
    classes = float(shares.shape[1] ** (1 - entropy(shares)[0]))
    return max(_FEW_LABELS, _FEW_OF_A_CLASS * classes)


def _is_guessing(seen: Unlabelled) -> bool:
    return bool(seen.probabilities[seen.sample].max(axis=1).mean() < _GUESSING)


typical = _of_sample(typicality.typical)

STRATEGIES: Final[dict[str, Callable[[Unlabelled, int, np.random.Generator], Rows]]] = {
    DEFAULT: _with_model(typical_then_margin),
    "margin_clusters": _with_model(margin_clusters),
    "margin": _lowest(margin),
    "least_confidence": _lowest(least_confidence),
    "entropy": _lowest(entropy),
    "typical": typical,
    "core_set": _of_sample(diversity.core_set),
    RANDOM: _of_sample(_drawn),
}

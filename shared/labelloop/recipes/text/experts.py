"""Experts: a scorer for each kind of input, and the classes' names, pooled out of fold.

A class's probability is proportional to the exponential of the sum of the experts' scores, each
multiplied by the expert's sharpness (a product of experts: Hinton 2002).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from labelloop.recipes.text.pooling import sharpness_of
from labelloop.recipes.text.ridge import (
    RIDGE_LIMITS,
    Floats,
    Goal,
    Ridge,
    RidgeLimits,
    Scorer,
    by_class,
)

type Flags = NDArray[np.bool_]

PRIOR_SHARPNESS: Final = {"bag": 6.0, "topic": 3.0, "vector": 6.0, "name": 16.0}  # before labels
# Of that, where the encoder was tuned to labels: it draws texts apart, so scores of new ones are
# larger, too, and no better. Found on text sets: tests/bench/NOTEBOOK.md.
_BESIDE_TUNED: Final = {"bag": 0.5, "topic": 0.5, "vector": 0.25, "name": 0.25}
_OF_WORDS: Final = ("bag", "topic")
_TOPIC_PENALTY: Final = 0.1
_MOST_TO_TUNE: Final = 400  # examples: more don't change what is chosen
_TINY: Final = 1e-9
_WORTH: Final = 2.0  # log-likelihood in all, out of fold, that another value has to gain


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """The ridge penalties of two experts, and how classes are balanced, tuned for each version.

    `balance`: 1 weighs all classes equally, 0 all examples. On the model card: `choices`.
    """

    bag: float = 0.3
    vector: float = 3.0
    balance: float = 1.0


_CANDIDATES: Final = {"balance": (0.5, 0.0), "vector": (1.0, 10.0), "bag": (0.1, 1.0)}


@dataclass(frozen=True, slots=True)
class Pooled:
    """Scorers and sharpness by expert; pooled scores and the total log-loss, both out of fold."""

    scorers: dict[str, Scorer]
    sharpness: dict[str, float]
    out_of_fold: Floats
    loss: float

    @property
    def weighted(self) -> dict[str, tuple[float, Scorer]]:
        """Each scorer with its sharpness."""
        return {name: (self.sharpness[name], scorer) for name, scorer in self.scorers.items()}


@dataclass(frozen=True, slots=True)
class VectorsGain:
    """What vectors, of texts and of names, add to the other experts out of fold.

    `log_loss`: nats that a label's log-loss falls by, with its standard `error`; `hits`: by how
    much the share of right labels grows; `without`: that share without them; `rows`: the labels
    that this was measured on.
    """

    log_loss: float
    error: float
    hits: float
    without: float
    rows: int


@dataclass(frozen=True)
class Experts:
    """The experts' inputs for the examples, to fit with any hyperparameters.

    `inputs`: of each scorer, shape (examples, its width); `likeness`: of the examples to the
    classes' names, shape (examples, classes), which depends on no label, or None; `targets`: how
    much of each example is of each class, shape (examples, classes), rows sum to 1; `tuned`: the
    examples that the encoder was tuned to, shape (examples,), or None. Scorers learn from those,
    too, but their vectors give their labels away: all that is learnt out of fold is learnt from the
    others.
    """

    inputs: Mapping[str, Any]
    likeness: Floats | None
    targets: Floats
    tuned: Flags | None = None
    limits: RidgeLimits = RIDGE_LIMITS

    @property
    def answered(self) -> Flags:
        """Whether a fit without the example tells anything of its class. Shape (examples,)."""
        found = ~are_alone(self.targets)
        return found if self.tuned is None else found & ~self.tuned

    @property
    def usual(self) -> dict[str, float]:
        """How sharp experts are before labels."""
        if self.tuned is None or not self.tuned.any():
            return PRIOR_SHARPNESS
        # with two classes; targets of more vary less, and so do scores
        classes = int((self.targets.sum(axis=0) > 0).sum())
        narrower = {"vector": classes**2 / (4 * max(1, classes - 1))}
        of_usual = {name: _BESIDE_TUNED[name] * narrower.get(name, 1.0) for name in _BESIDE_TUNED}
        return {name: of_usual[name] * usual for name, usual in PRIOR_SHARPNESS.items()}

    def _prior(self, scores: Mapping[str, Floats]) -> Floats:
        """Return the logarithms of how sharp experts are before labels. `scores`: out of fold.

        No encoder gives away what words tell, so that is learnt from all labels.
        """
        sharp, usual = {name: self.usual[name] for name in scores}, PRIOR_SHARPNESS
        words = [name for name in _OF_WORDS if name in scores]
        if self.usual != usual and words:
            rows, prior = ~are_alone(self.targets), np.log([usual[name] for name in words])
            stacked = np.stack([scores[name][rows] for name in words])
            found, _ = sharpness_of(stacked, self.targets[rows], prior, may_drop=True)
            sharp |= {n: _BESIDE_TUNED[n] * s for n, s in zip(words, found.tolist(), strict=True)}
        return np.log([*sharp.values()])

    def chosen(self) -> Hyperparameters:
        """Return the hyperparameters that do best out of fold, tuned one after the other."""
        subset = self._subset()
        best = Hyperparameters()
        least = subset.pooled(best).loss
        for name, candidates in _CANDIDATES.items():
            for value in candidates if name == "balance" or name in self.inputs else ():
                tried = replace(best, **{name: value})
                loss = subset.pooled(tried).loss
                if loss < least - _WORTH:
                    best, least = tried, loss
        return best

    def pooled(self, by: Hyperparameters) -> Pooled:
        """Fit all scorers, and learn what to multiply each expert's scores by."""
        goal = Goal(self.targets, by.balance)
        penalties = {"bag": by.bag, "topic": _TOPIC_PENALTY, "vector": by.vector}
        scorers = {name: ridge.fit(goal, penalties[name]) for name, ridge in self._ridges.items()}
        scores = {name: scorer.out_of_fold for name, scorer in scorers.items()}
        if self.likeness is not None:
            scores["name"] = self.likeness
        stacked = np.stack([*scores.values()])
        is_answered = self.answered
        answered, targets = stacked[:, is_answered], self.targets[is_answered]
        sharpness, loss = sharpness_of(answered, targets, self._prior(scores), may_drop=True)
        by_name = dict(zip(scores, sharpness.tolist(), strict=True))
        return Pooled(scorers, by_name, np.tensordot(sharpness, stacked, 1), loss)

    def gain_of_vectors(self, pooled: Pooled) -> VectorsGain | None:
        """Return what vectors add to a pool of these experts; None without them, or with nothing.

        The others are pooled anew, each with its own sharpness; their scorers stay the same.
        """
        others = [name for name in pooled.scorers if name != "vector"]
        is_answered = self.answered
        targets, rows = self.targets[is_answered], int(is_answered.sum())
        if "vector" not in pooled.scorers or not others or rows < 2:
            return None
        scores = np.stack([pooled.scorers[name].out_of_fold for name in others])[:, is_answered]
        prior = np.log([PRIOR_SHARPNESS[name] for name in others])
        sharpness, _ = sharpness_of(scores, targets, prior, may_drop=True)
        both = pooled.out_of_fold[is_answered], np.tensordot(sharpness, scores, 1)
        with_, without = ((targets * log_softmax(each, axis=1)).sum(axis=1) for each in both)
        right = [targets[np.arange(rows), each.argmax(axis=1)].mean() for each in both]
        gain = with_ - without
        error = float(gain.std(ddof=1) / np.sqrt(rows))
        before = float(right[1])
        return VectorsGain(float(gain.mean()), error, float(right[0]) - before, before, rows)

    @cached_property
    def _ridges(self) -> dict[str, Ridge]:
        return {name: Ridge(rows, self.limits) for name, rows in self.inputs.items()}

    def _subset(self) -> "Experts":
        """Return up to `_MOST_TO_TUNE` of the examples, each class by its share."""
        rows = by_class(self.targets)
        if len(rows) > _MOST_TO_TUNE:
            rows = rows[np.linspace(0, len(rows) - 1, _MOST_TO_TUNE).astype(np.int64)]
        inputs = {name: every[rows] for name, every in self.inputs.items()}
        likeness = None if self.likeness is None else self.likeness[rows]
        tuned = None if self.tuned is None else self.tuned[rows]
        targets = self.targets[rows]
        return replace(self, inputs=inputs, likeness=likeness, targets=targets, tuned=tuned)


def are_alone(targets: Floats) -> Flags:
    """Say for each example whether a class of it has no other example. Shape (examples,)."""
    others = targets.sum(axis=0) - targets
    found: Flags = ((targets > 0) & (others < _TINY)).any(axis=1)
    return found

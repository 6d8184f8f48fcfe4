"""Labels that may be wrong: those the model doubts, and those annotators disagree on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Floats

type Ints = NDArray[np.integer]

_RELIABLE: Final = 0.9  # of an annotator's labels are right, until disagreement says fewer
_LEAST_RELIABLE: Final = 0.6
_TINY: Final = 1e-6


@dataclass(frozen=True, slots=True)
class DoubtedCode:
    """A labelled row that may be wrong: which class instead, and how likely (0..1)."""

    row: int
    instead: int
    doubt: float
    disagreed: bool


def doubts(
    out_of_fold: Floats, labels: Ints, votes: Sequence[Sequence[int]] = ()
) -> list[DoubtedCode]:
    """Return the labels that may be wrong, the most doubtful first.

    `out_of_fold`: probabilities, shape (n, k); `votes`: the class that each annotator gave, by row
    (without votes the label is the only one). A row is doubted if the model is as sure of another
    class as it usually is where that class is right (confident learning, Northcutt et al. 2021), or
    if its annotators disagree. Both kinds are ordered by the odds that the label is wrong: the
    model's, times a factor for each vote.
    """
    k = out_of_fold.shape[1]
    counts = np.eye(k)[labels]
    for row, codes in enumerate(votes):
        counts[row] = np.bincount(np.asarray(codes, np.int64), minlength=k)
    disagreed = (counts > 0).sum(axis=1) > 1
    log_odds = np.log(np.clip(out_of_fold, _TINY, 1.0)) + _weight(votes, k) * counts
    belief = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
    belief /= belief.sum(axis=1, keepdims=True)
    rows = np.flatnonzero(_is_doubted(out_of_fold, labels) | disagreed)
    used = np.union1d(labels, np.array([code for codes in votes for code in codes], np.int64))
    others = np.where(np.isin(np.arange(k), used), belief, -1.0)
    others[np.arange(len(labels)), labels] = -1.0
    doubted = [
        DoubtedCode(
            int(row),
            int(others[row].argmax()),
            float(1 - belief[row, labels[row]]),
            bool(disagreed[row]),
        )
        for row in rows
    ]
    return sorted(doubted, key=lambda label: (-label.doubt, label.row))


def _is_doubted(out_of_fold: Floats, labels: Ints) -> NDArray[np.bool_]:
    """Say for each row whether the likeliest class that passes its threshold is not the label.

    The threshold of a class is the mean probability of it where it is the label.
    """
    n, k = out_of_fold.shape
    counts = np.bincount(labels, minlength=k)
    sums = np.bincount(labels, out_of_fold[np.arange(n), labels], minlength=k)
    usual = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    passing = np.where(out_of_fold >= usual, out_of_fold, -1.0)
    best = passing.argmax(axis=1)
    doubted: NDArray[np.bool_] = (passing.max(axis=1) >= 0) & (best != labels)
    surer: NDArray[np.bool_] = out_of_fold[np.arange(n), best] > out_of_fold[np.arange(n), labels]
    return doubted & surer


def _weight(votes: Sequence[Sequence[int]], classes: int) -> float:
    """Return the log-odds that one annotator's vote adds, from how often two of them agree."""
    pairs = agreed = 0
    for codes in votes:
        counts = np.bincount(np.asarray(codes, np.int64))
        pairs += len(codes) * (len(codes) - 1)
        agreed += int((counts * (counts - 1)).sum())
    # Two annotators, each right with probability r, agree with about r²: errors rarely coincide.
    reliable = np.sqrt((agreed + 2 * _RELIABLE**2) / (pairs + 2)) if pairs else _RELIABLE
    reliable = float(np.clip(reliable, _LEAST_RELIABLE, 0.98))
    return float(np.log(reliable * max(1, classes - 1) / (1 - reliable)))

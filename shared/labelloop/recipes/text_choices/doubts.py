"""Labels worth a second look: those the model doubts, and those annotators disagree on."""

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
    """Return the labels to look at again, best first.

    `out_of_fold`: shape (n, k); `votes`: the class each annotator gave, per row (without
    votes the label is one). A row is doubted if the model is as sure of another class as it usually
    is where that class is right (confident learning, Northcutt et al. 2021), or if its annotators
    disagree. Both kinds are ordered by the odds that the label is wrong, the model being one voice
    and each annotator another.
    """
    k = out_of_fold.shape[1]
    voices = np.eye(k)[labels]
    for row, some in enumerate(votes):
        voices[row] = np.bincount(np.asarray(some, np.int64), minlength=k)
    disagreed = (voices > 0).sum(axis=1) > 1
    log_odds = np.log(np.clip(out_of_fold, _TINY, 1.0)) + _weight(votes, k) * voices
    belief = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
    belief /= belief.sum(axis=1, keepdims=True)
    rows = np.flatnonzero(_is_doubted(out_of_fold, labels) | disagreed)
    given = np.union1d(labels, np.array([one for some in votes for one in some], np.int64))
    others = np.where(np.isin(np.arange(k), given), belief, -1.0)
    others[np.arange(len(labels)), labels] = -1.0
    found = [
        DoubtedCode(
            int(row),
            int(others[row].argmax()),
            float(1 - belief[row, labels[row]]),
            bool(disagreed[row]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.doubt, one.row))


def _is_doubted(out_of_fold: Floats, labels: Ints) -> NDArray[np.bool_]:
    """Say for each row whether another class passes its own threshold, and this one is not it.

    The threshold of a class is the mean confidence in it where it is the label.
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
    """Return the log-odds that one annotator's word adds, from how often two of them agree."""
    pairs = agreed = 0
    for given in votes:
        counts = np.bincount(np.asarray(given, np.int64))
        pairs += len(given) * (len(given) - 1)
        agreed += int((counts * (counts - 1)).sum())
    # Two who are right with chance r agree with chance r² or so, errors rarely being the same.
    reliable = np.sqrt((agreed + 2 * _RELIABLE**2) / (pairs + 2)) if pairs else _RELIABLE
    reliable = float(np.clip(reliable, _LEAST_RELIABLE, 0.98))
    return float(np.log(reliable * max(1, classes - 1) / (1 - reliable)))

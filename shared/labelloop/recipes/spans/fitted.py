"""A model as it is learnt: ridge regression on words, and transitions by counting.

Squared errors instead of likelihoods, because then the scores of words in a sentence that was left
out follow from one fit, exactly: out-of-fold answers cost next to nothing.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular

from labelloop.domain.answers import Answers, Label
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.protocol import Trained
from labelloop.recipes.spans.chain import Chain
from labelloop.recipes.spans.likeness import LANDMARKS, likeness
from labelloop.recipes.spans.marked import tags_of
from labelloop.recipes.spans.seen import STATES, Seen
from labelloop.recipes.spans.tagger import Head, Tagger, parts_of, said, tagged, tags_to_scores

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

_RIDGE: Final = 0.1  # beside squared lengths of about 4 of what is seen of a word
_JITTER: Final = 1e-3
_TINY: Final = 1e-6
_MANY_WORDS: Final = 2_000
_SHARPNESS: Final = np.exp(np.linspace(0.5, 4.0, 15))  # from scores around 0..1 to log-odds
_TRUST: Final = 0.6  # in transitions: neighbours' scores tell a part of the same
_SMOOTHING: Final = 0.1  # of a tag's count
_UNMET: Final = 2.0  # as many words behind each tag are tagged as words anywhere
_FOLDS: Final = 10  # of transitions


class FittedTagger:
    """A model of all types that some label has. Deterministic.

    `encoder`: the name of what made the features' states; empty without.
    """

    def __init__(
        self, features: Columns, labels: Sequence[Label], names: Sequence[str], encoder: str
    ) -> None:
        """Learn; Unprocessable where there are no words to learn from."""
        seen = Seen.of(features)
        if seen is None or not len(seen.places):
            raise Unprocessable("the labelled texts hold no words")
        used = {kind for label in labels for _, _, kind in label}
        self.names = tuple(name for name in names if name in used)
        self._seen = seen
        self._tags = np.concatenate(
            [
                tags_of(label, seen.places[first:last], self.names)
                for label, first, last in zip(labels, seen.starts, seen.starts[1:], strict=False)
            ]
        )
        head = _Head(seen, (self._tags + 1) // 2, 1 + len(self.names))
        self.sharpness = _sharpest(head.left_out, (self._tags + 1) // 2)
        self._scores = self.sharpness * head.left_out
        self._counts = _counts(self._tags, seen.starts, 1 + 2 * len(self.names))
        self.tagger = Tagger(
            self.names,
            seen.block,
            encoder if seen.block == STATES else "",
            Head(
                (self.sharpness * head.weights).astype(np.float32),
                (self.sharpness * head.offsets).astype(np.float32),
                head.landmarks.astype(np.float16),
                (self.sharpness * head.pull).astype(np.float32),
                np.array(head.reach),
            ),
            _chain(self._counts.sum(axis=0)),
        )
        self.encoder, self.needs = self.tagger.encoder, self.tagger.needs

    def answer(self, features: Columns) -> Answers:
        """Return the spans of each task."""
        return self.tagger.answer(features)

    def packed(self) -> Trained:
        """Return the model as it is stored, with the answers out of fold."""
        artefact = self.tagger.to_bytes()
        if Tagger.from_bytes(artefact).to_bytes() != artefact:
            raise BadModel("the stored model is another one")
        facts: dict[str, Any] = {
            "bytes": len(artefact),
            "types": len(self.names),
            "words": len(self._tags),
            "landmarks": len(self.tagger.head.landmarks),
            "sharpness": round(self.sharpness, 3),
        }
        return Trained(artefact, facts, self._out_of_fold())

    def _out_of_fold(self) -> Answers:
        """Return each task's answer by scores without it, and transitions without its fold's."""
        seen, columns = self._seen, tags_to_scores(len(self.names))
        fold = np.arange(len(seen)) % _FOLDS
        word_fold = np.repeat(fold, np.diff(seen.starts))
        every = tagged(self.tagger.chain, self._scores[:, columns], seen.starts)
        for number in range(min(_FOLDS, len(seen))):
            chain = _chain(self._counts[np.arange(_FOLDS) != number].sum(axis=0))
            starts = np.append(0, np.cumsum(np.diff(seen.starts)[fold == number]))
            rows = word_fold == number
            part = tagged(chain, self._scores[rows][:, columns], starts)
            every.path[rows], every.tags[rows], every.likely[rows] = (
                part.path,
                part.tags,
                part.likely,
            )
        return said(self.names, seen, [every]).answers()


class _Head:
    """Ridge regression (Hoerl and Kennard 1970) of each type on words, linear and by likeness.

    What is seen of a word, and how like it is to landmarks, words spread over all labelled ones: an
    approximation of a kernel method (Nystrom: Williams and Seeger 2001) that learns beside single
    numbers what goes together. `left_out`: the scores of each word by a model without its task,
    shape (words, k): with H the part of the hat matrix for a task, its residuals are (I - H)^-1
    times those of the fit (Cook 1977). In parts, so memory goes with the words in few numbers only.
    """

    def __init__(self, seen: Seen, types: Ints, k: int) -> None:
        self._seen, self._parts = seen, list(parts_of(seen.starts))
        words, ones = len(types), np.eye(k)
        # With few words hat matrices are nearly 1, and single precision leaves nothing of the rest.
        self._precision = np.float64 if words < _MANY_WORDS else np.float32
        sums = [seen.rows(*part).sum(axis=0, dtype=np.float64) for part in self._parts]
        self._mean = (np.sum(sums, axis=0) / words).astype(np.float32)
        self.landmarks, self.reach = self._spread(min(LANDMARKS, words), words)
        near = _length(self.reach) * likeness(self.landmarks, self.landmarks, self.reach)
        near = near.astype(np.float64) + _JITTER * np.eye(len(near))
        self._root = cholesky(near, lower=True).astype(self._precision)
        shares = ones[types].mean(axis=0)
        factor, both = self._solved(types, ones - shares)
        size = len(self._mean)
        self.weights: Floats = both[:size]
        self.pull: Floats = _length(self.reach) * solve_triangular(
            self._root, both[size:], lower=True, trans="T"
        )
        self.offsets: Floats = shares - self._mean @ self.weights
        self.left_out = np.empty((words, k))
        for part in self._parts:
            rows = self._rows(part)
            halves = solve_triangular(factor, rows.T, lower=True, check_finite=False)
            fitted = rows @ both + shares
            for task in range(*part):
                place = slice(seen.starts[task], seen.starts[task + 1])
                here = slice(place.start - seen.starts[part[0]], place.stop - seen.starts[part[0]])
                hat = (halves[:, here].T @ halves[:, here]).astype(np.float64)
                given = ones[types[place]]
                left = (1 + _TINY) * np.eye(len(hat)) - hat
                self.left_out[place] = given - np.linalg.solve(left, given - fitted[here])

    def _spread(self, most: int, words: int) -> tuple[NDArray[np.float32], float]:
        """Return landmarks, every so many words, and their reach: twice the usual distance."""
        places, lengths = np.linspace(0, words - 1, most).astype(np.int64), 0.0
        found = []
        for part in self._parts:
            rows, first = self._seen.rows(*part), self._seen.starts[part[0]]
            lengths += float(np.square(rows - self._mean).sum())
            own = places[(places >= first) & (places < first + len(rows))]
            found.append(rows[own - first])
        # As they are stored: the model that is served has the same.
        landmarks = np.concatenate(found).astype(np.float16).astype(np.float32)
        return landmarks, max(2 * lengths / words, _JITTER)

    def _solved(self, types: Ints, centred: Floats) -> tuple[NDArray[Any], Floats]:
        """Return the root of the regularised gram matrix, and the coefficients."""
        size = len(self._mean) + len(self.landmarks)
        gram, sides = _RIDGE * np.eye(size), np.zeros((size, centred.shape[1]))
        for part in self._parts:
            rows = self._rows(part)
            gram += rows.T @ rows
            place = slice(self._seen.starts[part[0]], self._seen.starts[part[1]])
            sides += rows.T @ centred[types[place]]
        factor = cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
        return factor.astype(self._precision), cho_solve((factor, True), sides, check_finite=False)

    def _rows(self, part: tuple[int, int]) -> NDArray[Any]:
        """Return the words of some tasks as the regression sees them."""
        rows = self._seen.rows(*part)
        near = _length(self.reach) * likeness(rows, self.landmarks, self.reach)
        near = near.astype(self._precision, copy=False)
        close = solve_triangular(self._root, near.T, lower=True, check_finite=False).T
        return np.concatenate([rows - self._mean, close], axis=1, dtype=self._precision)


def _length(reach: float) -> np.float32:
    """Return the usual squared length: likeness weighs as much as what is seen."""
    return np.float32(reach / 2)


def _sharpest(scores: Floats, types: Ints) -> float:
    """Return the factor from scores to log-odds by which the types are likeliest."""
    rows = np.arange(len(types))

    def likelihood(factor: float) -> float:
        logits = factor * scores
        logits -= logits.max(axis=1, keepdims=True)
        found = logits[rows, types] - np.log(np.exp(logits).sum(axis=1))
        return float(found.mean())

    return float(max(_SHARPNESS, key=likelihood))


def _counts(tags: Ints, starts: Ints, k: int) -> Floats:
    """Return how often a tag follows another in each fold, shape (folds, k + 1, k + 1).

    The last row is what stands before a first word, the last column what stands behind a last one.
    """
    counts = np.zeros((_FOLDS, k + 1, k + 1))
    for task, (first, last) in enumerate(pairwise(starts)):
        path = [k, *tags[first:last].tolist(), k]
        np.add.at(counts[task % _FOLDS], (path[:-1], path[1:]), 1)
    return counts


def _chain(counts: Floats) -> Chain:
    """Return how much likelier a tag is behind another than anywhere, as log weights.

    Scores tell how likely a type is, so transitions are divided by that. The further tag of a type
    follows none but the tags of its type.
    """
    k = len(counts) - 1
    anywhere = counts.sum(axis=0) + _SMOOTHING
    anywhere /= anywhere.sum()
    behind = (counts + _UNMET * anywhere) / (counts.sum(axis=1, keepdims=True) + _UNMET)
    weights = _TRUST * np.log(behind / anywhere)
    further = np.arange(2, k, 2)
    may_follow = np.ones((k + 1, k + 1), np.bool_)
    may_follow[:, further] = False
    may_follow[further, further] = may_follow[further - 1, further] = True
    weights[~may_follow] = -np.inf
    return Chain(weights[k, :k], weights[:k, :k], weights[:k, k])

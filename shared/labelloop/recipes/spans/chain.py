"""Tags of words that follow each other: the likeliest path, and how likely each tag is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.floating]
type Ints = NDArray[np.int64]

_MOST_NUMBERS: Final = 4_000_000  # in memory at once: of pairs of tags, for each task


@dataclass(frozen=True, slots=True)
class Chain:
    """A linear chain of k tags. All numbers are log weights; -inf where a tag can't follow.

    `first`: of the tag of a first word, shape (k,); `next`: from a tag to the one behind it, shape
    (k, k); `last`: of the tag of a last word, shape (k,).
    """

    first: Floats
    next: Floats
    last: Floats

    def run(self, scores: Floats, starts: Ints) -> tuple[Ints, Floats]:
        """Return the likeliest tag of each word, shape (words,), and the probability of each tag.

        `scores`: of tags, shape (words, k); `starts`: of tasks. By Viterbi's algorithm (1967) and
        by the forward-backward algorithm (Rabiner 1989), for tasks of one length together, so that
        an answer does not depend on the others.
        """
        path, marginals = np.zeros(len(scores), np.int64), np.zeros(scores.shape)
        for rows in _batches(starts, scores.shape[1]):
            block = scores[rows].astype(np.float64)
            path[rows], marginals[rows] = self._path(block), self._marginals(block)
        return path, marginals

    def _path(self, scores: Floats) -> Ints:
        """Return the likeliest paths, shape (tasks, words, k) -> (tasks, words)."""
        tasks, words, _ = scores.shape
        best = self.first + scores[:, 0]
        came_from = []
        for word in range(1, words):
            through = best[:, :, None] + self.next
            came_from.append(through.argmax(axis=1))
            best = through.max(axis=1) + scores[:, word]
        path = np.empty((tasks, words), np.int64)
        path[:, -1] = (best + self.last).argmax(axis=1)
        for word in range(words - 1, 0, -1):
            path[:, word - 1] = came_from[word - 1][np.arange(tasks), path[:, word]]
        return path

    def _marginals(self, scores: Floats) -> Floats:
        """Return the probability of each tag, shape (tasks, words, k)."""
        weights = np.exp(scores - scores.max(axis=2, keepdims=True))
        following = np.exp(self.next)
        words = scores.shape[1]
        ahead, behind = np.empty_like(weights), np.empty_like(weights)
        ahead[:, 0] = _scaled(np.exp(self.first) * weights[:, 0])
        for word in range(1, words):
            ahead[:, word] = _scaled((ahead[:, word - 1] @ following) * weights[:, word])
        behind[:, -1] = np.exp(self.last)
        for word in range(words - 1, 0, -1):
            behind[:, word - 1] = _scaled((behind[:, word] * weights[:, word]) @ following.T)
        return _scaled(ahead * behind)


def _scaled(weights: Floats) -> Floats:
    scaled: Floats = weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-300)
    return scaled


def _batches(starts: Ints, k: int) -> Iterator[Ints]:
    """Yield the words of tasks with one number of words, shape (tasks, words); none without any."""
    lengths = np.diff(starts)
    for length in np.unique(lengths[lengths > 0]).tolist():
        tasks = np.flatnonzero(lengths == length)
        for part in np.array_split(tasks, 1 + len(tasks) * k * max(k, length) // _MOST_NUMBERS):
            yield starts[part][:, None] + np.arange(length)

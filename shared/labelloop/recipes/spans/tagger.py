"""A model as it predicts, in numpy alone: a score of each type for each word, and a chain of tags.

The artefact is a file of numpy's.
"""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, OutOfMemory
from labelloop.recipes.spans import FORMAT
from labelloop.recipes.spans.chain import Chain
from labelloop.recipes.spans.likeness import likeness
from labelloop.recipes.spans.said import Said, kept_of, silent
from labelloop.recipes.spans.seen import SPELLINGS, STATES, WORDS, Seen

type Floats = NDArray[np.floating]
type Ints = NDArray[np.int64]

_HEAD: Final = ("weights", "offsets", "landmarks", "pull", "reach")
_CHAIN: Final = ("first", "next", "last")
_WORDS_AT_ONCE: Final = 4_000  # 25 MB of what is seen of them


@dataclass(frozen=True, slots=True)
class Head:
    """What scores words. With s numbers seen of a word and k = 1 + types:

    `weights`: shape (s, k); `offsets`: (k,); `landmarks`: (m, s), see `likeness`; `pull`: (m, k);
    `reach`: one number.
    """

    weights: Floats
    offsets: Floats
    landmarks: Floats
    pull: Floats
    reach: Floats

    def scores(self, rows: NDArray[np.float32]) -> Floats:
        """Return log-odds, up to a constant, shape (words, k)."""
        near = likeness(rows, self.landmarks.astype(np.float32), float(self.reach))
        return rows @ self.weights + near @ self.pull + self.offsets

    def fits(self, k: int) -> bool:
        """Say whether the shapes fit each other, for k columns of scores."""
        (s, columns), m = self.weights.shape, len(self.landmarks)
        shapes = (self.offsets.shape, self.landmarks.shape, self.pull.shape, self.reach.shape)
        return s > 0 and m > 0 and columns == k and shapes == ((k,), (m, s), (m, k), ())


class Tagger:
    """A model of one type or more.

    `block`: the block of features that words' own vectors are from; `encoder`: the name of what
    made them.
    """

    def __init__(
        self,
        names: Sequence[str],
        block: str,
        encoder: str,
        head: Head,
        chain: Chain,
    ) -> None:
        self.names, self.encoder, self.block = tuple(names), encoder, block
        self.needs = tuple(dict.fromkeys((WORDS, SPELLINGS, block)))
        self.head, self.chain = head, chain
        self._scored = tags_to_scores(len(names))

    def answer(self, features: Columns) -> Answers:
        """Return the spans of each task; see `said`. BadModel without the features it needs."""
        if not len(features):
            return silent(self.names, np.zeros(1, np.int64)).answers()
        seen = Seen.of(features)
        if seen is None or seen.block != self.block:
            raise BadModel(f"the model wants the features {self.needs}")
        if seen.width != len(self.head.weights):
            raise BadModel(f"the model wants {len(self.head.weights)} numbers of a word")
        parts = [self._tagged(seen, *part) for part in parts_of(seen.starts)]
        return said(self.names, seen, parts).answers()

    def _tagged(self, seen: Seen, first: int, last: int) -> "Tagged":
        scores = self.head.scores(seen.rows(first, last))
        starts = seen.starts[first : last + 1] - seen.starts[first]
        return tagged(self.chain, scores[:, self._scored], starts)

    def to_bytes(self) -> bytes:
        """Return the model as it is stored; `from_bytes` reads it."""
        facts = {"format": FORMAT, "names": self.names, "block": self.block}
        facts["encoder"] = self.encoder
        arrays: dict[str, Any] = {name: getattr(self.head, name) for name in _HEAD}
        arrays |= {name: getattr(self.chain, name) for name in _CHAIN}
        body = io.BytesIO()
        np.savez(body, about=np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays)
        return body.getvalue()

    @classmethod
    def from_bytes(cls, artefact: bytes) -> Self:
        """Return a stored model. BadModel for whatever can't predict; OutOfMemory."""
        try:
            with np.load(io.BytesIO(artefact), allow_pickle=False) as file:
                arrays: dict[str, Any] = dict(file)
            facts = json.loads(arrays["about"].tobytes())
            if facts["format"] != FORMAT:
                raise BadModel(f"the model has format {facts['format']}, not {FORMAT}")
            head = Head(*(arrays[name] for name in _HEAD))
            chain = Chain(*(arrays[name] for name in _CHAIN))
            model = cls(facts["names"], facts["block"], facts["encoder"], head, chain)
            model._check()
        except BadModel:
            raise
        except MemoryError as exc:
            raise OutOfMemory("too little memory to load the model") from exc
        except Exception as exc:  # numpy raises a dozen types for a file that is none of its own
            raise BadModel(f"the model does not load: {type(exc).__name__}") from exc
        return model

    def _check(self) -> None:
        """Raise BadModel if it does not fit itself, or if a text of two words has no answer."""
        tags, chain = 1 + 2 * len(self.names), self.chain
        shapes = (chain.first.shape, chain.next.shape, chain.last.shape)
        fits = shapes == ((tags,), (tags, tags), (tags,)) and self.head.fits(1 + len(self.names))
        if not self.names or not fits or {type(name) for name in self.names} != {str}:
            raise BadModel("the model's parts don't fit each other")
        if self.block not in (STATES, SPELLINGS):
            raise BadModel("the model reads no features")
        probe = self.head.scores(np.eye(2, len(self.head.weights), dtype=np.float32))
        answer = tagged(chain, probe[:, self._scored], np.array([0, 2]))
        if not np.isfinite(answer.likely).all() or not 0 < answer.likely[0].sum() < 1.001:
            raise BadModel("the model's answers are no probabilities")


class Tagged:
    """Words with their tags: `path`, `tags` and `likely` as `said.Said` has them."""

    def __init__(self, path: Ints, tags: Ints, likely: Floats) -> None:
        self.path, self.tags, self.likely = path, tags, likely


def tagged(chain: Chain, scores: Floats, starts: Ints) -> Tagged:
    """Return the tags of words by their scores, shape (words, tags)."""
    path, marginals = chain.run(scores, starts)
    return Tagged(path, *kept_of(marginals))


def said(names: Sequence[str], seen: Seen, parts: Sequence[Tagged]) -> Said:
    """Return what parts of the tasks, in their order, were tagged with."""
    path = np.concatenate([np.empty(0, np.int64), *(part.path for part in parts)])
    nothing = silent(names, np.zeros(1, np.int64))
    tags = np.concatenate([nothing.tags, *(part.tags for part in parts)])
    likely = np.concatenate([nothing.likely, *(part.likely for part in parts)])
    return Said(tuple(names), seen.starts, seen.places, path, tags, likely)


def parts_of(starts: Ints) -> Iterator[tuple[int, int]]:
    """Yield the first task and the one behind the last of parts of bounded numbers of words."""
    first = 0
    for last in range(1, len(starts)):
        if last + 1 == len(starts) or starts[last + 1] - starts[first] > _WORDS_AT_ONCE:
            yield first, last
            first = last


def tags_to_scores(types: int) -> Ints:
    """Return the column of scores for each tag: first and further words of a type share one."""
    return (np.arange(1 + 2 * types) + 1) // 2

"""How spans are compared: exact spans, F1 by task, and the probabilities of words' tags."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats, Label
from labelloop.domain.columns import Rows
from labelloop.domain.measure import Doubt, Expected
from labelloop.recipes.spans.believed import expected_hits
from labelloop.recipes.spans.doubts import doubts_of
from labelloop.recipes.spans.marked import Marked, marked, tags_of
from labelloop.recipes.spans.said import Said, said_of, silent

if TYPE_CHECKING:
    from labelloop.domain.judging.quality import PartQuality

type Ints = NDArray[np.int64]
type Span = tuple[int, int, str]

TEMPERATURES: Final = np.exp(np.linspace(-1.5, 1.5, 13))
_FLOOR: Final = 0.01  # of each answer is uniform: one wrong label must not outweigh a hundred
_TINY: Final = 1e-9
_ALONE: Final = 3  # words: about as many are tagged alike together


@dataclass(frozen=True, slots=True)
class SpanReading:
    """What the loop may know of answers for n tasks. `margins` and `tops`: means over words."""

    confidence: Floats
    shares: Floats
    margins: Floats
    tops: Floats

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.confidence)

    def sureness(self, name: str = "") -> Floats:
        """Return the mean margin of words' tags, or the mean of the likeliest's probability.

        The mean, as long tasks would always come first by a sum, and short ones by a product.
        """
        return self.tops if name == "least_confidence" else self.margins

    def take(self, rows: Rows) -> "SpanReading":
        """Return the reading of some rows, in the order of `rows`."""
        rows = np.asarray(rows, np.int64)
        parts = (self.confidence, self.shares, self.margins, self.tops)
        return SpanReading(*(part[rows] for part in parts))


class SpanMeasure:
    """See `domain.measure.Measure`."""

    title: Final = "span F1"

    def reading(self, answers: Answers) -> SpanReading:
        """Return what the loop may know of answers."""
        said = said_of(answers)
        kept = said.kept()
        top = np.sort(kept, axis=1)
        margins, tops = top[:, -1] - top[:, -2], top[:, -1]
        means = (_by_task(said, one) for one in (margins, tops))
        return SpanReading(expected_hits(said, [said]), _shares(said), *means)

    def aligned(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return the answers by other names; words of a type without one are in no span.

        How likely that type was goes to all tags that are not kept.
        """
        if tuple(names) == answers.names:
            return answers
        said, place = said_of(answers), {name: code for code, name in enumerate(names)}
        codes = [place.get(name, -1) for name in said.names]
        moved = [(-1, -1) if code < 0 else (1 + 2 * code, 2 + 2 * code) for code in codes]
        to = np.array([0, *(tag for both in moved for tag in both), -1], np.int64)  # of -1: -1
        path = np.maximum(to[said.path], 0)
        return replace(said, names=tuple(names), path=path, tags=to[said.tags]).answers()

    def alike(self, names: Sequence[str], n: int) -> Answers:
        """Return answers without a word: each tag is as likely as any other."""
        return silent(names, np.zeros(n + 1, np.int64)).answers()

    def labels(self, answers: Answers) -> list[Label]:
        """Return the spans of each task."""
        said = said_of(answers)
        tasks = zip(said.starts.tolist(), said.spans(), strict=False)
        return [[_placed(said, start, span) for span in spans] for start, spans in tasks]

    def hits(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the F1 of exact spans of each task; 1 where there is none and none is said."""
        pairs = _compared(said_of(answers), labels)
        return np.array([_f1(len(said & given), len(said), n) for said, given, n in pairs])

    def fair(
        self, answers: Answers, labels: Sequence[Label], *others: Answers
    ) -> tuple[Answers, ...]:
        """Return all answers at the temperature at which the labels' tags are likeliest.

        Temperature scaling (Guo et al. 2017), with one temperature out of `TEMPERATURES`. The spans
        stay as they are.
        """
        best, temperature = -np.inf, 1.0
        if len(labels):
            said = said_of(answers)
            tags = _tags(said, labels)
            for tried in TEMPERATURES:
                score = float(_scores(_at_temperature(said, tried), tags).mean())
                if score > best:
                    best, temperature = score, float(tried)
        every = (answers, *others)
        return tuple(_at_temperature(said_of(one), temperature).answers() for one in every)

    def log_scores(self, answers: Answers, labels: Sequence[Label]) -> Floats:
        """Return the mean log-likelihood of a task's words' tags by the label.

        With a small uniform part in each answer. An answer without words takes all tags for equally
        likely.
        """
        said = said_of(answers)
        return _scores(said, _tags(said, labels))

    def expected(self, answers: Answers) -> Expected:
        """Return what a model expects if tags are as often right as it says.

        The variance is that of some words that stand for a few beside them: tags go together.
        """
        said = said_of(answers)
        even = _FLOOR / said.tag_count
        others = said.tag_count - (said.tags >= 0).sum(axis=1)
        rest = (1 - _FLOOR) * said.rest() + even
        kept = np.where(said.tags >= 0, (1 - _FLOOR) * said.likely + even, 0.0)
        logs = np.log(np.maximum(kept, _TINY))
        mean = (kept * logs).sum(axis=1) + others * rest * np.log(rest)
        square = (kept * logs**2).sum(axis=1) + others * rest * np.log(rest) ** 2
        words = np.maximum(np.diff(said.starts), 1)
        variance = _by_task(said, np.maximum(square - mean**2, 0.0), 0.0)
        return Expected(
            _by_task(said, mean, -np.log(said.tag_count)),
            variance * np.minimum(1, _ALONE / words),
            expected_hits(said, [said]),
        )

    def gain(self, old: Answers, new: Answers) -> Floats:
        """Return how much better both, in the mean, take the new spans to be than the old ones."""
        before, after = said_of(old), said_of(new)
        if not np.array_equal(before.starts, after.starts):
            return np.zeros(len(old))  # one of them knows nothing of some task
        beliefs = (before, after)
        gained: Floats = expected_hits(after, beliefs) - expected_hits(before, beliefs)
        return gained

    def disagreement(self, labels: Sequence[Label], others: Sequence[Label]) -> float:
        """Return 1 minus the F1 of one's spans by the other's: by chance alone it is about 0."""
        both = one = other = 0
        for label, another in zip(labels, others, strict=True):
            spans, more = (Counter(map(tuple, each)) for each in (label, another))
            both, one, other = both + (spans & more).total(), one + len(label), other + len(another)
        return 1 - _f1(both, one, other)

    def doubts(
        self, answers: Answers, labels: Sequence[Label], votes: Sequence[Sequence[Label]]
    ) -> list[Doubt]:
        """Return the labels that may be wrong: see `doubts`."""
        confidence = expected_hits(said_of(answers), [said_of(answers)])
        hits = self.hits(answers, labels)
        return doubts_of(confidence, hits, self.labels(answers), labels, votes)

    def by_part(self, answers: Answers, labels: Sequence[Label]) -> "dict[str, PartQuality]":
        """Return the precision and the recall of each type's exact spans."""
        from labelloop.domain.judging.quality import PartQuality, share

        right, found, given = Counter[str](), Counter[str](), Counter[str]()
        said = said_of(answers)
        for (spans, exact, _), label, places in zip(
            _compared(said, labels), labels, _places(said), strict=True
        ):
            found.update(kind for *_, kind in spans)
            right.update(kind for *_, kind in spans & exact)
            given.update(span.kind for span in marked(label, places))
        return {
            name: PartQuality(share(right[name], found[name]), share(right[name], given[name]))
            for name in answers.names
        }


MEASURE: Final = SpanMeasure()


def _by_task(said: Said, values: Floats, nothing: float = 1.0) -> Floats:
    """Return the mean over each task's words; `nothing` for a task without words."""
    sums = np.bincount(said.task, values, minlength=len(said))
    words = np.diff(said.starts)
    return np.where(words > 0, sums / np.maximum(words, 1), nothing)


def _shares(said: Said) -> Floats:
    """Return each type's part of the spans that are likely to start, shape (n, types)."""
    counts = np.full((len(said), len(said.names)), _TINY)
    first = (said.tags >= 0) & (said.tags % 2 == 1)
    rows = np.broadcast_to(said.task[:, None], said.tags.shape)[first]
    np.add.at(counts, (rows, said.tags[first] // 2), said.likely[first])
    shares: Floats = counts / np.maximum(counts.sum(axis=1, keepdims=True), _TINY)
    return shares


def _placed(said: Said, start: int, span: tuple[int, int, int]) -> list[object]:
    first, last, kind = span
    places = said.places
    return [int(places[start + first, 0]), int(places[start + last - 1, 1]), said.names[kind]]


def _places(said: Said) -> Iterator[Ints]:
    for first, last in zip(said.starts, said.starts[1:], strict=False):
        yield said.places[first:last]


def _compared(said: Said, labels: Sequence[Label]) -> Iterator[tuple[set[Span], set[Span], int]]:
    """Yield what is said of each task, what of its label can be hit, and the label's spans.

    A span that cuts a word is never hit: no answer does.
    """
    for spans, label, places in zip(said.spans(), labels, _places(said), strict=True):
        given = marked(label, places) if len(places) else [Marked(0, 0, "", False) for _ in label]
        exact = {(one.first, one.last, one.kind) for one in given if one.is_whole}
        cut = {(one.first, one.last, one.kind) for one in given if not one.is_whole}
        named = {(first, last, said.names[kind]) for first, last, kind in spans}
        yield named, exact, len(exact) + len(cut)


def _f1(right: int, said: int, given: int) -> float:
    return 2 * right / (said + given) if said + given else 1.0


def _tags(said: Said, labels: Sequence[Label]) -> Ints:
    each = [tags_of(*pair, said.names) for pair in zip(labels, _places(said), strict=True)]
    return np.concatenate([np.empty(0, np.int64), *each])


def _scores(said: Said, tags: Ints) -> Floats:
    likely = (1 - _FLOOR) * said.probability(tags) + _FLOOR / said.tag_count
    return _by_task(said, np.log(likely), -float(np.log(said.tag_count)))


def _at_temperature(said: Said, temperature: float) -> Said:
    """Return the probabilities sharpened (below 1) or flattened (above)."""
    if temperature == 1:
        return said
    others = said.tag_count - (said.tags >= 0).sum(axis=1)
    odds = np.where(said.tags >= 0, np.maximum(said.likely, _TINY) ** (1 / temperature), 0.0)
    rest = others * np.maximum(said.rest(), _TINY) ** (1 / temperature)
    sums = odds.sum(axis=1) + rest
    return replace(said, likely=odds / np.maximum(sums, _TINY)[:, None])

"""What is known of two versions, and what it says: the gate's evidence."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Label
from labelloop.domain.judging.comparison import Difference, difference, fair_scores, surprise
from labelloop.domain.judging.intervals import errors_for
from labelloop.domain.judging.quality import LEAST_ROWS
from labelloop.domain.measure import Measure

type Ints = NDArray[np.integer]
type Flags = NDArray[np.bool_]

MOST_LOST: Final = 0.2  # of the labels: from here on the challenger has to be better on the rest
FRESH: Final = 100  # labels after a refusal: older ones tell of what was wrong then
MOST_TURNED: Final = 0.03  # of the labels, against what the active version thinks of them
MOST_MISSED: Final = 0.2  # of new labels, beyond what was expected
_BETTER: Final = 3.0  # standard errors; random labels are asked about round after round
# Two voices, each in units of what sound versions rarely reach: standard errors on the labels, and
# expected accuracy on the pool. Both must speak against a version, or one very clearly.
_LABELS_UNIT: Final = 2.0
_POOL_UNIT: Final = 0.002
_AGAINST: Final = -2.0
_MOST_SHOWN: Final = 99.0  # standard errors
_RIGHT: Final = 0.5  # hits from which on an answer counts as right


@dataclass(frozen=True)
class Evidence:
    """What is known of both versions. Rows are tasks, the same for all arrays.

    `known`: all labels that there are or were, each once; `parts`: of each of them. `before`: the
    labels that the champion learnt, as places in `known`, -1 where it knew none; `labels`: those of
    now, -1 where there is none any more. `champion`: out of fold where it learnt the label, else
    direct; `challenger`: out of fold; rows without a label of now are not read. All answers are by
    the same names. `is_fresh`: the newest `FRESH` labels given, changed or confirmed after the
    first refusal since the champion became active. `offered`: parts of labels in the label config.
    """

    measure: Measure
    known: Sequence[Label]
    parts: Sequence[Sequence[str]]
    before: Ints
    labels: Ints
    is_random: Flags
    is_fresh: Flags
    champion: Answers
    challenger: Answers
    pool_champion: Answers
    pool_challenger: Answers
    offered: Sequence[str]

    @property
    def shared(self) -> Flags:
        """The rows that both versions learnt, with the same label or another."""
        return (self.before >= 0) & (self.labels >= 0)

    @property
    def lost(self) -> Flags:
        """The rows whose label is gone, though all of it is still offered."""
        offered = set(self.offered)
        is_offered = np.array([offered.issuperset(some) for some in self.parts], np.bool_)
        found: Flags = (self.before >= 0) & (self.labels < 0)
        found[found] = is_offered[self.before[found]]
        return found

    @property
    def turned(self) -> Flags:
        """The rows whose label changed to one that the champion does not think right either."""
        found: Flags = self.shared & (self.labels != self.before)
        found[found] = self.hits(self.champion, found) < _RIGHT
        return found

    @property
    def is_new(self) -> Flags:
        """The rows that are new to the champion, with a label whose parts it has met."""
        met = set(self.count(self.before))
        is_met = np.array([met.issuperset(some) for some in self.parts], np.bool_)
        found: Flags = (self.before < 0) & (self.labels >= 0)
        found[found] = is_met[self.labels[found]]
        return found

    def named(self, codes: Ints) -> list[Label]:
        """Return labels by their places in `known`."""
        return [self.known[code] for code in codes.tolist()]

    def hits(self, answers: Answers, rows: Flags, labels: Ints | None = None) -> NDArray[Any]:
        """Return how right answers are in some rows, by the labels of now or by others."""
        codes = self.labels if labels is None else labels
        return self.measure.hits(answers.take(np.flatnonzero(rows)), self.named(codes[rows]))

    def count(self, codes: Ints) -> Counter[str]:
        """Return how often each part of a label is among some labels; -1 is none."""
        found: Counter[str] = Counter()
        for code, times in zip(*np.unique(codes[codes >= 0], return_counts=True), strict=True):
            for part in self.parts[code]:
                found[part] += int(times)
        return found


@dataclass(frozen=True)
class Findings:
    """What the evidence says, each above 0 where the challenger is better."""

    labels: Difference  # log score of the labels that both learnt
    random: Difference  # accuracy on the random share
    pool: Difference  # expected accuracy on unlabelled tasks
    fresh: Difference  # log score of labels after the first refusal
    fresh_accuracy: Difference
    fresh_sense: Difference  # hits on them, against what the challenger expects
    new: Difference  # log score of labels new to the champion, against what it expects
    new_hits: Difference
    shared: int
    lost: float
    turned: float

    @property
    def is_suspect(self) -> bool:
        """Whether so many labels are gone or turned round that the challenger has to be better."""
        return self.lost > MOST_LOST or self.turned >= MOST_TURNED

    @property
    def is_sense(self) -> bool:
        """Whether the challenger makes sense of labels after a refusal, or more than the champion.

        Not of random ones: it only gets used to being wrong.
        """
        return self.fresh_sense.mean > -MOST_MISSED or self.fresh_accuracy.z >= _BETTER

    @property
    def voices(self) -> tuple[float, float]:
        """What labels and pool say, in their units; praise counts for one unit at most."""
        return min(1.0, self.labels.z / _LABELS_UNIT), min(1.0, self.pool.mean / _POOL_UNIT)

    @property
    def is_worse(self) -> bool:
        """Whether labels and pool together speak against the challenger."""
        return sum(self.voices) < (0 if self.is_suspect else _AGAINST)


def examine(e: Evidence) -> Findings:
    """Compare both versions on all that both answer honestly."""
    turned, measure = e.turned, e.measure
    turned_share = _share(turned, e.shared)
    # Few labels turned round are corrections in doubt: they count for neither. Many are judged as
    # the champion learnt them, or whoever turned them round would be the judge.
    compared = e.shared if turned_share >= MOST_TURNED else e.shared & ~turned
    rows, codes = np.flatnonzero(compared), np.where(turned, e.before, e.labels)
    labels, new_rows = e.named(codes[compared]), e.is_new
    # Of a part of a label that the champion never met it expects nothing.
    old, old_pool, old_of_new = measure.fair(
        e.champion.take(rows), labels, e.pool_champion, e.champion.take(np.flatnonzero(new_rows))
    )
    new, new_pool = measure.fair(e.challenger.take(rows), labels, e.pool_challenger)
    random = e.is_random & compared
    fresh, fresh_accuracy, fresh_sense = _fresh(e)
    surprising, missed = surprise(measure, old_of_new, e.named(e.labels[new_rows]))
    return Findings(
        labels=difference(measure.log_scores(new, labels) - measure.log_scores(old, labels)),
        random=difference(e.hits(e.challenger, random, codes) - e.hits(e.champion, random, codes)),
        pool=difference(measure.gain(old_pool, new_pool)),
        fresh=fresh,
        fresh_accuracy=fresh_accuracy,
        fresh_sense=fresh_sense,
        new=surprising,
        new_hits=missed,
        shared=int(compared.sum()),
        lost=_share(e.lost, e.before >= 0),
        turned=turned_share,
    )


def _fresh(e: Evidence) -> tuple[Difference, Difference, Difference]:
    """Return the differences in log score and in accuracy on labels after a refusal.

    And how far the challenger, which has learnt them, makes sense of them out of fold.
    """
    is_fresh = e.is_fresh & (e.labels >= 0)
    rows, labels = np.flatnonzero(is_fresh), e.named(e.labels[is_fresh])
    champion, challenger = e.champion.take(rows), e.challenger.take(rows)
    old, new = (fair_scores(e.measure, one, labels) for one in (champion, challenger))
    right = e.measure.hits(challenger, labels) - e.measure.hits(champion, labels)
    _, sense = surprise(e.measure, challenger, labels)
    return difference(new - old), difference(right), sense


def numbers_of(e: Evidence, found: Findings) -> dict[str, Any]:
    """Return the numbers behind a verdict, for the card."""
    rows = e.is_random & (e.labels >= 0)
    count = int(rows.sum())
    right = {"champion": e.hits(e.champion, rows), "challenger": e.hits(e.challenger, rows)}
    accuracy = {
        name: round(float(hits.mean()), 4) if count else None for name, hits in right.items()
    }
    gained = difference(right["challenger"] - right["champion"])
    # Few rows, or rows that all say the same, show no spread to tell an interval by.
    is_known = count >= LEAST_ROWS and gained.error > 0
    gain_90 = gained.within(errors_for(0.9)) if is_known else None
    return {
        "random_share": {"labels": count, **accuracy, "gain_90": gain_90},
        "labels": {"rows": found.labels.rows, "z": _shown(found.labels.z)},
        "pool": {"rows": found.pool.rows, "gain": round(found.pool.mean, 4)},
        "fresh": {"rows": found.fresh.rows, "z": _shown(found.fresh.z)},
        "new": {"rows": found.new.rows, "z": _shown(found.new.z)},
        "lost": round(found.lost, 4),
        "turned": round(found.turned, 4),
    }


def _shown(z: float) -> float:
    """Return it as JSON can hold it."""
    return round(max(-_MOST_SHOWN, min(_MOST_SHOWN, z)), 2)


def _share(some: Flags, of: Flags) -> float:
    return int(some.sum()) / max(1, int(of.sum()))

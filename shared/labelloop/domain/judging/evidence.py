"""The gate's evidence: what is known of two versions, and the findings from it."""

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

MOST_LOST: Final = 0.2  # of the labels: above this the challenger has to be better on the rest
FRESH: Final = 100  # labels after a rejection: older ones show what was wrong then
MOST_TURNED: Final = 0.03  # of the labels, to what the active version takes for wrong
MOST_MISSED: Final = 0.2  # of new labels, beyond what was expected
_BETTER: Final = 3.0  # standard errors; strict, as random labels are tested again and again
# Two numbers, each in units that sound versions rarely reach: standard errors on the labels, and
# expected accuracy on the pool. A version is worse if both are low, or one is very low.
_LABELS_UNIT: Final = 2.0
_POOL_UNIT: Final = 0.002
_AGAINST: Final = -2.0
_MOST_SHOWN: Final = 99.0  # standard errors
_RIGHT: Final = 0.5  # hits from which on an answer counts as right


@dataclass(frozen=True)
class Evidence:
    """What is known of both versions. Rows are tasks, the same for all arrays.

    `known`: all current and former labels, each once; `parts`: of each of them. `before`: labels
    that the champion learnt, as places in `known`, -1 where it had none; `labels`: current ones, -1
    where there is none any more. `champion`: out of fold where it learnt the label, else direct;
    `challenger`: out of fold; rows without a current label are not read. All answers have the same
    names. `is_fresh`: the newest `FRESH` labels that were given, changed or confirmed after the
    first rejection since the champion became active. `is_tuned`: an encoder of either was tuned to
    the task's text, so neither is compared by it. `offered`: parts of labels in the label config.
    """

    measure: Measure
    known: Sequence[Label]
    parts: Sequence[Sequence[str]]
    before: Ints
    labels: Ints
    is_random: Flags
    is_fresh: Flags
    is_tuned: Flags
    champion: Answers
    challenger: Answers
    pool_champion: Answers
    pool_challenger: Answers
    offered: Sequence[str]

    @property
    def labelled(self) -> Flags:
        """The rows with a label that is evidence."""
        return (self.labels >= 0) & ~self.is_tuned

    @property
    def shared(self) -> Flags:
        """The rows that both versions learnt, with the same label or another."""
        return (self.before >= 0) & self.labelled

    @property
    def lost(self) -> Flags:
        """The rows whose label is gone, though all parts of it are still offered."""
        offered = set(self.offered)
        is_offered = np.array([offered.issuperset(parts) for parts in self.parts], np.bool_)
        rows: Flags = (self.before >= 0) & (self.labels < 0)
        rows[rows] = is_offered[self.before[rows]]
        return rows

    @property
    def turned(self) -> Flags:
        """The rows whose label changed, and not to what the champion predicts."""
        rows: Flags = self.shared & (self.labels != self.before)
        rows[rows] = self.hits(self.champion, rows) < _RIGHT
        return rows

    @property
    def is_new(self) -> Flags:
        """The rows that are new to the champion, with a label all of whose parts it has learnt."""
        learnt = set(self.count(self.before))
        is_learnt = np.array([learnt.issuperset(parts) for parts in self.parts], np.bool_)
        rows: Flags = (self.before < 0) & self.labelled
        rows[rows] = is_learnt[self.labels[rows]]
        return rows

    def named(self, codes: Ints) -> list[Label]:
        """Return labels by their places in `known`."""
        return [self.known[code] for code in codes.tolist()]

    def hits(self, answers: Answers, rows: Flags, labels: Ints | None = None) -> NDArray[Any]:
        """Return the hits of answers in some rows, by the current labels or by others."""
        codes = self.labels if labels is None else labels
        return self.measure.hits(answers.take(np.flatnonzero(rows)), self.named(codes[rows]))

    def count(self, codes: Ints) -> Counter[str]:
        """Return how often each part of a label is among labels, by their places; -1 is none."""
        counts: Counter[str] = Counter()
        for code, times in zip(*np.unique(codes[codes >= 0], return_counts=True), strict=True):
            for part in self.parts[code]:
                counts[part] += int(times)
        return counts


@dataclass(frozen=True)
class Findings:
    """What the evidence shows; differences are above 0 where the challenger is better."""

    labels: Difference  # log score of the labels that both learnt
    random: Difference  # accuracy on the random share
    pool: Difference  # expected accuracy on unlabelled tasks
    fresh: Difference  # log score of labels after the first rejection
    fresh_accuracy: Difference
    fresh_sense: Difference  # hits on them, against what the challenger expects
    new: Difference  # log score of labels new to the champion, against what it expects
    new_hits: Difference
    shared: int
    lost: float
    turned: float

    @property
    def is_suspect(self) -> bool:
        """Whether too many labels are gone or turned: then the challenger has to be better."""
        return self.lost > MOST_LOST or self.turned >= MOST_TURNED

    @property
    def is_sense(self) -> bool:
        """Whether the challenger predicts labels after a rejection as well as it expects.

        Or clearly better than the champion. It does not if they are random: it only becomes less
        confident.
        """
        return self.fresh_sense.mean > -MOST_MISSED or self.fresh_accuracy.z >= _BETTER

    @property
    def units(self) -> tuple[float, float]:
        """The differences on labels and pool, in their units; each counts for 1 at most."""
        return min(1.0, self.labels.z / _LABELS_UNIT), min(1.0, self.pool.mean / _POOL_UNIT)

    @property
    def is_worse(self) -> bool:
        """Whether the challenger is worse by labels and pool together."""
        return sum(self.units) < (0 if self.is_suspect else _AGAINST)


def examine(e: Evidence) -> Findings:
    """Compare both versions on all tasks whose labels their answers don't depend on."""
    turned, measure = e.turned, e.measure
    turned_share = _share(turned, e.shared)
    # A few turned labels may be corrections: they count for neither version. Many are judged as the
    # champion learnt them: otherwise the turned labels would decide.
    compared = e.shared if turned_share >= MOST_TURNED else e.shared & ~turned
    rows, codes = np.flatnonzero(compared), np.where(turned, e.before, e.labels)
    labels, new_rows = e.named(codes[compared]), e.is_new
    # The champion expects nothing of parts that it has not learnt.
    old, old_pool, old_of_new = measure.fair(
        e.champion.take(rows), labels, e.pool_champion, e.champion.take(np.flatnonzero(new_rows))
    )
    new, new_pool = measure.fair(e.challenger.take(rows), labels, e.pool_challenger)
    random = e.is_random & compared
    fresh, fresh_accuracy, fresh_sense = _fresh(e)
    new_scores, new_hits = surprise(measure, old_of_new, e.named(e.labels[new_rows]))
    return Findings(
        labels=difference(measure.log_scores(new, labels) - measure.log_scores(old, labels)),
        random=difference(e.hits(e.challenger, random, codes) - e.hits(e.champion, random, codes)),
        pool=difference(measure.gain(old_pool, new_pool)),
        fresh=fresh,
        fresh_accuracy=fresh_accuracy,
        fresh_sense=fresh_sense,
        new=new_scores,
        new_hits=new_hits,
        shared=int(compared.sum()),
        lost=_share(e.lost, e.before >= 0),
        turned=turned_share,
    )


def _fresh(e: Evidence) -> tuple[Difference, Difference, Difference]:
    """Return the differences in log score and in accuracy on labels after a rejection.

    And the hits of the challenger, which has learnt them, less the expected ones, out of fold.
    """
    is_fresh = e.is_fresh & e.labelled
    rows, labels = np.flatnonzero(is_fresh), e.named(e.labels[is_fresh])
    champion, challenger = e.champion.take(rows), e.challenger.take(rows)
    old, new = (fair_scores(e.measure, one, labels) for one in (champion, challenger))
    right = e.measure.hits(challenger, labels) - e.measure.hits(champion, labels)
    _, sense = surprise(e.measure, challenger, labels)
    return difference(new - old), difference(right), sense


def numbers_of(e: Evidence, findings: Findings) -> dict[str, Any]:
    """Return the numbers behind a verdict, for the card."""
    rows = e.is_random & e.labelled
    count = int(rows.sum())
    right = {"champion": e.hits(e.champion, rows), "challenger": e.hits(e.challenger, rows)}
    accuracy = {
        name: round(float(hits.mean()), 4) if count else None for name, hits in right.items()
    }
    gained = difference(right["challenger"] - right["champion"])
    # Few rows, or equal differences, have no spread to compute an interval from.
    is_known = count >= LEAST_ROWS and gained.error > 0
    gain_90 = gained.within(errors_for(0.9)) if is_known else None
    return {
        "random_share": {"labels": count, **accuracy, "gain_90": gain_90},
        "labels": {"rows": findings.labels.rows, "z": _shown(findings.labels.z)},
        "pool": {"rows": findings.pool.rows, "gain": round(findings.pool.mean, 4)},
        "fresh": {"rows": findings.fresh.rows, "z": _shown(findings.fresh.z)},
        "new": {"rows": findings.new.rows, "z": _shown(findings.new.z)},
        "lost": round(findings.lost, 4),
        "turned": round(findings.turned, 4),
    }


def _shown(z: float) -> float:
    """Return a number that JSON can hold."""
    return round(max(-_MOST_SHOWN, min(_MOST_SHOWN, z)), 2)


def _share(rows: Flags, of: Flags) -> float:
    return int(rows.sum()) / max(1, int(of.sum()))

"""What is known of two versions, and what it says: the gate's evidence."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.judging.comparison import (
    Difference,
    Floats,
    Ints,
    at_temperature,
    believed_gain,
    difference,
    hits,
    log_likelihoods,
    said,
    surprise,
)
from labelloop.domain.judging.intervals import errors_for
from labelloop.domain.judging.quality import LEAST_ROWS

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


@dataclass(frozen=True)
class Evidence:
    """What is known of both versions. Rows are tasks, columns classes, the same for all arrays.

    `before`: the labels that the champion learnt, -1 where it knew none; `labels`: those of now, -1
    where there is none any more. `champion`: out of fold where it learnt the label, else direct;
    `challenger`: out of fold; rows without a label of now are not read. `is_fresh`: the
    newest `FRESH` labels given, changed or confirmed after the first refusal since the champion
    became active. `offered`: classes of the label config.
    """

    before: Ints
    labels: Ints
    is_random: NDArray[np.bool_]
    is_fresh: NDArray[np.bool_]
    champion: Floats
    challenger: Floats
    pool_champion: Floats
    pool_challenger: Floats
    offered: NDArray[np.bool_]

    @property
    def shared(self) -> NDArray[np.bool_]:
        """The rows that both versions learnt, with the same label or another."""
        return (self.before >= 0) & (self.labels >= 0)

    @property
    def lost(self) -> NDArray[np.bool_]:
        """The rows whose label is gone, though its class is still offered."""
        return (self.before >= 0) & (self.labels < 0) & self.offered[self.before]

    @property
    def turned(self) -> NDArray[np.bool_]:
        """The rows whose label changed to one that the champion does not think right either."""
        changed = self.shared & (self.labels != self.before)
        found: NDArray[np.bool_] = changed & (said(self.champion) != self.labels)
        return found


@dataclass(frozen=True)
class Findings:
    """What the evidence says, each above 0 where the challenger is better."""

    labels: Difference  # log-likelihood of the labels that both learnt
    random: Difference  # accuracy on the random share
    pool: Difference  # expected accuracy on unlabelled tasks
    fresh: Difference  # log-likelihood of labels after the first refusal
    fresh_accuracy: Difference
    fresh_sense: Difference  # hits on them, against what the challenger expects
    new: Difference  # likelihood of labels new to the champion, against what it expects
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
    turned_share = _share(e.turned, e.shared)
    # Few labels turned round are corrections in doubt: they count for neither. Many are judged as
    # the champion learnt them, or whoever turned them round would be the judge.
    compared = e.shared if turned_share >= MOST_TURNED else e.shared & ~e.turned
    labels = np.where(e.turned, e.before, e.labels)[compared]
    old, old_at = log_likelihoods(e.champion[compared], labels)
    new, new_at = log_likelihoods(e.challenger[compared], labels)
    random = e.is_random & compared
    random_labels = np.where(e.turned, e.before, e.labels)[random]
    fresh, fresh_accuracy, fresh_sense = _fresh(e)
    # Of a class that the champion never met it expects nothing.
    is_new = (e.before < 0) & np.isin(e.labels, e.before[e.before >= 0])
    surprising, missed = surprise(at_temperature(e.champion[is_new], old_at), e.labels[is_new])
    return Findings(
        labels=difference(new - old),
        random=difference(
            hits(e.challenger[random], random_labels) - hits(e.champion[random], random_labels)
        ),
        pool=believed_gain(
            at_temperature(e.pool_champion, old_at), at_temperature(e.pool_challenger, new_at)
        ),
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
    """Return the differences in log-likelihood and in accuracy on labels after a refusal.

    And how far the challenger, which has learnt them, makes sense of them out of fold.
    """
    rows = e.is_fresh & (e.labels >= 0)
    old, _ = log_likelihoods(e.champion[rows], e.labels[rows])
    new, _ = log_likelihoods(e.challenger[rows], e.labels[rows])
    right = hits(e.challenger[rows], e.labels[rows]) - hits(e.champion[rows], e.labels[rows])
    _, sense = surprise(e.challenger[rows], e.labels[rows])
    return difference(new - old), difference(right), sense


def numbers_of(e: Evidence, found: Findings) -> dict[str, Any]:
    """Return the numbers behind a verdict, for the card."""
    rows = e.is_random & (e.labels >= 0)
    labels = e.labels[rows]
    tested = {"champion": e.champion[rows], "challenger": e.challenger[rows]}
    accuracy = {
        name: round(float(hits(p, labels).mean()), 4) if len(labels) else None
        for name, p in tested.items()
    }
    gained = difference(hits(tested["challenger"], labels) - hits(tested["champion"], labels))
    # Few rows, or rows that all say the same, show no spread to tell an interval by.
    is_known = len(labels) >= LEAST_ROWS and gained.error > 0
    gain_90 = gained.within(errors_for(0.9)) if is_known else None
    return {
        "random_share": {"labels": len(labels), **accuracy, "gain_90": gain_90},
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


def _share(some: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    return int(some.sum()) / max(1, int(of.sum()))

"""The gate: whether a new version may take the active one's place.

The random share is the headline, but 30 labels can't tell 5 points from chance. So all is asked
that both versions answer honestly: every label that the active version has learnt (each version
answers out of fold), the unlabelled pool (where both differ, by what both believe), and the counts
of labels (a class that is gone, labels that are gone or were turned round).

A refusal is never final: labels that come after it are new to both versions, and decide.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.comparison import (
    Difference,
    Floats,
    Ints,
    at_temperature,
    difference,
    expected_gain,
    hits,
    log_likelihoods,
)

LEAST_ROWS: Final = 20  # fewer labels in common are no ground to refuse on
_WORSE: Final = -1.645  # standard errors: one in twenty equals would be refused, better ones fewer
_WORSE_AT_RANDOM: Final = -2.326  # one in a hundred: the random share is asked besides the rest
# Two voices, each in units of what sound versions rarely reach: standard errors on the labels, and
# expected accuracy on the pool. Both must speak against a version, or one very clearly.
_LABELS_UNIT: Final = 2.0
_POOL_UNIT: Final = 0.002
_AGAINST: Final = -2.0
_LOST: Final = 0.2  # of the labels: from here on the challenger has to be better on the rest
_MOST_LOST: Final = 0.5  # nobody deletes so many unawares
_TURNED: Final = 0.03  # of the labels, against what the active version thinks of them
_VANISHED: Final = 0.2  # of a class's labels left
_LEAST_OF_A_CLASS: Final = 5
_FRESH: Final = 30  # labels after the first refusal, from which on they are asked
_FRESH_ALONE: Final = 100  # and from which on nothing else is


@dataclass(frozen=True)
class Evidence:
    """What is known of both versions. Rows are tasks, columns classes, the same for all arrays.

    `before`: the labels that the champion learnt, -1 where it knew none; `labels`: those of now, -1
    where there is none any more. `champion`: out of fold where it learnt the label, else direct;
    `challenger`: out of fold; rows without a label of now are not read. `is_fresh`: labelled after
    the first refusal since the champion became active. `offered`: classes of the label config.
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
        against: NDArray[np.bool_] = self.champion.argmax(axis=1) != self.labels
        return changed & against


@dataclass(frozen=True)
class Verdict:
    """Whether to switch, why in words, and the numbers behind it, for the card."""

    switches: bool
    reason: str
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Findings:
    """What the evidence says, each above 0 where the challenger is better."""

    labels: Difference  # log-likelihood of the labels that both learnt
    random: Difference  # accuracy on the random share
    pool: Difference  # expected accuracy on unlabelled tasks
    fresh: Difference  # log-likelihood of labels after the first refusal
    shared: int
    lost: float
    turned: float

    @property
    def is_suspect(self) -> bool:
        """Whether so many labels are gone or turned round that the challenger has to be better."""
        return self.lost > _LOST or self.turned >= _TURNED

    @property
    def voices(self) -> tuple[float, float]:
        """What labels and pool say, in their units; praise counts for one unit at most."""
        return min(1.0, self.labels.z / _LABELS_UNIT), min(1.0, self.pool.mean / _POOL_UNIT)

    @property
    def is_worse(self) -> bool:
        """Whether labels and pool together speak against the challenger."""
        return sum(self.voices) < (0 if self.is_suspect else _AGAINST)


def judge(evidence: Evidence) -> Verdict:
    """Say whether the challenger may become the active version."""
    found = examine(evidence)
    numbers = _numbers(evidence, found)
    for check in _CHECKS:
        verdict = check(evidence, found)
        if verdict is not None:
            return Verdict(verdict[0], verdict[1], numbers)
    return Verdict(True, "not worse than the active version", numbers)


def first_version() -> Verdict:
    """Return the verdict where nothing is active yet."""
    return Verdict(True, "the first version")


def examine(e: Evidence) -> Findings:
    """Compare both versions on all that both answer honestly."""
    turned_share = _share(e.turned, e.shared)
    # Few labels turned round are corrections in doubt: they count for neither. Many are judged as
    # the champion learnt them, or whoever turned them round would be the judge.
    compared = e.shared if turned_share >= _TURNED else e.shared & ~e.turned
    labels = np.where(e.turned, e.before, e.labels)[compared]
    old, old_at = log_likelihoods(e.champion[compared], labels)
    new, new_at = log_likelihoods(e.challenger[compared], labels)
    random = e.is_random & compared
    random_labels = np.where(e.turned, e.before, e.labels)[random]
    return Findings(
        labels=difference(new - old),
        random=difference(
            hits(e.challenger[random], random_labels) - hits(e.champion[random], random_labels)
        ),
        pool=expected_gain(
            at_temperature(e.pool_champion, old_at), at_temperature(e.pool_challenger, new_at)
        ),
        fresh=_fresh(e),
        shared=int(compared.sum()),
        lost=_share(e.lost, e.before >= 0),
        turned=turned_share,
    )


def _fresh(e: Evidence) -> Difference:
    rows = e.is_fresh & (e.before < 0) & (e.labels >= 0)
    old, _ = log_likelihoods(e.champion[rows], e.labels[rows])
    new, _ = log_likelihoods(e.challenger[rows], e.labels[rows])
    return difference(new - old)


# Each returns None where it has nothing to say, else whether to switch and why; the first counts.


def _outdated(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    known = np.unique(e.before[e.before >= 0])
    gone = int((~e.offered[known]).sum())
    return (True, f"{gone} classes of the active version are offered no more") if gone else None


def _fresh_labels(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    """Labels given after a refusal decide: a project whose labels changed meaning must go on."""
    fresh = found.fresh
    if fresh.rows >= _FRESH and fresh.z >= -_WORSE:
        return True, f"better on {fresh.rows} labels given since a version was refused"
    if fresh.rows >= _FRESH_ALONE:
        if fresh.z < _WORSE:
            return False, f"worse on {fresh.rows} labels given since a version was refused"
        return True, f"not worse on {fresh.rows} labels given since a version was refused"
    return None


def _vanished(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    size = len(e.offered)
    before = np.bincount(e.before[e.before >= 0], minlength=size)
    now = np.bincount(e.labels[e.labels >= 0], minlength=size)
    gone = e.offered & (before >= _LEAST_OF_A_CLASS) & (now <= _VANISHED * before)
    if not gone.any() or _is_confirmed(found):
        return None
    told = ", ".join(f"{before[c]} to {now[c]}" for c in np.flatnonzero(gone)[:3])
    return False, f"labels of {int(gone.sum())} classes are gone ({told})"


def _lost(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    if found.lost <= _LOST or _is_confirmed(found):
        return None
    if found.lost <= _MOST_LOST and found.shared >= LEAST_ROWS and not found.is_worse:
        return None
    return False, f"{found.lost:.0%} of the labels are gone, and the rest does not make up for it"


def _is_confirmed(found: Findings) -> bool:
    """Say whether people went on labelling, and the new version is no worse at what they do."""
    return found.fresh.rows >= _FRESH and found.fresh.z > -1


def _too_few(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    if found.shared >= LEAST_ROWS:
        return None
    return True, f"too few labels to compare on: {found.shared} of at least {LEAST_ROWS}"


def _worse(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    if not found.is_worse:
        return None
    labels, pool = found.voices
    if found.turned >= _TURNED:
        told = f"{found.turned:.0%} of the labels were turned round"
        return False, f"{told}, and it is worse by what they were"
    if labels <= pool:
        return False, f"worse on the {found.labels.rows} labels that both learnt, each out of fold"
    points = -100 * found.pool.mean
    return False, f"expected to lose {points:.1f} points on the tasks without a label"


def _worse_on_random(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    if found.random.rows < LEAST_ROWS or found.random.z >= _WORSE_AT_RANDOM:
        return None
    return False, f"worse on the random share of {found.random.rows} labels"


_CHECKS: Final[tuple[Callable[[Evidence, Findings], tuple[bool, str] | None], ...]] = (
    _outdated,
    _fresh_labels,
    _vanished,
    _lost,
    _too_few,
    _worse,
    _worse_on_random,
)


def _share(some: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    return int(some.sum()) / max(1, int(of.sum()))


def _numbers(e: Evidence, found: Findings) -> dict[str, Any]:
    rows = e.is_random & (e.labels >= 0)
    labels = e.labels[rows]
    tested = {"champion": e.champion[rows], "challenger": e.challenger[rows]}
    accuracy = {
        name: round(float(hits(p, labels).mean()), 4) if len(labels) else None
        for name, p in tested.items()
    }
    low, high = difference(
        hits(tested["challenger"], labels) - hits(tested["champion"], labels)
    ).within(1.645)
    return {
        "random_share": {"labels": len(labels), **accuracy, "gain_90": [low, high]},
        "labels": {"rows": found.labels.rows, "z": round(found.labels.z, 2)},
        "pool": {"rows": found.pool.rows, "gain": round(found.pool.mean, 4)},
        "fresh": {"rows": found.fresh.rows, "z": round(found.fresh.z, 2)},
        "lost": round(found.lost, 4),
        "turned": round(found.turned, 4),
    }

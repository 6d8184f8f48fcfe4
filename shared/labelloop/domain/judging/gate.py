"""The gate: whether a new version may take the active one's place.

The random share is the headline, but 30 labels can't tell 5 points from chance. So all is asked
that both versions answer honestly: every label that the active version has learnt (each version
answers out of fold), the unlabelled pool (where both differ, by what both believe), and the counts
of labels (a class that is gone, labels that are gone or were turned round).

A refusal is never final: labels that come after it are new to both versions, and decide. Where
labels that were learnt are changed or gone, there may be none to come: so a refusal for that ends
after a day, in which status says what happened.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from labelloop.domain.judging.evidence import (
    FRESH,
    MOST_LOST,
    MOST_MISSED,
    MOST_TURNED,
    Evidence,
    Findings,
    examine,
    numbers_of,
)

LEAST_ROWS: Final = 20  # fewer labels in common are no ground to refuse on
LEAST_KNOWN: Final = 100  # labels of the active version: with fewer, versions differ by points
_WORSE: Final = -1.645  # standard errors: one in twenty equals would be refused, better ones fewer
_WORSE_AT_RANDOM: Final = -2.326  # one in a hundred: the random share is asked besides the rest
_ALMOST_ALL: Final = 0.5  # nobody deletes so many unawares
_VANISHED: Final = 0.2  # of the labels with a part left
_LEAST_OF_A_PART: Final = 5
_LEAST_FRESH: Final = 30  # labels after a refusal, from which on they are asked
_SURPRISED: Final = -6.0  # standard errors, by labels that contradict; sound ones reach -3


@dataclass(frozen=True)
class Verdict:
    """Whether to switch, why in words, and the numbers behind it, for the card.

    `of_changes`: refused because labels that the active version learnt were changed or deleted.
    """

    switches: bool
    reason: str
    numbers: dict[str, Any] = field(default_factory=dict)
    of_changes: bool = False


def judge(evidence: Evidence) -> Verdict:
    """Say whether the challenger may become the active version."""
    found = examine(evidence)
    numbers = numbers_of(evidence, found)
    for check in _CHECKS:
        verdict = check(evidence, found)
        if verdict is not None:
            switches, reason = verdict
            of_changes = not switches and (found.is_suspect or check in _OF_CHANGES)
            return Verdict(switches, reason, numbers, of_changes)
    return Verdict(True, "not worse than the active version", numbers)


def judge_none(evidence: Evidence, why: str) -> Verdict:
    """Say whether no version may be served any more, as none can be learnt from what is left."""
    found = examine(evidence)
    for check in (_knew_little, _outdated, _emptied, _vanished):
        verdict = check(evidence, found)
        if verdict is not None and not verdict[0]:
            numbers = numbers_of(evidence, found)
            return Verdict(False, f"{verdict[1]}, and {why}", numbers, of_changes=True)
        if verdict is not None:
            break
    return Verdict(True, why)


def first_version() -> Verdict:
    """Return the verdict where nothing is active yet."""
    return Verdict(True, "the first version")


# Each returns None where it has nothing to say, else whether to switch and why; the first counts.


def _knew_little(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    """A version of a few dozen labels is no measure: the next one is surer of less, and better.

    Classes are new to it, and less than ten of its labels are random ones. What is deleted from it
    was a try.
    """
    known = int((e.before >= 0).sum())
    if known >= LEAST_KNOWN:
        return None
    return True, f"too few labels to compare on: the active version learnt {known}"


def _outdated(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    gone = len(set(e.count(e.before)) - set(e.offered))
    if not gone:
        return None
    return True, f"the label config no longer offers {_counted(gone)} of the active version"


def _fresh_labels(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    """Labels given after a refusal decide: a project whose labels changed meaning must go on."""
    fresh = found.fresh
    if fresh.rows >= _LEAST_FRESH and fresh.z >= -_WORSE and found.is_sense:
        return True, f"better on {fresh.rows} labels given since a version was refused"
    if fresh.rows >= FRESH:
        # What was lost need not be made up for: to be right as often is enough by now.
        if fresh.z < _WORSE and found.fresh_accuracy.z < _WORSE:
            return False, f"worse on {fresh.rows} labels given since a version was refused"
        if not found.is_sense:
            return False, f"no pattern in {fresh.rows} labels given since a version was refused"
        return True, f"not worse on {fresh.rows} labels given since a version was refused"
    return None


def _contradicted(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    """Labels that say other things than all before: one round of them does little, ten do much."""
    rows, missed = found.new.rows, -found.new_hits.mean
    if rows < LEAST_ROWS or found.new.z > _SURPRISED or missed < MOST_MISSED:
        return None
    told = f"of {rows} new labels {missed:.0%} more than expected contradict the labels before them"
    return False, f"{told}: look at who gave them"


def _vanished(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    before, now = e.count(e.before), e.count(e.labels)
    gone = [
        part
        for part in e.offered
        if before[part] >= _LEAST_OF_A_PART and now[part] <= _VANISHED * before[part]
    ]
    if not gone or _is_confirmed(found):
        return None
    told = ", ".join(f"{before[part]} to {now[part]}" for part in gone[:3])
    why = f"{found.turned:.0%} of the labels were changed: " if found.turned > 0.5 else ""
    return False, f"{why}{_counted(len(gone))} lost nearly all labels (from {told})"


def _counted(parts: int) -> str:
    return "1 class" if parts == 1 else f"{parts} classes"


def _lost(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    if found.lost <= MOST_LOST or _is_confirmed(found):
        return None
    if found.lost <= _ALMOST_ALL and found.shared >= LEAST_ROWS and not found.is_worse:
        return None
    return False, f"{found.lost:.0%} of the labels are gone, and the others do not make up for them"


def _emptied(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    if found.lost <= MOST_LOST:
        return None
    return False, f"{found.lost:.0%} of the labels are gone"


def _is_confirmed(found: Findings) -> bool:
    """Say whether people went on labelling, and the new version is no worse at what they do."""
    return found.fresh.rows >= _LEAST_FRESH and found.fresh.z > -1


def _too_few(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    if found.shared >= LEAST_ROWS:
        return None
    return True, f"too few labels to compare on: {found.shared} of at least {LEAST_ROWS}"


def _worse(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    if not found.is_worse:
        return None
    labels, pool = found.voices
    if found.turned >= MOST_TURNED:
        told = f"{found.turned:.0%} of the labels were changed"
        return False, f"{told}, and it is worse on the labels as they were before"
    if labels <= pool:
        return False, f"worse on the {found.labels.rows} labels that both learnt, each out of fold"
    points = -100 * found.pool.mean
    return False, f"expected to lose {points:.1f} points on the tasks without a label"


def _worse_on_random(e: Evidence, found: Findings) -> tuple[bool, str] | None:
    if found.random.rows < LEAST_ROWS or found.random.z >= _WORSE_AT_RANDOM:
        return None
    return False, f"worse on the random share of {found.random.rows} labels"


_CHECKS: Final[tuple[Callable[[Evidence, Findings], tuple[bool, str] | None], ...]] = (
    _knew_little,
    _outdated,
    _fresh_labels,
    _vanished,
    _lost,
    _too_few,
    _worse,
    _worse_on_random,
    _contradicted,
)
_OF_CHANGES: Final = (_vanished, _lost)

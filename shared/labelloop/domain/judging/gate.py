"""The gate: whether a new version may take the active one's place.

The random share is the headline, but 30 labels can't tell 5 points from chance. So the gate also
compares both versions on every label that the active version has learnt (each version out of fold)
and on the unlabelled pool (where they differ, by the mean of their probabilities), and it compares
the counts of labels (a class that is gone, labels that are gone or were turned).

A rejection is never final: labels that come after it are new to both versions, and decide. Where
labels that were learnt are changed or gone, there may be none to come. So a rejection for that
reason ends after a day, in which status says what happened.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
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

LEAST_ROWS: Final = 20  # fewer labels in common are no reason to reject a version
LEAST_KNOWN: Final = 100  # labels of the active version: with fewer, versions differ by points
_WORSE: Final = -1.645  # standard errors: one in twenty equal versions is rejected
_WORSE_AT_RANDOM: Final = -2.326  # one in a hundred: this is tested in addition to the rest
_ALMOST_ALL: Final = 0.5  # more are not deleted by accident
_VANISHED: Final = 0.2  # of the labels with a part left
_LEAST_OF_A_PART: Final = 5
_LEAST_FRESH: Final = 30  # labels after a rejection, from which on they count
_SURPRISED: Final = -6.0  # standard errors, by labels that contradict; sound ones reach -3

type Check = Callable[[Evidence, Findings], tuple[bool, str] | None]


@dataclass(frozen=True)
class Verdict:
    """Whether to switch, why in words, and the numbers behind it, for the card.

    `of_changes`: rejected because labels that the active version learnt were changed or deleted.
    """

    switches: bool
    reason: str
    numbers: dict[str, Any] = field(default_factory=dict)
    of_changes: bool = False


def judge(evidence: Evidence, least_known: int = LEAST_KNOWN) -> Verdict:
    """Say whether the challenger may become the active version."""
    findings = examine(evidence)
    numbers = numbers_of(evidence, findings)
    checks: tuple[Check, ...] = (partial(_knew_little, least_known), *_CHECKS)
    for check in checks:
        verdict = check(evidence, findings)
        if verdict is not None:
            switches, reason = verdict
            of_changes = not switches and (findings.is_suspect or check in _OF_CHANGES)
            return Verdict(switches, reason, numbers, of_changes)
    return Verdict(True, "not worse than the active version", numbers)


def judge_none(evidence: Evidence, why: str, least_known: int = LEAST_KNOWN) -> Verdict:
    """Say whether to serve no version any more, as none can be learnt from the remaining labels."""
    findings = examine(evidence)
    for check in (partial(_knew_little, least_known), _outdated, _emptied, _vanished):
        verdict = check(evidence, findings)
        if verdict is not None and not verdict[0]:
            numbers = numbers_of(evidence, findings)
            return Verdict(False, f"{verdict[1]}, and {why}", numbers, of_changes=True)
        if verdict is not None:
            break
    return Verdict(True, why)


def first_version() -> Verdict:
    """Return the verdict where nothing is active yet."""
    return Verdict(True, "the first version")


# Each check returns None if it does not apply, else whether to switch and why; the first counts.


def _knew_little(least: int, e: Evidence, findings: Findings) -> tuple[bool, str] | None:
    """A version of a few dozen labels is nothing to compare with: the next one is better.

    That one is less confident and knows more classes, and fewer than ten of the labels are random
    ones. Labels deleted so early were given on trial.
    """
    learnt = int((e.before >= 0).sum())
    if learnt >= least:
        return None
    return True, f"too few labels to compare on: the active version learnt {learnt}"


def _outdated(e: Evidence, findings: Findings) -> tuple[bool, str] | None:
    gone = len(set(e.count(e.before)) - set(e.offered))
    if not gone:
        return None
    return True, f"the label config no longer offers {_counted(gone)} of the active version"


def _fresh_labels(e: Evidence, findings: Findings) -> tuple[bool, str] | None:
    """Labels given after a rejection decide: labels that changed their meaning must be learnt."""
    fresh = findings.fresh
    if fresh.rows >= _LEAST_FRESH and fresh.z >= -_WORSE and findings.is_sense:
        return True, f"better on {fresh.rows} labels given since a version was refused"
    if fresh.rows >= FRESH:
        # To be right as often is enough by now: lost labels need not be made up for.
        if fresh.z < _WORSE and findings.fresh_accuracy.z < _WORSE:
            return False, f"worse on {fresh.rows} labels given since a version was refused"
        if not findings.is_sense:
            return False, f"no pattern in {fresh.rows} labels given since a version was refused"
        return True, f"not worse on {fresh.rows} labels given since a version was refused"
    return None


def _contradicted(e: Evidence, findings: Findings) -> tuple[bool, str] | None:
    """New labels that contradict all before: one round of them does little, ten do much."""
    rows, missed = findings.new.rows, -findings.new_hits.mean
    if rows < LEAST_ROWS or findings.new.z > _SURPRISED or missed < MOST_MISSED:
        return None
    more = f"{missed:.0%} more than expected contradict the labels before them"
    return False, f"of {rows} new labels {more}: look at who gave them"


def _vanished(e: Evidence, findings: Findings) -> tuple[bool, str] | None:
    before, now = e.count(e.before), e.count(e.labels)
    gone = [
        part
        for part in e.offered
        if before[part] >= _LEAST_OF_A_PART and now[part] <= _VANISHED * before[part]
    ]
    if not gone or _is_confirmed(findings):
        return None
    counts = ", ".join(f"{before[part]} to {now[part]}" for part in gone[:3])
    why = f"{findings.turned:.0%} of the labels were changed: " if findings.turned > 0.5 else ""
    return False, f"{why}{_counted(len(gone))} lost nearly all labels (from {counts})"


def _counted(parts: int) -> str:
    return "1 class" if parts == 1 else f"{parts} classes"


def _lost(e: Evidence, findings: Findings) -> tuple[bool, str] | None:
    if findings.lost <= MOST_LOST or _is_confirmed(findings):
        return None
    if findings.lost <= _ALMOST_ALL and findings.shared >= LEAST_ROWS and not findings.is_worse:
        return None
    gone = f"{findings.lost:.0%} of the labels are gone"
    return False, f"{gone}, and the others do not make up for them"


def _emptied(e: Evidence, findings: Findings) -> tuple[bool, str] | None:
    if findings.lost <= MOST_LOST:
        return None
    return False, f"{findings.lost:.0%} of the labels are gone"


def _is_confirmed(findings: Findings) -> bool:
    """Say whether people labelled on, and the new version is no worse on these labels."""
    return findings.fresh.rows >= _LEAST_FRESH and findings.fresh.z > -1


def _too_few(e: Evidence, findings: Findings) -> tuple[bool, str] | None:
    if findings.shared >= LEAST_ROWS:
        return None
    return True, f"too few labels to compare on: {findings.shared} of at least {LEAST_ROWS}"


def _worse(e: Evidence, findings: Findings) -> tuple[bool, str] | None:
    if not findings.is_worse:
        return None
    labels, pool = findings.units
    if findings.turned >= MOST_TURNED:
        changed = f"{findings.turned:.0%} of the labels were changed"
        return False, f"{changed}, and it is worse on the labels as they were before"
    if labels <= pool:
        rows = findings.labels.rows
        return False, f"worse on the {rows} labels that both learnt, each out of fold"
    points = -100 * findings.pool.mean
    return False, f"expected to lose {points:.1f} points on the tasks without a label"


def _worse_on_random(e: Evidence, findings: Findings) -> tuple[bool, str] | None:
    if findings.random.rows < LEAST_ROWS or findings.random.z >= _WORSE_AT_RANDOM:
        return None
    return False, f"worse on the random share of {findings.random.rows} labels"


_CHECKS: Final[tuple[Check, ...]] = (
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

"""Have a version that was just trained judged, store it, and serve it or write down why not.

What is stored of a version stands under a key of its own attempt, the card last. A refusal is
written down before the active pointer says that the snapshot was looked at. Whoever is cut off
before that has done nothing that another attempt would not do again.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from labelloop.bucket.evidence import Refusal
from labelloop.bucket.pointers import ActivePointer, Tagged
from labelloop.bucket.project import Project
from labelloop.bucket.races import swapped
from labelloop.domain.judging.card import Card
from labelloop.domain.judging.gate import Verdict
from labelloop.domain.judging.hold import Hold, hold_after
from labelloop.domain.learning.examples import Examples
from labelloop.domain.ordering.strategies import RANDOM
from labelloop.errors import Conflict
from labelloop.observability import count, logger
from labelloop.recipes import name_of
from labelloop.recipes.protocol import Control
from labelloop.usecases.judging.judge_version import (
    Challenger,
    Champion,
    champion_of,
    judge_left,
    judge_version,
)
from labelloop.usecases.judging.tell_version import doubts_of, tell_version
from labelloop.usecases.learning.sample_pool import Sample

_STAYS: Final = "if the labels stay as they are now, it is served from {} UTC on"
_JUDGED_IN_VAIN: Final = "the version was judged against another one than is active"


@dataclass(frozen=True)
class Gate:
    """Where a project's versions are judged, and the time."""

    project: Project
    now: datetime


def publish(
    to: ActivePointer,
    card: Card,
    challenger: Challenger,
    sample: Sample,
    gate: Gate,
) -> bool:
    """Store a version; say whether it was to be served. Conflict if it was judged in vain."""
    active = gate.project.active().value
    champion = champion_of(active, gate.project, challenger.control, to.encoder)
    refusal = gate.project.evidence.refusal(active.version)
    verdict = _verdict(to, active, champion, challenger, sample, refusal.value, gate)
    before = champion.kept if isinstance(champion, Champion) else None
    known = gate.project.card(active.version) if before else None
    ordered = 0 if to.strategy == RANDOM else card.order["given"]
    since = card.blind_since
    told, look = tell_version(challenger, sample, before, known, ordered, since, gate.project.key)
    gate.project.evidence.keep(to.version, challenger.kept(look), doubts_of(challenger))
    facts = challenger.trained.facts
    card = replace(card, gate=asdict(verdict), insights=told, facts=facts)
    gate.project.add_model(challenger.trained.artefact, card)
    if verdict.switches:
        why = {"why": f"trained on {card.labels} labels", "at": card.trained_at}
        switch(gate.project, to, why, instead_of=active.version)
    else:
        since = refusal.value.since or min(max(challenger.examples.updated_at), _text(gate.now))
        refused = Refusal(active.version, to.version, verdict.reason, since, card.trained_at)
        if verdict.of_changes:
            refused = _held(refused, active, refusal.value.hold, verdict, gate.now)
        gate.project.evidence.set_refusal(refusal, refused)
        _leave(gate.project, to, refused)
    return verdict.switches


def withdraw(
    to: ActivePointer,
    why: str,
    left: tuple[Examples, Control] | None,
    gate: Gate,
) -> bool:
    """Serve no version, as none can be learnt, unless labels are gone; say whether it is so.

    `left`: the examples and what they are labels of; None if the label config can't be read. A
    script that deletes all labels is noticed within a day, like one that deletes most of them.
    """
    active = gate.project.active().value
    is_ours = left is not None and name_of(active.recipe) == left[1].recipe
    is_ours = is_ours and not active.is_outdated and active.encoder == to.encoder
    kept = gate.project.evidence.of(active.version) if active.is_trained and is_ours else None
    verdict = judge_left(*left, kept, why) if left and kept else Verdict(True, why)
    if verdict.switches:
        switch(gate.project, to, {"why": why}, instead_of=active.version)
        return True
    refusal, at = (
        gate.project.evidence.refusal(active.version),
        gate.now.isoformat(timespec="seconds"),
    )
    since = refusal.value.since or _text(gate.now)
    refused = Refusal(active.version, to.version, verdict.reason, since, at)
    refused = _held(refused, active, refusal.value.hold, verdict, gate.now)
    gate.project.evidence.set_refusal(refusal, refused)
    _leave(gate.project, to, refused)
    return False


def _held(
    refused: Refusal, active: ActivePointer, known: Hold, verdict: Verdict, now: datetime
) -> Refusal:
    """Return the refusal with the time of its end. What a person ended is not gone on with."""
    hold = hold_after(known if active.held_until else Hold(), verdict.numbers, now)
    return replace(refused, hold=hold, reason=f"{refused.reason}; {_STAYS.format(hold.until[:16])}")


def _verdict(
    to: ActivePointer,
    active: ActivePointer,
    champion: Champion | Verdict,
    challenger: Challenger,
    sample: Sample,
    refusal: Refusal,
    gate: Gate,
) -> Verdict:
    if isinstance(champion, Verdict):
        return champion
    if to.revision != active.revision and challenger.has_labels_of(champion.kept):
        return Verdict(True, "the same labels, with other options")
    return judge_version(challenger, champion, sample, refusal.since, gate.project.key)


def _text(now: datetime) -> str:
    return now.isoformat(timespec="microseconds")


def advance(project: Project, to: ActivePointer) -> bool:
    """Say whether the active version has learnt just this; if so, mark the dataset as learnt.

    Much changes a dataset and no example: a skip, the project's settings, a ground-truth toggle. A
    new version would make Label Studio ask for every prediction again.
    """
    after = project.active()
    known = after.value
    if (known.learnt, known.made_by) != (to.learnt, to.made_by):
        return False
    project.evidence.forget_refusal(known.version)
    moved = replace(_up_to(known, to), held_until="")
    if moved.age > known.age:  # a slower trainer must not put it back
        project.advance(after, moved)
    return True


def switch(project: Project, version: ActivePointer, why: dict[str, Any], instead_of: str) -> None:
    """Serve the version unless a newer or a pinned one is served. Lost races are tried again.

    Conflict if it was judged against a version that is not served any more.
    """

    def successor(after: Tagged[ActivePointer]) -> ActivePointer | None:
        is_judged = after.value.version == instead_of
        if not is_judged or not _may_replace(version, after.value):
            return None
        return replace(
            version,
            switch=project.history.next_after(after.value.switch),
            previous_version=after.value.version,
            previous_sha256=after.value.sha256,
        )

    def write(after: Tagged[ActivePointer], to: ActivePointer) -> None:
        project.switch(after, to, why)

    swap = swapped(project.active, successor, write, "the active version")
    if swap.to:
        facts = {"project": project.key, "version": swap.to.version, "why": why["why"]}
        logger().info("version switched", extra=facts)
    elif _may_replace(version, swap.after.value):
        raise Conflict(_JUDGED_IN_VAIN)


def _leave(project: Project, version: ActivePointer, refused: Refusal) -> None:
    """Keep the active version, and remember that the snapshot was looked at.

    What it learnt is left as it is: each change of a label has the refused ones judged again.
    """
    after = project.active()
    if not _may_replace(version, after.value):
        return
    if after.value.version != refused.champion:
        raise Conflict(_JUDGED_IN_VAIN)
    project.advance(after, replace(_up_to(after.value, version), held_until=refused.hold.until))
    count("VersionRefused")
    facts = {"project": project.key, "version": version.version, "why": refused.reason}
    logger().warning("version refused", extra=facts)


def _up_to(known: ActivePointer, to: ActivePointer) -> ActivePointer:
    return replace(known, dataset_seq=to.dataset_seq, revision=to.revision)


def _may_replace(version: ActivePointer, active: ActivePointer) -> bool:
    """Say whether the version is newer than the active one, and that is not pinned."""
    is_other = version.age == active.age and version.made_by != active.made_by
    is_newer = version.age > active.age or is_other or active.is_outdated
    return is_newer and not active.pinned

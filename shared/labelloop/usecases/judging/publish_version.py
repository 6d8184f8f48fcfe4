"""Judge a version that was just trained, store it, and serve it or store why it is rejected.

Each attempt stores its version under keys of its own, the card last. A rejection is stored before
the active pointer says that the snapshot was judged. An attempt that is cut off before that is
simply repeated.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from labelloop.bucket.evidence import Rejection
from labelloop.bucket.pointers import ActivePointer, Tagged
from labelloop.bucket.project import Project
from labelloop.bucket.races import swapped
from labelloop.domain.judging.card import Card
from labelloop.domain.judging.gate import Verdict
from labelloop.domain.judging.hold import Hold, hold_after
from labelloop.domain.learning.examples import Examples
from labelloop.errors import BadModel, BadRecipe, Conflict
from labelloop.observability import count, logger
from labelloop.recipes import recipe_named
from labelloop.recipes.protocol import Control
from labelloop.usecases.judging.champion import why_another
from labelloop.usecases.judging.judge_version import Challenger, judge_withdrawal
from labelloop.usecases.judging.store_judged import Gate, store_judged
from labelloop.usecases.learning.sample_pool import Sample

_STAYS: Final = "if the labels stay as they are now, it is served from {} UTC on"
_JUDGED_IN_VAIN: Final = "the version was judged against one that is not active any more"


def publish(
    to: ActivePointer,
    card: Card,
    challenger: Challenger,
    sample: Sample,
    gate: Gate,
    encoder: str,
) -> bool:
    """Store a version; return whether it is served. Conflict if another one is active by now.

    `encoder`: the one in use for the active version's recipe, which may be another than its own.
    """
    judged = store_judged(to, card, challenger, sample, gate)
    active, verdict, active_card = judged.active, judged.verdict, judged.active_card
    rejection = gate.project.evidence.rejection(active.version)
    if verdict.switches:
        why = {"why": f"trained on {card.labels} labels", "at": card.trained_at}
        switch(gate.project, to, why, instead_of=active.version)
        count("LabelsLearnt", max(0, card.labels - (active_card.labels if active_card else 0)))
    else:
        since = rejection.value.since or min(max(challenger.examples.updated_at), _text(gate.now))
        rejected = Rejection(active.version, to.version, verdict.reason, since, card.trained_at)
        if verdict.of_changes:
            rejected = _held(rejected, active, rejection.value.hold, verdict, gate.now)
        gate.project.evidence.set_rejection(rejection, rejected)
        _reject(gate.project, replace(to, encoder=encoder), rejected)
    return verdict.switches


def withdraw(
    to: ActivePointer,
    why: str,
    remaining: tuple[Examples, Control] | None,
    gate: Gate,
    encoder: str,
) -> bool:
    """Serve no version, as none can be learnt; return False if that has to wait as labels are gone.

    `remaining`: the examples that are left, and their control; None if the label config can't be
    read. `encoder`: the one in use for the active version's recipe, by which an imported model is
    served on, whatever the label config is about by now. The wait is a day: a script that deletes
    all labels is noticed in that time, like one that deletes most of them.
    """
    active = gate.project.active().value
    active_card = gate.project.card(active.version)
    if active_card and active_card.is_imported:
        _go_on(gate.project, replace(to, encoder=encoder))
        return False
    if active.is_trained:
        _demand_installed(active, to, gate.project)
    other = (
        why_another(active, gate.project, remaining[1]) if remaining and active.is_trained else ""
    )
    why = f"the version before was {other}; {why}" if other else why
    is_ours = active.is_trained and not active.is_outdated and active.encoder == to.encoder
    record = gate.project.evidence.of(active.version) if is_ours and not other else None
    verdict = (
        judge_withdrawal(*remaining, record, why, gate.least_known)
        if remaining and record
        else Verdict(True, why)
    )
    if verdict.switches:
        switch(gate.project, to, {"why": why}, instead_of=active.version)
        return True
    rejection = gate.project.evidence.rejection(active.version)
    since, now = rejection.value.since or _text(gate.now), gate.now.isoformat(timespec="seconds")
    rejected = Rejection(active.version, to.version, verdict.reason, since, now)
    rejected = _held(rejected, active, rejection.value.hold, verdict, gate.now)
    gate.project.evidence.set_rejection(rejection, rejected)
    _reject(gate.project, to, rejected)
    return False


def _go_on(project: Project, to: ActivePointer) -> None:
    """Keep a model that people imported: it needs no labels, so it does not go with them."""
    after = project.active()
    if _may_replace(to, after.value):
        project.advance(after, _up_to(after.value, to))


def _demand_installed(active: ActivePointer, to: ActivePointer, project: Project) -> None:
    """Raise BadRecipe if the active version's recipe is gone, which withdraws nothing.

    First it is noted that this was looked at, or sweeps would have it looked at for ever.
    """
    try:
        recipe_named(active.recipe)
    except BadModel as exc:
        after = project.active()
        if after.value.version == active.version:
            project.advance(after, replace(after.value, recipes=to.recipes))
        raise BadRecipe(f"{active.version} stays, {exc}") from None


def _held(
    rejected: Rejection, active: ActivePointer, before: Hold, verdict: Verdict, now: datetime
) -> Rejection:
    """Return the rejection with the time of its end. A hold that a person ended is not resumed."""
    hold = hold_after(before if active.held_until else Hold(), verdict.numbers, now)
    reason = f"{rejected.reason}; {_STAYS.format(hold.until[:16])}"
    return replace(rejected, hold=hold, reason=reason)


def _text(now: datetime) -> str:
    return now.isoformat(timespec="microseconds")


def advance(project: Project, to: ActivePointer) -> bool:
    """Say whether the active version has learnt just this; if so, mark the dataset as learnt.

    Much changes a dataset but no example: a skip, the project's settings, a ground-truth toggle. A
    new version would make Label Studio request every prediction again.
    """
    after = project.active()
    active = after.value
    if (active.learnt, active.made_by) != (to.learnt, to.made_by):
        return False
    if active.signature not in ("", to.signature):
        return False
    project.evidence.forget_rejection(active.version)
    moved = replace(_up_to(active, to), held_until="", signature=to.signature)
    is_looked_at = moved.age == active.age and moved.recipes != active.recipes
    if moved.age > active.age or is_looked_at:  # a slower trainer must not put it back
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
        count("VersionSwitched")
    elif _may_replace(version, swap.after.value):
        raise Conflict(_JUDGED_IN_VAIN)


def _reject(project: Project, version: ActivePointer, rejected: Rejection) -> None:
    """Keep the active version, and note that the snapshot was judged.

    Its `learnt` stays as it is, so that after any change of a label a version is judged again.
    """
    after = project.active()
    if not _may_replace(version, after.value):
        return
    if after.value.version != rejected.champion:
        raise Conflict(_JUDGED_IN_VAIN)
    project.advance(after, replace(_up_to(after.value, version), held_until=rejected.hold.until))
    count("VersionRefused")
    facts = {"project": project.key, "version": version.version, "why": rejected.reason}
    logger().warning("version refused", extra=facts)


def _up_to(active: ActivePointer, to: ActivePointer) -> ActivePointer:
    passed_over = None if to.encoder == active.encoder else to.encoder
    moved = replace(active, dataset_seq=to.dataset_seq, revision=to.revision)
    return replace(moved, passed_over=passed_over, recipes=to.recipes)


def _may_replace(version: ActivePointer, active: ActivePointer) -> bool:
    """Say whether the version is newer than the active one, and that is not pinned."""
    made_by = (version.made_by, version.recipes)
    is_other = version.age == active.age and made_by != (active.made_by, active.recipes)
    is_newer = version.age > active.age or is_other or active.is_outdated
    return is_newer and not active.pinned

"""Compare a version with the active one, and store it with its card, evidence and verdict."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final

from labelloop.bucket.evidence import Rejection
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.judging.card import Card
from labelloop.domain.judging.gate import LEAST_KNOWN, Verdict
from labelloop.domain.ordering.strategies import RANDOM
from labelloop.usecases.judging.across_recipes import Rival, verdict_across
from labelloop.usecases.judging.champion import Champion, champion_of
from labelloop.usecases.judging.judge_version import Challenger, judge_version
from labelloop.usecases.judging.version_insights import alike_of, doubts_of, insights_of
from labelloop.usecases.learning.sample_pool import Sample

_FORCED: Final = "served by --force, though the active version is better"


@dataclass(frozen=True)
class Gate:
    """Where a project's versions are judged, the time, and from how many labels on.

    `encoder`: beside which the features compared were made, where that is not the new version's.
    `rival`: the active version where it is of another recipe: see `across_recipes`.
    """

    project: Project
    now: datetime
    least_known: int = LEAST_KNOWN
    encoder: str | None = None
    rival: Rival | str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A version that is stored, its card and the verdict; and what it was compared with."""

    card: Card
    verdict: Verdict
    active: ActivePointer
    active_card: Card | None


def store_judged(
    to: ActivePointer,
    card: Card,
    challenger: Challenger,
    sample: Sample,
    gate: Gate,
    *,
    is_forced: bool = False,
) -> Judged:
    """Compare a version with the active one, and store it. `is_forced`: whatever comes of that."""
    active = gate.project.active().value
    encoder = to.encoder if gate.encoder is None else gate.encoder
    champion = champion_of(active, gate.project, challenger.control, encoder)
    rejection = gate.project.evidence.rejection(active.version)
    verdict = _verdict(to, active, champion, challenger, sample, rejection.value, gate)
    if is_forced and not verdict.switches:
        verdict = replace(verdict, switches=True, reason=f"{_FORCED}: {verdict.reason}")
    record = champion.record if isinstance(champion, Champion) else None
    active_card = gate.project.card(active.version)
    earlier = active_card if record else None
    ordered = 0 if to.strategy == RANDOM else card.order["given"]
    insights, predictions = insights_of(
        challenger, sample, record, earlier, ordered, card.blind_since, gate.project.key
    )
    evidence = challenger.record(predictions), doubts_of(challenger), alike_of(challenger)
    gate.project.evidence.store(to.version, *evidence)
    facts = challenger.trained.facts
    card = replace(card, gate=asdict(verdict), insights=insights, facts=facts)
    gate.project.add_model(challenger.trained.artefact, card)
    return Judged(card, verdict, active, active_card)


def _verdict(
    to: ActivePointer,
    active: ActivePointer,
    champion: Champion | Verdict,
    challenger: Challenger,
    sample: Sample,
    rejection: Rejection,
    gate: Gate,
) -> Verdict:
    if isinstance(champion, Verdict):
        return _across(champion, challenger, rejection, gate.rival)
    if (
        not champion.imported_as
        and to.revision != active.revision
        and challenger.has_labels_of(champion.record)
    ):
        return Verdict(True, "the same labels, with other options")
    key, least = gate.project.key, gate.least_known
    return judge_version(challenger, champion, sample, rejection.since, key, least)


def _across(
    uncompared: Verdict, challenger: Challenger, rejection: Rejection, rival: Rival | str
) -> Verdict:
    """Return the verdict where the active version is of another recipe, if both are compared."""
    if isinstance(rival, str):
        why = f"{uncompared.reason}, and not compared: {rival}" if rival else uncompared.reason
        return replace(uncompared, reason=why)
    return verdict_across(
        challenger.examples,
        challenger.trained.out_of_fold,
        challenger.control,
        rival,
        rejection.since,
        is_import=challenger.is_imported,
    )

"""Say what people want to know of a version that was just trained: its card's numbers, doubts."""

from typing import Any, Final

import numpy as np

from labelloop.bucket.evidence import Kept, Look
from labelloop.domain.judging.card import Card
from labelloop.domain.judging.curve import Point
from labelloop.domain.judging.insights import Honest, believed_error, insights
from labelloop.domain.judging.stopping import is_comparable, per_step
from labelloop.domain.measure import Measure
from labelloop.domain.ordering.random_share import are_random
from labelloop.usecases.judging.judge_version import Challenger
from labelloop.usecases.learning.sample_pool import Sample

_WANTED_PRECISION: Final = 0.95  # of what may be accepted unseen
_MOST_DISAGREEMENTS: Final = 10
_LEAST_IN_COMMON: Final = 50  # tasks that two versions must have been asked about


def tell_version(
    challenger: Challenger,
    sample: Sample,
    before: Kept | None,
    earlier: Card | None,
    ordered: int,
    blind_since: str | None,
    project_key: str,
) -> tuple[dict[str, Any], Look]:
    """Return the insights for the card, and the look that later versions are compared with.

    `before` and `earlier` are of the active version; None where it can't be compared with.
    `ordered`: labels that an active order asked for; `blind_since`: see `Card`.
    """
    told = earlier.insights if earlier else {}
    labels = len(challenger.examples.labels)
    look, disagreed = _compared(_look(challenger, sample), before, challenger.measure)
    disagreements = [*told.get("disagreements", []), *disagreed][-_MOST_DISAGREEMENTS:]
    points = [Point(**point) for point in told.get("curve", [])]
    points = [point for point in points if point.labels < labels]  # labels may have been deleted
    found = insights(
        labels,
        _honest(challenger, sample, blind_since, project_key),
        points,
        disagreements,
        _WANTED_PRECISION,
        ordered,
        challenger.control.law,
    )
    return found | {"disagreements": disagreements}, look


def doubts_of(challenger: Challenger) -> list[dict[str, Any]]:
    """Return the labels worth a second look, best first."""
    examples, measure = challenger.examples, challenger.measure
    answers = challenger.trained.out_of_fold
    known = np.flatnonzero(answers.columns.are_finite())
    asked = measure.aligned(answers.take(known), challenger.control.offered)
    labels = [examples.labels[row] for row in known.tolist()]
    votes = [examples.votes[row] for row in known.tolist()]
    return [
        {
            "task": examples.tasks[int(known[one.row])],
            "label": labels[one.row],
            "suggested": one.instead,
            "doubt": round(one.doubt, 4),
            "why": "annotators disagree" if one.disagreed else "the model expects another label",
        }
        for one in measure.doubts(asked, labels, votes)
    ]


def _honest(
    challenger: Challenger, sample: Sample, blind_since: str | None, project_key: str
) -> Honest:
    """Return what the random share says, and what the model believes of all tasks."""
    examples, measure, answers = challenger.examples, challenger.measure, challenger.out_of_fold
    is_random = are_random(examples.tasks, project_key)
    hits, labels = measure.hits(answers, examples.labels), len(examples.labels)
    confidence = measure.reading(challenger.pool).confidence
    misses = labels - float(hits.sum())
    believed = believed_error(confidence, misses, labels, labels + (sample.left or 0))
    rows = np.flatnonzero(is_random)
    honest, random_labels = answers.take(rows), [examples.labels[row] for row in rows.tolist()]
    times = np.array(examples.updated_at)[is_random]
    assisted = len(times) if blind_since is None else int((times <= blind_since).sum())
    return Honest(
        hits=hits[is_random],
        confidence=measure.reading(honest).confidence,
        by_part=measure.by_part(honest, random_labels),
        pool_confidence=confidence,
        believed_error=believed,
        unlabelled=sample.left,
        assisted=assisted,
    )


def _look(challenger: Challenger, sample: Sample) -> Look:
    said = challenger.measure.labels(challenger.pool)
    return Look(len(challenger.examples.labels), sample.tasks, said)


def _compared(own: Look, before: Kept | None, measure: Measure) -> tuple[Look, list[float]]:
    """Return the look to compare later versions with, and how far this one is off the one before.

    The look before is kept until enough labels lie in between, however small the steps.
    """
    if before is None or not 0 < before.look.labels < own.labels:
        return own, []
    then = before.look
    _, mine, theirs = np.intersect1d(own.tasks, then.tasks, return_indices=True)
    if len(mine) < _LEAST_IN_COMMON:
        return own, []
    if not is_comparable(own.labels, then.labels):
        return then, []
    said = [own.said[row] for row in mine.tolist()]
    said_then = [then.said[row] for row in theirs.tolist()]
    off = measure.disagreement(said_then, said)
    return own, [round(per_step(off, own.labels - then.labels), 4)]

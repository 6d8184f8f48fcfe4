"""Say what people want to know of a version that was just trained: its card's numbers, doubts."""

from typing import Any, Final

import numpy as np

from labelloop.bucket.evidence import Kept, Look
from labelloop.domain.judging.comparison import Ints, aligned, hits
from labelloop.domain.judging.curve import Point
from labelloop.domain.judging.doubts import doubts
from labelloop.domain.judging.insights import Honest, believed_error, insights
from labelloop.domain.judging.stopping import disagreement, is_comparable
from labelloop.domain.ordering.random_share import are_random
from labelloop.usecases.judging.judge_version import Challenger, codes_of
from labelloop.usecases.learning.sample_pool import Sample

_WANTED_PRECISION: Final = 0.95  # of what may be accepted unseen
_MOST_DISAGREEMENTS: Final = 10
_LEAST_IN_COMMON: Final = 50  # tasks that two versions must have been asked about


def tell_version(
    challenger: Challenger,
    sample: Sample,
    before: Kept | None,
    card: dict[str, Any],
    ordered: int,
    blind_since: str | None,
    salt: str,
) -> tuple[dict[str, Any], Look]:
    """Return the insights for the card, and the look that later versions are compared with.

    `before` and `card` are the active version's; empty where it can't be compared with. `ordered`:
    labels that an active order asked for; `blind_since`: see the card, None where nothing is blind.
    """
    told = card.get("insights", {})
    labels = len(challenger.examples.labels)
    look, disagreed = _compared(_look(challenger, sample), before)
    disagreements = [*told.get("disagreements", []), *disagreed][-_MOST_DISAGREEMENTS:]
    earlier = [Point(**point) for point in told.get("curve", [])]
    earlier = [point for point in earlier if point.labels < labels]  # labels may have been deleted
    found = insights(
        labels,
        challenger.trained.classes,
        _honest(challenger, sample, blind_since, salt),
        earlier,
        disagreements,
        _WANTED_PRECISION,
        ordered,
    )
    return found | {"disagreements": disagreements}, look


def doubts_of(challenger: Challenger) -> list[dict[str, Any]]:
    """Return the labels worth a second look, best first."""
    examples, offered = challenger.examples, challenger.offered
    rows = aligned(challenger.trained.out_of_fold, challenger.trained.classes, offered)
    known = np.flatnonzero(~np.isnan(rows).any(axis=1))
    votes = [codes_of(examples.votes[row], offered).tolist() for row in known.tolist()]
    found = doubts(rows[known], codes_of(examples.labels, offered)[known], votes)
    return [
        {
            "task": examples.tasks[int(known[one.row])],
            "label": examples.labels[int(known[one.row])],
            "suggested": offered[one.instead],
            "doubt": round(one.doubt, 4),
            "why": "annotators disagree" if one.disagreed else "the model expects another label",
        }
        for one in found
    ]


def _honest(challenger: Challenger, sample: Sample, blind_since: str | None, salt: str) -> Honest:
    """Return what the random share says, and what the model believes of all tasks."""
    examples, classes = challenger.examples, challenger.trained.classes
    codes, answers = codes_of(examples.labels, classes), challenger.out_of_fold
    random = are_random(examples.tasks, salt)
    confidence = challenger.pool.max(axis=1)
    misses = len(codes) - float(hits(answers, codes).sum())
    believed = believed_error(confidence, misses, len(codes), len(codes) + (sample.left or 0))
    times = np.array(examples.updated_at)[random]
    assisted = len(times) if blind_since is None else int((times <= blind_since).sum())
    return Honest(answers[random], codes[random], confidence, believed, sample.left, assisted)


def _look(challenger: Challenger, sample: Sample) -> Look:
    said: Ints = challenger.pool.argmax(axis=1)
    labels, classes = len(challenger.examples.labels), challenger.trained.classes
    return Look(labels, classes, sample.tasks, said.astype(np.int64))


def _compared(own: Look, before: Kept | None) -> tuple[Look, list[float]]:
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
    classes = [*own.classes, *(name for name in then.classes if name not in own.classes)]
    said = codes_of(own.classes, classes)[own.said[mine]]
    said_then = codes_of(then.classes, classes)[then.said[theirs]]
    return own, [round(disagreement(said_then, said, own.labels - then.labels), 4)]

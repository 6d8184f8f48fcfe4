"""What people want to know of a version that was just trained: its card's numbers, doubts."""

from typing import Any, Final

import numpy as np

from labelloop.bucket.evidence import SamplePredictions, TrainingRecord
from labelloop.domain.answers import Answers
from labelloop.domain.intake.events import canonical
from labelloop.domain.judging.alike import MOST_COMPARED, alike
from labelloop.domain.judging.card import Card
from labelloop.domain.judging.confusions import confusions, shares
from labelloop.domain.judging.curve import CurvePoint
from labelloop.domain.judging.insights import Honest, believed_error, insights
from labelloop.domain.judging.stopping import is_comparable, per_step
from labelloop.domain.measure import Measure
from labelloop.domain.ordering.random_share import are_random
from labelloop.usecases.judging.judge_version import Challenger, Ints
from labelloop.usecases.learning.sample_pool import Sample

_WANTED_PRECISION: Final = 0.95  # of predictions that may be accepted unseen
_MOST_DISAGREEMENTS: Final = 10
_LEAST_IN_COMMON: Final = 50  # tasks that both versions must have predicted
_DISAGREE: Final = "annotators disagree"


def insights_of(
    challenger: Challenger,
    sample: Sample,
    record: TrainingRecord | None,
    earlier: Card | None,
    ordered: int,
    blind_since: str | None,
    project_key: str,
) -> tuple[dict[str, Any], SamplePredictions]:
    """Return the insights for the card, and the predictions to compare later versions with.

    `record` and `earlier`: the active version's record and card; None if it can't be compared.
    `ordered`: labels that were given in a strategy's order; `blind_since`: see `Card`.
    """
    previous = earlier.insights if earlier else {}
    labels = len(challenger.examples.labels)
    own = _predictions(challenger, sample)
    predictions, disagreed = _compared(own, record, challenger.measure)
    disagreements = [*previous.get("disagreements", []), *disagreed][-_MOST_DISAGREEMENTS:]
    points = [CurvePoint(**point) for point in previous.get("curve", [])]
    points = [point for point in points if point.labels < labels]  # labels may have been deleted
    numbers = insights(
        labels,
        _honest(challenger, sample, blind_since, project_key),
        points,
        disagreements,
        _WANTED_PRECISION,
        ordered,
        challenger.control.law,
    )
    facts = {
        "disagreements": disagreements,
        "title": challenger.measure.title,
        "confusions": _confusions(challenger),
        "pool_shares": shares(own.predicted, challenger.control.parts),
    }
    return numbers | facts, predictions


def doubts_of(challenger: Challenger) -> list[dict[str, Any]]:
    """Return the labels worth a second look, best first.

    Of tasks that the encoder was tuned to, those whose annotators disagree.
    """
    measure = challenger.measure
    answered, tuned = challenger.answered, np.flatnonzero(challenger.tuned)
    found = _doubts(challenger, challenger.trained.out_of_fold.take(answered), answered)
    if not len(tuned):
        return found
    unknown = measure.alike(challenger.trained.out_of_fold.names, len(tuned))
    disagreed = [row for row in _doubts(challenger, unknown, tuned) if row["why"] == _DISAGREE]
    return sorted([*found, *disagreed], key=lambda row: -row["doubt"])


def _doubts(challenger: Challenger, answers: Answers, rows: Ints) -> list[dict[str, Any]]:
    """Return the doubts about some rows of the examples, whose answers these are."""
    examples, measure = challenger.examples, challenger.measure
    answers = measure.aligned(answers, challenger.control.offered)
    labels = [examples.labels[row] for row in rows.tolist()]
    votes = [examples.votes[row] for row in rows.tolist()]
    return [
        {
            "task": examples.tasks[int(rows[doubt.row])],
            "label": labels[doubt.row],
            "suggested": doubt.instead,
            "doubt": round(doubt.doubt, 4),
            "why": _DISAGREE if doubt.disagreed else "the model expects another label",
        }
        for doubt in measure.doubts(answers, labels, votes)
    ]


def alike_of(challenger: Challenger) -> list[dict[str, Any]]:
    """Return pairs of tasks that are alike and labelled differently, those most alike first."""
    examples, control = challenger.examples, challenger.control
    compared = examples.newest(MOST_COMPARED)
    pairs = alike(
        [canonical(one) for one in examples.inputs],
        [canonical(label) for label in examples.labels],
        [tuple(control.parts(label)) for label in examples.labels],
        compared,
        control.vectors(challenger.features.take(np.array(compared, np.int64))),
    )
    return [
        {
            "task": examples.tasks[pair.row],
            "label": examples.labels[pair.row],
            "other": examples.tasks[pair.other],
            "other_label": examples.labels[pair.other],
            "likeness": pair.likeness,
        }
        for pair in pairs
    ]


def _confusions(challenger: Challenger) -> list[dict[str, Any]]:
    """Return which parts of labels are taken for which, by answers out of fold."""
    answers, labels = challenger.trained.out_of_fold, challenger.examples.labels
    answered = challenger.answered
    predicted = challenger.measure.labels(answers.take(answered))
    return confusions(
        [labels[row] for row in answered.tolist()], predicted, challenger.control.parts
    )


def _honest(
    challenger: Challenger, sample: Sample, blind_since: str | None, project_key: str
) -> Honest:
    """Return the measurements on the random share, and the model's own estimates for all tasks."""
    examples, measure, answers = challenger.examples, challenger.measure, challenger.out_of_fold
    tuned = challenger.tuned
    is_random = are_random(examples.tasks, project_key) & ~tuned
    hits, labels = measure.hits(answers, examples.labels), len(examples.labels)
    confidence = measure.reading(challenger.sample_answers).confidence
    counted = int((~tuned).sum())
    misses, tasks = counted - float(hits[~tuned].sum()), labels + (sample.unlabelled or 0)
    believed = believed_error(confidence, misses, labels, tasks, counted)
    rows = np.flatnonzero(is_random)
    random, random_labels = answers.take(rows), [examples.labels[row] for row in rows.tolist()]
    times = np.array(examples.updated_at, np.str_)[is_random]
    assisted = len(times) if blind_since is None else int((times <= blind_since).sum())
    return Honest(
        hits=hits[is_random],
        confidence=measure.reading(random).confidence,
        by_part=measure.by_part(random, random_labels),
        pool_confidence=confidence,
        believed_error=believed,
        unlabelled=sample.unlabelled,
        assisted=assisted,
        tuned=labels - counted,
    )


def _predictions(challenger: Challenger, sample: Sample) -> SamplePredictions:
    predicted = challenger.measure.labels(challenger.sample_answers)
    return SamplePredictions(len(challenger.examples.labels), sample.tasks, predicted)


def _compared(
    own: SamplePredictions, record: TrainingRecord | None, measure: Measure
) -> tuple[SamplePredictions, list[float]]:
    """Return the predictions to compare later versions with, and their disagreement per step.

    The earlier predictions are passed on until enough labels lie in between, however small the
    steps. No disagreement, an empty list, where there is nothing to compare with.
    """
    if record is None or not 0 < record.sample.labels < own.labels:
        return own, []
    earlier = record.sample
    _, own_rows, earlier_rows = np.intersect1d(own.tasks, earlier.tasks, return_indices=True)
    if len(own_rows) < _LEAST_IN_COMMON:
        return own, []
    if not is_comparable(own.labels, earlier.labels):
        return earlier, []
    now = [own.predicted[row] for row in own_rows.tolist()]
    before = [earlier.predicted[row] for row in earlier_rows.tolist()]
    disagreement = measure.disagreement(before, now)
    return own, [round(per_step(disagreement, own.labels - earlier.labels), 4)]

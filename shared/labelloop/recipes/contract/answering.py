"""Rules of what the loop asks about answers, and of what Label Studio shows of them."""

import json
from typing import Final

import numpy as np

from labelloop.labelstudio.label_config import parse
from labelloop.labelstudio.result_check import problems
from labelloop.recipes.contract.case import (
    Case,
    demand,
    demand_close,
    demand_numbers,
    demand_worth,
)

_ROUNDING: Final = 1e-6
_LONGER: Final = 20  # characters that a result may have more than the largest


def what_hits_are_called_can_stand_in_a_line(case: Case) -> None:
    name = case.control.measure.title
    demand(3 < len(name) < 30 and name[0].islower(), f"Measure.title {name!r}: a word or two")


def a_reading_is_numbers_from_0_to_1(case: Case) -> None:
    rows, reading = len(case.answers), case.control.measure.reading(case.answers)
    demand(len(reading) == rows, f"the reading has {len(reading)} rows of {rows}")
    demand_numbers(reading.confidence, rows, "confidence", 0, 1 + _ROUNDING)
    for name in ("", "margin", "no such name"):
        demand_numbers(reading.sureness(name), rows, f"sureness({name!r})", 0, 1 + _ROUNDING)
    demand(reading.shares.shape[:1] == (rows,), "shares have no row for each answer")
    taken, both = reading.take([2, 0]).sureness(), reading.sureness()[np.array([2, 0])]
    demand(np.array_equal(taken, both), "take gives other rows")


def hits_and_scores_are_of_each_label(case: Case) -> None:
    measure, rows = case.control.measure, len(case.labels)
    demand_numbers(measure.hits(case.answers, case.labels), rows, "hits", 0, 1)
    scores = measure.log_scores(case.answers, case.labels)
    demand_numbers(scores, rows, "log_scores", float("-inf"), float("inf"))
    own = measure.hits(case.answers, measure.labels(case.answers))
    demand((own > 0.99).all(), "an answer does not hit its own label")


def fair_answers_score_no_worse(case: Case) -> None:
    measure, answers, labels = case.control.measure, case.answers, case.labels
    fair, also = measure.fair(answers, labels, answers.take([0, 1]))
    demand_close(also, fair.take([0, 1]), "fair does not change all answers alike")
    before, after = measure.log_scores(answers, labels), measure.log_scores(fair, labels)
    demand(after.mean() >= before.mean() - 1e-9, "fair answers score worse")


def a_model_expects_what_its_answers_say(case: Case) -> None:
    rows, expected = len(case.answers), case.control.measure.expected(case.answers)
    inf = float("inf")
    demand_numbers(expected.log_score, rows, "Expected.log_score", -inf, inf)
    demand_numbers(expected.variance, rows, "Expected.variance", -1e-9, inf)
    demand_numbers(expected.hits, rows, "Expected.hits", 0, 1 + _ROUNDING)
    confidence = case.control.measure.reading(case.answers).confidence
    same = np.allclose(expected.hits, confidence, 1e-7, _ROUNDING)
    demand(same, "Expected.hits is not the confidence")


def the_same_answers_gain_nothing(case: Case) -> None:
    gain = case.control.measure.gain(case.answers, case.answers)
    demand_numbers(gain, len(case.answers), "gain", 0, 0)


def answers_by_their_own_names_are_the_same(case: Case) -> None:
    aligned = case.control.measure.aligned(case.answers, case.answers.names)
    demand_close(aligned, case.answers, "aligned to their own names")


def who_knows_nothing_says_the_same_of_all(case: Case) -> None:
    measure, names = case.control.measure, case.answers.names
    nothing = measure.alike(names, 3)
    demand(tuple(nothing.names) == tuple(names), "alike has other names")
    demand_close(nothing.take([0]), nothing.take([2]), "alike")
    demand(len(measure.alike(names, 0)) == 0, "alike of 0 has rows")


def versions_agree_with_themselves(case: Case) -> None:
    measure = case.control.measure
    labels = measure.labels(case.answers)
    demand(len(labels) == len(case.labels), f"{len(labels)} labels of {len(case.labels)} answers")
    demand(abs(measure.disagreement(labels, labels)) < _ROUNDING, "disagreement with itself")
    demand(measure.disagreement(labels, labels[::-1]) >= 0, "disagreement is below 0")


def a_wrong_label_is_doubted_first(case: Case) -> None:
    measure, names = case.control.measure, case.control.offered
    rows = np.flatnonzero(case.out_of_fold.columns.are_finite())
    asked = measure.aligned(case.out_of_fold.take(rows), names)
    given = [case.labels[row] for row in rows.tolist()]
    right = measure.reading(asked).confidence * measure.hits(asked, given)
    sure = int(np.argmax(right))
    if not right[sure]:  # as of one that predicts while people draw, and nothing else
        return
    wrong = list(given)
    wrong[sure] = next(label for label in given if label != given[sure])
    found = measure.doubts(asked, wrong, [[label] for label in wrong])
    demand(found, "a label that was made wrong is not doubted")
    is_first = found[0].row == sure
    demand_worth(is_first, "a label that was made wrong is not the first doubt")
    # As right as what people said; of several controls it may lack the one without a label.
    hit = measure.hits(asked.take([sure]), [found[0].instead])[0]
    demand(hit > 0.99, "Doubt.instead is not what the answer says")
    doubts = [one.doubt for one in found]
    demand(0 < doubts[0] <= 1, "a doubt is not within 0 to 1")
    demand(doubts == sorted(doubts, reverse=True), "the most doubtful labels are not first")


def quality_is_told_by_part(case: Case) -> None:
    parts = case.control.measure.by_part(case.answers, case.labels)
    demand(set(parts) <= set(case.control.offered), "by_part has parts that are not offered")
    for name, one in parts.items():
        low, high = one.precision.low, one.precision.high
        demand(0 <= low <= high <= 1, f"precision of {name!r} is {low} to {high}")


def results_say_what_the_model_says(case: Case) -> None:
    control, names = case.control, case.answers.names
    known = control.known(names)
    demand(known is not None, "known gives None for the model's own names")
    shown = control.shown(case.answers, known or ())
    results = control.results(shown)
    text = json.dumps(results, allow_nan=False)
    demand(json.loads(text) == results, "results change as JSON")
    meant = [control.label_of(result) for result in results]
    demand(meant == control.measure.labels(shown), "label_of reads results otherwise than labels")
    largest = len(json.dumps(control.largest(names)))
    longest = max((len(json.dumps(one)) for one in results), default=0)
    demand(longest <= largest + _LONGER, f"a result has {longest} characters, largest {largest}")


def label_studio_shows_the_results_as_they_are_meant(case: Case) -> None:
    config, control = parse(case.config), case.control
    shown = control.shown(case.answers, control.known(case.answers.names) or ())
    for data, result in zip(case.tasks, control.results(shown), strict=True):
        why = problems(config, data, result, is_pushed=control.is_pushable)
        demand(not why, "; ".join(why[:1]))


def nothing_is_asked_of_nobody(case: Case) -> None:
    measure, none = case.control.measure, case.answers.take([])
    demand(case.control.results(none) == [], "results of no answer")
    demand(measure.labels(none) == [], "labels of no answer")
    demand(len(measure.hits(none, [])) == 0, "hits of no answer")
    demand(len(measure.log_scores(none, [])) == 0, "log_scores of no answer")
    also = measure.fair(none, [], case.answers)[1]
    demand(tuple(also.names) == tuple(case.answers.names), "fair of no answer has other names")
    demand(len(case.control.vectors(case.seen.take([]))) == 0, "vectors of no task")


RULES: Final = (
    what_hits_are_called_can_stand_in_a_line,
    a_reading_is_numbers_from_0_to_1,
    hits_and_scores_are_of_each_label,
    fair_answers_score_no_worse,
    a_model_expects_what_its_answers_say,
    the_same_answers_gain_nothing,
    answers_by_their_own_names_are_the_same,
    who_knows_nothing_says_the_same_of_all,
    versions_agree_with_themselves,
    a_wrong_label_is_doubted_first,
    quality_is_told_by_part,
    results_say_what_the_model_says,
    label_studio_shows_the_results_as_they_are_meant,
    nothing_is_asked_of_nobody,
)

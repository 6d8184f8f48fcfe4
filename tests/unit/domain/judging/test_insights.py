"""What people are told."""

import json
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from labelloop.domain.judging.curve import CurvePoint
from labelloop.domain.judging.in_words import lines
from labelloop.domain.judging.insights import Honest, believed_error, insights
from labelloop.domain.judging.savings import Law
from labelloop.recipes import control_of
from labelloop.recipes.text.probabilities import answers_of
from labelloop.recipes.text_choices.measure import MEASURE
from tests.builders import label_config

LAW = cast(Law, control_of(label_config()).law)


def honest_of(rows, right=0.95, unlabelled=5_000):
    labels = np.arange(rows) % 2
    said = np.where(np.arange(rows) < right * rows, labels, 1 - labels)
    return honest_where(said, labels, unlabelled)


def honest_where(said, labels, unlabelled=5_000):
    """Answers that are sure of a class each, 0 or 1, and the labels that were given."""
    answers = answers_of(np.eye(2)[said] * 0.84 + 0.08, ["no", "yes"])
    given = [("no", "yes")[label] for label in labels]
    return Honest(
        hits=MEASURE.hits(answers, given),
        confidence=MEASURE.reading(answers).confidence,
        by_part=MEASURE.by_part(answers, given),
        pool_confidence=np.full(500, 0.92),
        believed_error=0.08,
        unlabelled=unlabelled,
    )


def told(rows, labels=300, disagreements=(), ordered=250, unlabelled=5_000, right=0.95, law=LAW):
    earlier = [CurvePoint(n, 2 * n**-0.5) for n in (50, 100, 200)]
    honest = honest_of(rows, right, unlabelled)
    return insights(labels, honest, earlier, disagreements, 0.9, ordered, law)


def test_the_card_is_plain_json():
    assert json.loads(json.dumps(told(120))) == told(120)


def test_without_a_random_label_nothing_is_said_of_accuracy_nor_promised():
    found = told(0)

    assert found["random_share"]["value"] is found["gain"] is found["saving"] is None
    assert found["stopping"]["reason"] == "no random label yet to see a curve by"


def test_where_all_is_labelled_no_label_is_said_to_bring_anything():
    assert told(120, unlabelled=0)["gain"] is None


def test_the_curve_has_a_band_that_narrows():
    few, many = (told(rows)["curve"][-1] for rows in (20, 400))

    assert few["low"] < few["error"] < few["high"]
    assert many["high"] - many["low"] < 0.5 * (few["high"] - few["low"])


def test_the_bands_of_earlier_points_stay_and_points_from_before_have_none():
    earlier = [CurvePoint(50, 0.3), CurvePoint(100, 0.2, 0.1, 0.4)]
    curve = insights(300, honest_of(120), earlier, [], 0.9, 250, LAW)["curve"]

    assert curve[:2] == [
        {"labels": 50, "error": 0.3, "low": None, "high": None},
        {"labels": 100, "error": 0.2, "low": 0.1, "high": 0.4},
    ]


@pytest.mark.parametrize(("unlabelled", "labels"), [(40, 40), (5_000, 100), (None, 100)])
def test_no_more_labels_are_spoken_of_than_tasks_are_left(unlabelled, labels):
    assert told(120, unlabelled=unlabelled)["gain"]["labels"] == labels


def test_labelling_can_stop_when_what_is_left_is_worth_little():
    assert not told(400, right=0.6, labels=1_000, unlabelled=300)["stopping"]["stops"]
    assert told(400, right=0.6, labels=1_000, unlabelled=20)["stopping"]["stops"]


@pytest.mark.parametrize(("ordered", "unlabelled"), [(0, 5_000), (150, 5_000), (250, None)])
def test_nothing_is_said_to_be_saved_unless_an_order_asked_for_most_labels(ordered, unlabelled):
    assert told(120, ordered=ordered, unlabelled=unlabelled)["saving"] is None


def test_what_is_saved_is_told_where_a_law_is_known_of_it():
    assert told(120)["saving"]["random_order"] > 300
    without = told(120, law=None)
    assert without["saving"] is None
    assert not any("saved" in line for line in lines(without, 300))
    assert any("labels saved: these" in line for line in lines(told(120), 300))


def test_all_classes_are_told_of():
    assert list(told(40)["by_class"]) == ["no", "yes"]


def test_labelled_tasks_count_by_their_share_of_all():
    confidence = np.full(10, 0.9)

    assert believed_error(confidence, 40, 100, 100) == pytest.approx(0.4)
    assert believed_error(confidence, 40, 100, 1_000) == pytest.approx(0.13)
    assert believed_error(np.empty(0), 40, 100, 100) == pytest.approx(0.4)


def test_labels_that_are_not_counted_are_taken_to_be_as_the_others_or_as_the_pool():
    confidence = np.full(10, 0.9)

    assert believed_error(confidence, 10, 100, 200, counted=20) == pytest.approx(0.3)
    assert believed_error(confidence, 0, 100, 200, counted=0) == pytest.approx(0.1)
    assert believed_error(np.empty(0), 0, 100, 200, counted=0) is None


def test_where_nothing_tells_of_the_error_the_curve_has_no_point_of_it():
    honest = replace(honest_of(0), believed_error=None, tuned=300)

    found = insights(300, honest, [CurvePoint(200, 0.2)], [], 0.9, 250, LAW)

    assert [point["labels"] for point in found["curve"]] == [200]
    assert found["error"] is found["gain"] is found["saving"] is None

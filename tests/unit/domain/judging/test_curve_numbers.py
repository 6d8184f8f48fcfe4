"""What further labels bring, what the labels saved, and when to stop."""

from typing import cast

import numpy as np
import pytest

from labelloop.domain.judging.curve import CurvePoint, expected_gain, spaced
from labelloop.domain.judging.savings import Law, error_band, pooled_error, saving
from labelloop.domain.judging.stopping import advise, is_comparable, labels_to_stop, per_step
from labelloop.recipes import control_of
from tests.builders import label_config

LAW = cast(Law, control_of(label_config()).law)


def saving_at(labels, error, tasks=100_000):
    found = saving(labels, error, tasks, LAW)
    assert found is not None
    return found


def falling(power, error=1.0, until=500):
    return [CurvePoint(n, error * n**-power) for n in range(50, until + 1, 50)]


@pytest.mark.parametrize("power", [0.25, 0.4, 0.7])
def test_the_next_hundred_labels_follow_the_curve_so_far(power):
    points = falling(power)
    truth = points[-1].error - 600**-power

    gain = expected_gain(points, 100)

    assert gain.low <= truth <= gain.high
    assert gain.value == pytest.approx(truth, rel=0.7)


def test_a_single_point_gives_a_wide_band():
    one, many = (expected_gain(points, 100) for points in ([CurvePoint(100, 0.2)], falling(0.4)))

    assert one.low < one.value < one.high
    assert (one.high - one.low) / one.value > (many.high - many.low) / many.value


def test_a_curve_that_rises_promises_nothing_below_zero():
    gain = expected_gain([CurvePoint(n, 0.001 * n) for n in (100, 200, 300, 400)], 100)

    assert gain.low >= 0.0


def test_a_curve_spans_all_labels_in_few_points_and_ends_at_the_newest():
    curve: list[CurvePoint] = []
    for labels in range(20, 2_001):
        curve = spaced([*curve, CurvePoint(labels, labels**-0.4)])

    assert (curve[0].labels, curve[-1].labels) == (20, 2_000)
    assert len(curve) <= 22
    assert spaced([]) == []


def error_at(labels, power):
    return 0.3 * (labels / 50) ** -power


@pytest.mark.parametrize("step", [1, 10, 100])
def test_the_band_holds_the_truth_however_often_versions_come(step):
    rng = np.random.default_rng(0)
    held = 0
    for power in rng.normal(0.4, 0.25, 200).clip(0.0):  # as was seen elsewhere
        luck, points = rng.random(40), []  # a tenth of the labels is random, the same for all
        for n in range(100, 401, step):
            error = error_at(n, power)
            missed = int((luck[: n // 10] < error).sum())
            points.append(CurvePoint(n, pooled_error(missed, n // 10, error)))
        gain = expected_gain(points, 100)
        held += gain.low <= error_at(400, power) - error_at(500, power) <= gain.high

    assert held >= 0.86 * 200


def test_a_smaller_error_means_a_larger_saving():
    small, large = saving_at(200, 0.02), saving_at(200, 0.3)

    assert small.random_order > large.random_order
    assert small.low < small.random_order < small.high


@pytest.mark.parametrize(
    ("labels", "error"), [(59, 0.1), (1_001, 0.1), (10_000, 0.005), (300, 0.002), (300, 0.7)]
)
def test_where_the_law_was_not_looked_at_nothing_is_claimed(labels, error):
    assert saving(labels, error, 100_000, LAW) is None


@pytest.mark.parametrize(("labels", "error"), [(60, 0.5), (100, 0.55)])
def test_a_saving_below_one_is_none(labels, error):
    assert saving(labels, error, 100_000, LAW) is None


def test_no_order_takes_more_labels_than_there_are_tasks():
    found = saving_at(250, 0.02, tasks=300)

    assert (found.random_order, found.high, found.most) == (300, 300, 300)
    assert saving(300, 0.02, 300, LAW) is None


@pytest.mark.parametrize(("tasks", "is_known"), [(61, False), (200, True)])
def test_where_the_tasks_end_before_it_shows_no_saving_is_claimed(tasks, is_known):
    assert (saving(60, 0.2, tasks, LAW) is not None) == is_known


def test_the_band_of_an_error_holds_the_truth():
    rng, held = np.random.default_rng(0), 0
    for _ in range(300):
        truth, rows = float(rng.uniform(0.02, 0.5)), int(rng.integers(1, 200))
        low, high = error_band(float(rng.binomial(rows, truth)), rows, truth)
        held += low <= truth <= high

    assert held >= 0.9 * 300
    assert error_band(0, 0, 0.2)[1] < 0.4  # the model's belief is some evidence, too


def test_no_order_is_said_to_take_more_labels_than_projects_were_followed_for():
    assert saving_at(500, 0.01).high == 2_000


def test_many_random_labels_outweigh_what_the_model_believes():
    assert pooled_error(0, 0, 0.2) == pytest.approx(0.2)
    assert pooled_error(300, 1_000, 0.1) == pytest.approx(0.294, abs=0.001)


def test_versions_far_apart_may_disagree_more():
    assert per_step(0.04, 100) == pytest.approx(per_step(0.04, 25) / 4)
    assert per_step(0.04, 10) == per_step(0.04, 25) == 0.04
    assert is_comparable(125, 100)
    assert not is_comparable(124, 100)


def test_agreement_and_a_flat_curve_end_it():
    flat = expected_gain(falling(0.3, 0.1), 100)
    steep = expected_gain(falling(0.7, 20.0), 100)

    assert advise(300, [0.2, *[0.005] * 5], flat).stops
    assert not advise(300, [*[0.005] * 4, 0.2], flat).stops
    assert not advise(300, [0.005] * 5, steep).stops


def test_advice_waits_for_five_comparisons():
    assert not advise(300, [0.0] * 4, expected_gain(falling(0.3, 0.1), 100)).stops
    assert not advise(300, [0.0] * 5, None).stops


@pytest.mark.parametrize(
    ("labels", "error", "stops"), [(1_000, 2.0, True), (999, 2.0, False), (1_000, 40.0, False)]
)
def test_after_a_thousand_labels_a_hundred_have_to_be_worth_a_point(labels, error, stops):
    gain = expected_gain([CurvePoint(labels, error * labels**-0.4)], 100)

    assert advise(labels, [0.1] * 5, gain).stops == stops


def test_reasons_name_what_the_next_labels_bring():
    gain = expected_gain([CurvePoint(1_000, 0.1)], 100)

    assert advise(1_000, [], gain).reason == "expected of the next 100 labels: 0.4 points"
    assert advise(60, [], gain).reason == "too few versions to compare"
    assert advise(60, [], None).reason == "no random label yet to see a curve by"


def test_labels_to_stop_are_those_after_which_the_curve_is_flat():
    points = falling(0.4, until=200)

    more = labels_to_stop(points, 100, 5_000)
    there = falling(0.4, until=200 + more)

    assert expected_gain(there, 100).value == pytest.approx(0.005, rel=0.4)
    assert labels_to_stop(there, 100, 5_000) < more / 3


def test_they_are_no_more_than_there_are_tasks():
    assert labels_to_stop(falling(0.25, until=200), 100, 30) == 30
    assert labels_to_stop([CurvePoint(100, 0.0)], 100, 30) == 0

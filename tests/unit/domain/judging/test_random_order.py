"""The curve that random order would have had."""

from labelloop.domain.judging.curve import CurvePoint
from labelloop.domain.judging.random_order import random_order
from labelloop.domain.judging.savings import Law

LAW = Law(1.0, -0.2, 0.1, 0.3)


def test_random_order_takes_more_labels_to_each_point_that_is_known():
    points = [CurvePoint(20, 0.3), CurvePoint(100, 0.2), CurvePoint(200, 0.1)]

    found = random_order(points, 10_000, LAW)

    assert [point.labels for point, _ in found] == [100, 200]
    assert all(saving.random_order > point.labels for point, saving in found)
    assert all(saving.low <= saving.random_order <= saving.high for _, saving in found)


def test_it_takes_no_more_than_there_are():
    ((_, saving),) = random_order([CurvePoint(100, 0.1)], 250, LAW)

    assert saving.random_order == saving.most == 250

"""What is read from a learning curve."""

import pytest

from labelloop.domain.judging.labels_to_reach import labels_to_reach

CURVE = [(20, 0.60), (40, 0.70), (60, 0.65), (80, 0.80)]


def test_an_accuracy_is_reached_between_two_points():
    assert labels_to_reach(0.65, CURVE) == pytest.approx(30)


def test_the_first_time_an_accuracy_is_reached_counts():
    assert labels_to_reach(0.70, CURVE) == pytest.approx(40)


def test_an_accuracy_below_the_first_point_is_reached_there():
    assert labels_to_reach(0.10, CURVE) == 20


def test_an_accuracy_above_every_point_is_never_reached():
    assert labels_to_reach(0.81, CURVE) is None

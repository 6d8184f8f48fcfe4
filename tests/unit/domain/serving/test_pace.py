"""How fast people label, and how long the rest takes."""

from datetime import date

import pytest

from labelloop.domain.serving.pace import pace

TODAY = date(2026, 11, 29)


def test_the_last_seven_days_count():
    found = pace({"2026-11-01": 900, "2026-11-23": 60, "2026-11-29": 10}, TODAY, 100, 1_000)

    assert (found.a_day, found.days_to_stop, found.days_left) == (10, 10, 100)


def test_or_those_since_the_first_label():
    assert pace({"2026-11-28": 30, "2026-11-29": 10}, TODAY, None, None).a_day == 20


@pytest.mark.parametrize("labels", [{}, {"2026-11-20": 50}])
def test_where_nobody_labels_nothing_is_promised(labels):
    found = pace(labels, TODAY, 100, 1_000)

    assert (found.a_day, found.days_to_stop, found.days_left) == (None, None, None)
    assert (found.to_stop, found.left) == (100, 1_000)


def test_a_day_of_another_clock_is_no_harm():
    assert pace({"2026-12-24": 5}, TODAY, 1, 1).a_day is None

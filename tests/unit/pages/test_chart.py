"""The shapes of the learning curve."""

from typing import Any

import pytest

from labelloop.pages.chart import BOTTOM, LEFT, RIGHT, TOP, chart


def row(labels: int, value: float, band: float | None = 0.05) -> dict[str, Any]:
    low, high = (None, None) if band is None else (value - band, min(1.0, value + band))
    return {"labels": labels, "value": value, "low": low, "high": high}


def version(labels: int, outcome: str) -> dict[str, Any]:
    return {"version": "1-aaaaaaaa", "labels": labels, "outcome": outcome}


def points(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, _, y in (pair.partition(",") for pair in text.split())]


def test_without_a_version_there_is_no_chart():
    assert chart([], [], []) is None


@pytest.mark.parametrize(
    "curve",
    [
        [row(10, 0.5)],
        [row(10, 0.5, None), row(20, 0.7, None)],
        [row(1, 0.0), row(1_000_000, 1.0)],
        [row(5, 1.0, 0.0)],
    ],
)
def test_all_shapes_are_within_the_picture(curve):
    random = [{"random_order": 3 * one["labels"], "error": 1 - one["value"]} for one in curve]

    drawn = chart(curve, random, [version(one["labels"], "active") for one in curve])

    assert drawn
    places = points(f"{drawn.line} {drawn.band} {drawn.random}")
    places += [(mark.at, mark.y) for mark in (*drawn.dots, *drawn.ticks, *drawn.x_marks)]
    assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in places)
    assert 2 <= len(drawn.x_marks) <= 8
    assert drawn.y_marks


def test_a_better_version_is_higher_and_random_order_is_further_right():
    curve = [row(100, 0.6), row(200, 0.8)]

    drawn = chart(curve, [{"random_order": 300 * n, "error": 0.2} for n in (1, 2)], [])

    assert drawn
    (x1, y1), (x2, y2) = points(drawn.line)
    assert x1 < x2
    assert y1 > y2
    assert points(drawn.random)[0][0] > x2


def test_a_curve_of_an_earlier_release_has_no_band():
    drawn = chart([row(10, 0.5, None), row(20, 0.6, None)], [], [])

    assert drawn
    assert drawn.band == drawn.random == ""


def test_versions_are_ticks_with_their_outcome():
    ticks = [version(50, "active"), version(40, "refused"), version(30, "served before")]

    drawn = chart([row(50, 0.7)], [], [*ticks, version(0, "served before")])

    assert drawn
    assert [tick.kind for tick in drawn.ticks] == ["active", "refused", ""]
    assert drawn.ticks[0].text == "1-aaaaaaaa, 50 labels: active"

"""Numbers of a range, in steps."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labelloop.recipes.numbers.scale import Scale

TENTHS = Scale(0.0, 1.0, 0.1)
FIVES = Scale(0.0, 100.0, 5.0)
SEVENS = Scale(0.0, 10.0, 7.0)


def test_numbers_are_written_as_people_type_them():
    written = [json.dumps(TENTHS.value(tenths / 10)) for tenths in range(11)]

    assert written == ["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"]


def test_what_is_shown_is_a_step_within_the_range():
    assert FIVES.value(0.37) == 35
    assert FIVES.value(1.5) == 100
    assert FIVES.value(-3.0) == 0
    assert SEVENS.value(1.0) == 7  # 14 would be outside


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (35, 35),
        (35.0, 35),
        (37, 37),  # between the steps: imported, and as good as any
        ("35", 35),
        (0.30000000000000004, 0.3),
        (150, None),
        (-1, None),
        (True, None),
        (None, None),
        ("many", None),
        ("nan", None),
        (float("nan"), None),
        ([35], None),
        (10**400, None),
    ],
)
def test_a_number_is_read_if_it_is_in_the_range(value, expected):
    read = FIVES.read(value)

    assert read == expected
    assert type(read) is type(expected)


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e6), st.integers(1, 400), st.floats(0, 1))
@example(262_144.0, 0.01, 91, 1.0)  # the highest of 262144 to 262144.91 was 262144.9
def test_a_shown_number_is_shown_again(low, step, steps, share):
    scale = Scale(low, low + steps * step, step)

    shown = scale.value(share)

    assert scale.value(scale.share(shown)) == shown
    assert abs(scale.share(shown) - share) <= 0.5 / steps + 1e-6

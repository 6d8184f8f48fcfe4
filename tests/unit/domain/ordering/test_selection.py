"""The score of a task is its place in the queue."""

from hypothesis import given
from hypothesis import strategies as st

from labelloop.domain.ordering.selection import PLACED_BELOW, score_of


def test_as_a_percentage_a_score_is_the_place_in_the_queue():
    assert [f"{score_of(place, 1_000):.2%}" for place in (1, 37, 1_000)] == [
        "0.01%",
        "0.37%",
        "10.00%",
    ]


@given(size=st.integers(1, 100_000), place=st.integers(1, 99_999))
def test_a_place_is_before_the_next_one_and_before_all_tasks_without_a_place(size, place):
    here, there = score_of(min(place, size), size), score_of(min(place, size) + 1, size)

    assert 0 < here < there - 1e-7
    assert there <= PLACED_BELOW

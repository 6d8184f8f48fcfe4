"""The random share: nobody chooses it, and everybody gets to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelloop.domain.ordering.random_share import (
    are_random,
    in_random_order,
    interleave,
    is_random,
    labels_since,
)

_IDS = st.lists(st.integers(1, 10**9), unique=True, max_size=60)


def test_about_a_tenth_of_the_tasks_is_random():
    share = are_random(range(20_000), "salt").mean()

    assert 0.09 < share < 0.11


@given(st.integers(0, 2**63 - 1), st.text(max_size=9))
def test_one_task_is_random_as_it_is_among_others(task, key):
    assert is_random(task, key) == are_random([1, task, 2], key)[1]


def test_another_salt_is_another_share():
    first, second = (set(in_random_order(range(2_000), s)) for s in ("one", "two"))

    assert len(first & second) < 0.3 * len(first)


def test_the_random_order_is_not_the_order_of_ids_and_never_changes():
    order = in_random_order(range(5_000), "salt")

    assert order != sorted(order)
    assert in_random_order(range(4_999, -1, -1), "salt") == order


def test_a_task_that_leaves_moves_no_other():
    order = in_random_order(range(5_000), "salt")

    assert in_random_order([t for t in range(5_000) if t != order[3]], "salt") == [
        task for task in order if task != order[3]
    ]


def test_every_tenth_place_is_a_random_task():
    queue = list(interleave(range(100, 127), range(3)))

    assert [queue.index(task) for task in range(3)] == [9, 19, 29]
    assert [task for task in queue if task >= 100] == list(range(100, 127))


@pytest.mark.parametrize(("since", "first"), [(0, 9), (1, 8), (8, 1), (9, 0), (10, 0), (500, 0)])
def test_places_are_counted_on_from_the_last_random_label(since, first):
    queue = list(interleave(range(100, 127), range(2), since=since))

    assert [queue.index(task) for task in range(2)] == [first, first + 10]


def test_labels_are_counted_since_the_last_random_one():
    fair = next(task for task in range(100) if is_random(task, "salt"))
    others = [task for task in range(100) if not is_random(task, "salt")]

    assert labels_since([], "salt") == 0
    assert labels_since(others[:3], "salt") == 3
    assert labels_since([*others[:3], fair], "salt") == 0
    assert labels_since([fair, *others[:4], fair, *others[4:6]], "salt") == 2


@given(_IDS, st.integers(2, 12), st.integers(0, 30))
def test_each_task_is_served_once_whichever_kind_runs_out(tasks, every, since):
    middle = len(tasks) // 3

    queue = list(interleave(tasks[middle:], tasks[:middle], every, since))

    assert sorted(queue) == sorted(tasks)

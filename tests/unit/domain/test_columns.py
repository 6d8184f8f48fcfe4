"""Columns: rows stay together whatever is done with them, and what does not fit is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from labelloop.domain.columns import Columns, Ragged, joined, starts_of

LISTS = [[3, 1, 4], [], [1, 5], [9]]


def ragged_of(lists: list[list[int]]) -> Ragged:
    """Return rows of ids, beside which stands a tenth of each."""
    ids = np.array([one for some in lists for one in some], np.uint32)
    tenths = (ids / 10).astype(np.float32)
    return Ragged({"ids": ids, "tenths": tenths}, starts_of([len(some) for some in lists]))


def lists_of(ragged: Ragged | None) -> list[list[int]]:
    assert ragged is not None
    assert ragged.arrays["tenths"] == pytest.approx(ragged.arrays["ids"] / 10)
    ends = zip(ragged.starts, ragged.starts[1:], strict=False)
    return [ragged.arrays["ids"][start:end].tolist() for start, end in ends]


def columns_of(lists: list[list[int]], first: int = 0) -> Columns:
    """Return a ragged block and two dense ones, numbered from `first` on."""
    places = np.arange(first, first + len(lists))
    pairs = np.stack([places, -places], axis=1).astype(np.float32)
    return Columns(len(lists), {"bags": ragged_of(lists), "pairs": pairs, "place": places})


def places_of(columns: Columns) -> list[int]:
    return dense(columns, "place").tolist()


def dense(columns: Columns, name: str) -> NDArray:
    found = columns.array(name)
    assert found is not None
    return found


def test_blocks_are_found_by_name_and_kind():
    columns = columns_of(LISTS)

    assert len(columns) == 4
    assert dense(columns, "pairs").shape == (4, 2)
    assert lists_of(columns.ragged("bags")) == LISTS
    assert [columns.array(name) for name in ("bags", "else")] == [None, None]
    assert [columns.ragged(name) for name in ("pairs", "else")] == [None, None]


@pytest.mark.parametrize("rows", [[], [2], [3, 0], [1, 1], [2, 1, 0, 3, 2]])
def test_rows_are_taken_together_in_the_order_asked_for_and_as_often(rows):
    taken = columns_of(LISTS).take(rows)

    assert len(taken) == len(rows)
    assert lists_of(taken.ragged("bags")) == [LISTS[row] for row in rows]
    assert places_of(taken) == rows
    assert dense(taken, "pairs").tolist() == [[row, -row] for row in rows]


@given(
    lists=st.lists(st.lists(st.integers(0, 9), max_size=4), min_size=1, max_size=6),
    data=st.data(),
)
def test_taking_twice_is_taking_once(lists, data):
    ragged = ragged_of(lists)
    some = data.draw(st.lists(st.integers(0, len(lists) - 1), min_size=1, max_size=6))
    of_some = data.draw(st.lists(st.integers(0, len(some) - 1), max_size=6))

    twice = ragged.take(some).take(of_some)

    assert len(twice) == len(of_some)
    assert lists_of(twice) == lists_of(ragged.take([some[row] for row in of_some]))


def test_rows_are_taken_from_the_end_as_from_an_array():
    columns = columns_of(LISTS)

    taken = columns.take([-1, 0, -2])

    assert lists_of(taken.ragged("bags")) == [[9], [3, 1, 4], [1, 5]]
    assert places_of(taken) == [3, 0, 2]


def test_the_dtypes_of_blocks_stay():
    taken = columns_of(LISTS).take([2, 0])
    both = joined([taken, columns_of(LISTS)])

    for columns in (taken, both):
        bags = columns.ragged("bags")
        assert bags is not None
        assert bags.arrays["ids"].dtype == np.uint32
        assert bags.starts.dtype == np.int64
        assert dense(columns, "pairs").dtype == np.float32


def test_only_the_blocks_asked_for_are_left_and_their_rows_with_them():
    some = columns_of(LISTS).only({"bags", "place", "else"})

    assert set(some.blocks) == {"bags", "place"}
    assert lists_of(some.ragged("bags")) == LISTS
    assert len(columns_of(LISTS).only(())) == 4


def test_parts_are_put_behind_each_other():
    parts = [columns_of(LISTS[:1]), columns_of(LISTS[1:3], first=1), columns_of(LISTS[3:], first=3)]

    whole = joined(parts)

    assert len(whole) == 4
    assert lists_of(whole.ragged("bags")) == LISTS
    assert places_of(whole) == [0, 1, 2, 3]
    assert dense(whole, "pairs").tolist() == dense(columns_of(LISTS), "pairs").tolist()


def test_a_part_without_rows_adds_none_and_takes_no_block_away():
    whole = joined([Columns(0, {}), columns_of(LISTS), Columns(0, {"other": np.empty((0, 7))})])

    assert set(whole.blocks) == {"bags", "pairs", "place"}
    assert lists_of(whole.ragged("bags")) == LISTS


def test_parts_that_are_all_empty_are_the_first_of_them():
    first = columns_of(LISTS).take([])

    whole = joined([first, Columns(0, {})])

    assert len(whole) == 0
    assert set(whole.blocks) == {"bags", "pairs", "place"}


def test_of_parts_with_different_blocks_the_common_ones_are_left():
    whole = joined([columns_of(LISTS), columns_of(LISTS[:2]).only({"place", "bags"})])

    assert set(whole.blocks) == {"bags", "place"}
    assert len(whole) == 6
    assert lists_of(whole.ragged("bags")) == [*LISTS, *LISTS[:2]]


def test_a_part_alone_is_itself():
    columns = columns_of(LISTS)

    assert joined([columns]) is columns


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_row_is_finite_if_all_its_numbers_in_dense_blocks_are(bad):
    columns = columns_of(LISTS)
    dense(columns, "pairs")[2, 1] = bad
    deep = np.ones((4, 2, 3))
    deep[0, 1, 2] = bad

    assert columns.are_finite().tolist() == [True, True, False, True]
    more = {"deep": deep, "flat": np.array([0.0, bad, 0.0, 0.0])}
    deeper = Columns(4, {**columns.blocks, **more})
    assert deeper.are_finite().tolist() == [False, False, False, True]


def test_blocks_that_hold_no_fractions_are_always_finite():
    columns = Columns(2, {"names": np.array(["a", "nan"]), "counts": np.array([1, 2])})

    assert columns.are_finite().tolist() == [True, True]
    assert Columns(2, {}).are_finite().tolist() == [True, True]


@pytest.mark.parametrize("shape", [(0,), (0, 3), (0, 2, 3)])
def test_of_no_rows_none_is_finite_or_not(shape):
    assert Columns(0, {"vectors": np.empty(shape, np.float32)}).are_finite().shape == (0,)


@pytest.mark.parametrize("lists", [LISTS, [], [[]]], ids=["some", "none", "an empty one"])
def test_what_is_stored_comes_back_as_it_was(lists):
    columns = columns_of(lists)

    again = Columns.from_arrays(len(lists), columns.to_arrays())

    assert (len(again), set(again.blocks)) == (len(lists), set(columns.blocks))
    assert lists_of(again.ragged("bags")) == lists
    for name in ("pairs", "place"):
        assert dense(again, name).dtype == dense(columns, name).dtype
        assert dense(again, name).tolist() == dense(columns, name).tolist()


def test_ragged_blocks_whose_names_begin_alike_are_stored_apart():
    columns = Columns(2, {"bag": ragged_of([[1], [2, 3]]), "bags": ragged_of([[4, 5], []])})

    again = Columns.from_arrays(2, columns.to_arrays())

    assert lists_of(again.ragged("bag")) == [[1], [2, 3]]
    assert lists_of(again.ragged("bags")) == [[4, 5], []]


def test_columns_without_blocks_are_stored_as_nothing():
    assert Columns(3, {}).to_arrays() == {}
    assert len(Columns.from_arrays(3, {})) == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"place": np.arange(3)},
        {"pairs": np.ones((5, 2))},
        {"bags.lengths": np.array([3, 0, 3])},
        {"bags.lengths": np.array([3, 0, 2, 1, 0])},
        {"bags.lengths": np.array([3, 0, 2, 2])},
        {"bags.ids": np.arange(5)},
        {"bags.tenths": np.arange(7)},
    ],
    ids=range(7),
)
def test_arrays_that_do_not_fit_so_many_rows_are_refused(changed):
    arrays = columns_of(LISTS).to_arrays()

    with pytest.raises(ValueError, match=r"don't fit|not a row"):
        Columns.from_arrays(4, arrays | changed)


def test_a_ragged_block_without_its_lengths_is_refused():
    arrays = columns_of(LISTS).to_arrays()
    del arrays["bags.lengths"]

    with pytest.raises(KeyError):
        Columns.from_arrays(4, arrays)

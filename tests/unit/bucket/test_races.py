"""Whoever loses a race decides anew, on what the winner wrote."""

import pytest

from labelloop.bucket.races import swapped, won
from labelloop.errors import Conflict, Outpaced


class Counter:
    """A number that others raise by ten, so many times, just before it is written."""

    def __init__(self, others: int) -> None:
        self.number, self.others = 0, others

    def read(self) -> int:
        return self.number

    def write(self, after: int, to: int) -> None:
        if self.others:
            self.others -= 1
            self.number += 10
        if self.number != after:
            raise Conflict("somebody else wrote first")
        self.number = to


def test_a_lost_race_is_decided_on_what_the_winner_wrote():
    counter = Counter(others=2)

    swap = swapped(counter.read, lambda number: number + 1, counter.write, "the number")

    assert (swap.after, swap.to, counter.number) == (20, 21, 21)


def test_where_nothing_is_to_be_written_nothing_is():
    counter = Counter(others=1)

    swap = swapped(counter.read, lambda _: None, counter.write, "the number")

    assert (swap.after, swap.to, counter.others) == (0, None, 1)


def test_who_never_wins_gives_up_and_says_over_what():
    counter = Counter(others=1_000)

    with pytest.raises(Outpaced, match="lost 12 races for the number"):
        swapped(counter.read, lambda number: number + 1, counter.write, "the number")


def test_only_a_lost_race_is_run_again():
    attempts = []

    def attempt() -> None:
        attempts.append(1)
        raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        won(attempt, "the number")
    assert len(attempts) == 1

"""What parts of a pool bring to the queue."""

import io

import numpy as np
import pytest
from labelloop.domain.learning.features import Features

from labelloop.domain.ordering.candidates import Candidates, merged, worth_a_place
from labelloop.domain.ordering.random_share import are_random
from labelloop.domain.ordering.selection import margin
from labelloop.recipes.text_choices.terms import bags_of
from labelloop.usecases.ordering.order import queue_of

SALT = "38.1"
SIZES = (5_000, 3_000, 400)


def part_of(first: int, size: int) -> Candidates:
    """Return tasks with margins of all sizes, as many of each."""
    rng = np.random.default_rng(first)
    sure = rng.permutation(size) / size
    shares = np.stack([0.5 + sure / 2, 0.5 - sure / 2], axis=1)
    vectors = rng.standard_normal((size, 8)).astype(np.float32)
    features = Features(bags_of([""] * size), vectors)
    return Candidates(np.arange(first, first + size), shares, features)


@pytest.fixture
def found() -> Candidates:
    """Return what three parts of a pool bring to a queue of 100."""
    firsts = np.cumsum((1, *SIZES[:-1])).tolist()
    parts = [part_of(*part) for part in zip(firsts, SIZES, strict=True)]
    return merged([worth_a_place(part, 100, len(parts), SALT) for part in parts])


def test_each_part_is_in_the_sample_in_proportion_to_its_size(found):
    sampled = found.tasks[found.is_sampled(SALT) & ~are_random(found.tasks, SALT)]

    counts = np.histogram(sampled, [0, 5_001, 8_001, 8_401])[0]

    shares = counts / SIZES
    assert shares.max() < 1.2 * shares.min()
    assert counts.sum() > 2_500


def test_the_sample_is_fair(found):
    is_sampled = found.is_sampled(SALT) & ~are_random(found.tasks, SALT)

    assert margin(found.probabilities[is_sampled]).mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("strategy", ["random", "typical", "core_set"])
def test_who_does_not_look_at_margins_is_not_served_the_unsure_ones(found, strategy):
    rows = [row for row, _ in queue_of(found, Features(bags_of([])), strategy, 300, SALT)]

    assert margin(found.probabilities[rows]).mean() == pytest.approx(0.5, abs=0.06)


def test_the_most_unsure_tasks_of_all_are_there(found):
    rows = [row for row, _ in queue_of(found, Features(bags_of([])), "margin", 100, SALT)]

    chosen = ~are_random(found.tasks[rows], SALT)
    assert margin(found.probabilities[rows])[chosen].max() < 0.02


def test_a_small_pool_comes_whole():
    found = worth_a_place(part_of(1, 5_000), 1_000, 1, SALT)

    assert found.is_sampled(SALT).all()
    assert len(found) == 5_000 - are_random(np.arange(1, 5_001), SALT).sum() + 200


def test_a_part_tells_how_far_its_sample_goes_and_an_older_one_goes_for_whole(found):
    again = Candidates.from_bytes(found.to_bytes())
    with np.load(io.BytesIO(found.to_bytes())) as file:
        older = {name: array for name, array in file.items() if name != "sampled_to"}
    body = io.BytesIO()
    np.savez(body, **older)

    assert again.sampled_to == found.sampled_to < 1
    assert Candidates.from_bytes(body.getvalue()).sampled_to == 1


def test_a_part_with_the_answers_of_a_committee_is_read_without_them(found):
    """They were kept for a strategy that went; the part may be scored before an update."""
    with np.load(io.BytesIO(found.to_bytes())) as file:
        older = dict(file) | {"committee": np.ones((2, len(found), 2), np.float32)}
    body = io.BytesIO()
    np.savez(body, **older)

    again = Candidates.from_bytes(body.getvalue())

    assert (again.tasks == found.tasks).all()
    assert (again.probabilities == found.probabilities).all()

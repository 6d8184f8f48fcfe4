"""Vectors stretched along what a pool's texts differ in."""

import numpy as np
import pytest

from labelloop.recipes.text.stretch import stretch_of


def test_what_texts_differ_in_much_grows_and_what_they_hardly_differ_in_shrinks():
    vectors = np.random.default_rng(0).standard_normal((500, 3)) * [3, 1, 0.1]

    spread = (vectors @ stretch_of(vectors)).std(axis=0)

    assert spread[0] > 3
    assert spread[2] < 0.1


def test_how_much_texts_differ_in_all_stays_the_same():
    vectors = np.random.default_rng(0).standard_normal((500, 3)) * [3, 1, 0.1]

    stretched = vectors @ stretch_of(vectors)

    assert stretched.var(axis=0).sum() == pytest.approx(vectors.var(axis=0).sum())

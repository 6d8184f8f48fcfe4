"""Vectors as seen from a centre: what all share is gone, what is on it is nowhere."""

import numpy as np
import pytest
from labelloop.domain.learning.features import CLOSEST, centred


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_what_all_vectors_share_tells_none_apart():
    own = unit(np.random.default_rng(0).standard_normal((200, 16)))
    alike = unit(own + 4 * np.eye(16)[0])  # of a language that the encoder does not know

    seen = centred(alike, alike.mean(axis=0))

    assert (alike @ alike.T).min() > 0.7
    assert np.abs(seen.mean(axis=0)).max() < 0.1
    assert np.linalg.norm(seen, axis=1) == pytest.approx(np.ones(200), abs=1e-5)


def test_what_is_nobody_stays_nobody():
    vectors = np.array([[0, 0], [1, 0]], np.float32)

    assert centred(vectors, np.array([0.5, 0.5]))[0].tolist() == [0, 0]


def test_what_is_on_the_centre_is_not_blown_up_from_rounding():
    vectors = unit(np.array([[1, 1e-6], [1, -1e-6], [1, 1e-7]]))

    seen = centred(vectors, vectors.mean(axis=0))

    assert np.linalg.norm(seen, axis=1).max() < 1e-5 / CLOSEST


def test_no_vectors_are_no_rows():
    assert centred(np.empty((0, 3), np.float32), np.zeros(3)).shape == (0, 3)

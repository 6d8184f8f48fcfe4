"""Which texts of a pool are the same, and which of them counts."""

import numpy as np
import pytest

from labelloop.domain.ordering.unlabelled import Pool, unlabelled


def unit(n: int, dimensions: int = 384) -> np.ndarray:
    vectors = np.random.default_rng(0).standard_normal((n, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def repeats_of(vectors: np.ndarray, order: np.ndarray, labelled: int = 0) -> list[int]:
    """Return the ids of the repeats; ids are rows of `vectors`, the last of them labelled."""
    first_labelled = len(vectors) - labelled
    order = order[order < first_labelled]
    pool = Pool(order, vectors[order], vectors[first_labelled:])
    return sorted(order[unlabelled(pool).repeats].tolist())


def test_no_text_of_a_large_pool_is_taken_for_another():
    assert repeats_of(unit(20_000), np.arange(20_000)) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_text_whose_vector_differs_in_its_last_bits_is_a_repeat_in_any_order(seed):
    rng, once = np.random.default_rng(seed), unit(5_000)
    noise = 1e-7 * rng.standard_normal(once.shape)
    twice = np.concatenate([once, (once + noise).astype(np.float32)])

    assert repeats_of(twice, rng.permutation(10_000)) == list(range(5_000, 10_000))


def test_of_equal_texts_a_labelled_one_counts():
    twice = np.tile(unit(50), (2, 1))

    assert repeats_of(twice, np.arange(100), labelled=50) == list(range(50))

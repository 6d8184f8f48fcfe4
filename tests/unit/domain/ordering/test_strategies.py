"""One contract for every strategy, and what sets each apart."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelloop.domain.ordering.selection import margin
from labelloop.domain.ordering.strategies import DEFAULT, STRATEGIES, select
from labelloop.domain.ordering.unlabelled import Pool, sketches
from labelloop.recipes.text_choices.terms import bags_of

every_strategy = pytest.mark.parametrize("name", STRATEGIES)


def pool_of(n: int, classes: int = 3, labelled: int = 0, seed: int = 0) -> Pool:
    """Return tasks in a few clumps, with a model that knows so many classes (0: no model)."""
    rng = np.random.default_rng(seed)
    clumps = rng.standard_normal((4, 8))
    vectors = clumps[rng.integers(0, 4, n)] + 0.3 * rng.standard_normal((n, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    is_labelled = np.zeros(n, bool)
    is_labelled[rng.permutation(n)[:labelled]] = True
    rows = rng.dirichlet(np.ones(classes), n) if classes else None
    return Pool(np.arange(100, 100 + n), vectors.astype(np.float32), is_labelled, rows)


def permuted(pool: Pool, order: np.ndarray) -> Pool:
    return Pool(
        pool.tasks[order],
        pool.vectors[order],
        pool.is_labelled[order],
        None if pool.probabilities is None else pool.probabilities[order],
    )


@every_strategy
@settings(max_examples=25)
@given(
    n=st.integers(0, 60),
    share=st.floats(0, 1),
    classes=st.integers(0, 4),
    k=st.integers(0, 80),
    seed=st.integers(0, 1_000),
)
def test_a_queue_holds_each_unlabelled_task_at_most_once(name, n, share, classes, k, seed):
    pool = pool_of(n, classes, int(n * share), seed)

    queue = select(name, pool, k, seed)

    assert len(queue) == min(k, n - pool.is_labelled.sum())
    assert len(set(queue.tolist())) == len(queue)
    assert not pool.is_labelled[queue].any()


@every_strategy
@settings(max_examples=15)
@given(labelled=st.integers(0, 50), seed=st.integers(0, 1_000))
def test_the_order_of_the_pool_changes_nothing(name, labelled, seed):
    pool = pool_of(80, labelled=labelled, seed=seed)
    order = np.random.default_rng(seed).permutation(80)

    queue = pool.tasks[select(name, pool, 20, 7)]

    shuffled = permuted(pool, order)
    assert shuffled.tasks[select(name, shuffled, 20, 7)].tolist() == queue.tolist()


@every_strategy
def test_the_same_seed_gives_the_same_queue(name):
    pool = pool_of(200, labelled=40)

    assert select(name, pool, 50, 3).tolist() == select(name, pool, 50, 3).tolist()


@every_strategy
def test_an_empty_pool_and_one_labelled_to_the_end_give_no_queue(name):
    assert not len(select(name, pool_of(0), 10, 0))
    assert not len(select(name, pool_of(5, labelled=5), 10, 0))


@every_strategy
def test_one_known_class_is_no_obstacle(name):
    assert len(select(name, pool_of(50, classes=1, labelled=5), 10, 0)) == 10


@every_strategy
def test_a_task_whose_numbers_are_not_finite_is_never_chosen(name):
    pool = pool_of(30, labelled=3)
    left = np.flatnonzero(~pool.is_labelled)
    pool.vectors[left[0]] = np.nan
    rows = np.full((30, 3), 1 / 3)
    rows[left[1]] = np.inf
    pool = replace(pool, probabilities=rows)

    queue = select(name, pool, 30, 0)

    assert set(queue.tolist()) == set(left[2:].tolist())
    pool.vectors[:] = np.nan
    assert not len(select(name, pool, 30, 0))


@every_strategy
def test_a_text_that_is_there_twice_comes_behind_all_others(name):
    pool = pool_of(30)
    pool.vectors[7] = pool.vectors[5]
    pool.is_labelled[9] = True
    pool.vectors[20] = pool.vectors[9]

    queue = select(name, pool, 30, 0)

    assert set(queue[-2:].tolist()) == {7, 20}


@every_strategy
def test_repeats_of_labelled_texts_are_served_when_nothing_else_is_left(name):
    pool = pool_of(4, labelled=1)
    pool.vectors[:] = pool.vectors[0]

    assert len(select(name, pool, 4, 0)) == 3


@every_strategy
def test_a_task_listed_twice_is_served_once(name):
    pool = pool_of(30)
    pool.tasks[7] = pool.tasks[5]

    assert len(select(name, pool, 30, 0)) == 29


@every_strategy
def test_texts_that_are_all_the_same_are_no_error(name):
    pool = pool_of(20)
    pool.vectors[:] = pool.vectors[0]

    assert sorted(select(name, pool, 20, 0).tolist()) == list(range(20))


@pytest.mark.parametrize("name", ["margin", "least_confidence", "entropy"])
def test_the_least_sure_task_is_first(name):
    rows = np.tile([0.9, 0.06, 0.04], (40, 1))
    rows[17] = [0.34, 0.33, 0.33]

    assert select(name, replace(pool_of(40), probabilities=rows), 1, 0)[0] == 17


def test_the_typical_first_batch_meets_every_clump():
    rng = np.random.default_rng(0)
    clump = np.repeat(np.arange(5), [60, 60, 60, 10, 10])
    vectors = (np.eye(5, 8)[clump] + 0.05 * rng.standard_normal((200, 8))).astype(np.float32)
    pool = Pool(np.arange(200), vectors, np.zeros(200, bool))

    first = select("typical", pool, 10, 0)

    assert set(clump[first]) == set(range(5))


def test_the_default_is_typical_first_and_unsure_later():
    early, late = pool_of(200, labelled=29), pool_of(200, labelled=30)

    assert (select(DEFAULT, early, 9, 0) == select("typical", early, 9, 0)).all()
    assert (select(DEFAULT, late, 9, 0) == select("margin_clusters", late, 9, 0)).all()


def test_many_classes_stay_typical_longer():
    pool = pool_of(300, classes=40, labelled=79)

    assert (select(DEFAULT, pool, 9, 0) == select("typical", pool, 9, 0)).all()


def test_rare_classes_do_not_prolong_the_typical_start():
    pool = pool_of(300, classes=40, labelled=79)
    shares = np.full((300, 40), 0.001)
    shares[:, 0] = np.linspace(0.3, 0.7, 300)
    shares[:, 1] = 1 - shares.sum(axis=1) + shares[:, 1]
    common = replace(pool, probabilities=shares)

    assert (select(DEFAULT, common, 9, 0) == select("margin_clusters", common, 9, 0)).all()


@pytest.mark.parametrize("name", ["random", "typical", "core_set", DEFAULT])
def test_who_must_see_all_tasks_sees_a_fair_sample_first(name):
    is_sampled = np.arange(200) % 4 == 0
    pool = replace(pool_of(200, labelled=20), is_sampled=is_sampled)
    size = (is_sampled & ~pool.is_labelled).sum()

    queue = select(name, pool, 200, 0)

    assert is_sampled[queue].tolist() == [True] * size + [False] * (180 - size)


def test_classes_are_counted_in_the_sample():
    pool = pool_of(300, classes=40, labelled=79)
    assert pool.probabilities is not None
    pool.probabilities[:100] = np.eye(40)[0]
    pool = replace(pool, is_sampled=np.arange(300) < 100)

    assert (select(DEFAULT, pool, 9, 0) == select("margin_clusters", pool, 9, 0)).all()


def test_a_sample_of_repeats_alone_is_none():
    pool = pool_of(30)
    pool.vectors[7] = pool.vectors[5]
    sampled = replace(pool, is_sampled=np.arange(30) == 7)

    assert (select("typical", sampled, 9, 0) == select("typical", pool, 9, 0)).all()


def test_a_batch_by_margin_and_clusters_asks_in_every_clump_of_doubt():
    rng = np.random.default_rng(0)
    clump = rng.integers(0, 5, 100)
    vectors = (np.eye(5, 8)[clump] + 0.02 * rng.standard_normal((100, 8))).astype(np.float32)
    rows = np.full((100, 2), 0.5)
    pool = Pool(np.arange(100), vectors, np.zeros(100, bool), rows)

    assert set(clump[select("margin_clusters", pool, 10, 0)]) == set(range(5))


def test_of_a_small_pool_only_the_unsure_part_is_asked():
    pool = pool_of(100, classes=2)

    first = select("margin_clusters", pool, 1, 0)

    assert gaps_of(pool)[first[0]] <= np.sort(gaps_of(pool))[9]


def test_far_down_the_queue_the_order_is_by_margin():
    pool = pool_of(300, classes=2)

    tail = gaps_of(pool)[select("margin_clusters", pool, 200, 0)][100:]

    assert (np.diff(tail) >= 0).all()


def gaps_of(pool: Pool) -> np.ndarray:
    assert pool.probabilities is not None
    return margin(pool.probabilities)


def test_a_core_set_goes_far_from_what_is_labelled():
    vectors = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]] + np.array([[0], [0.01], [0], [0.02]])
    pool = Pool(np.arange(4), vectors.astype(np.float32), np.array([True, False, False, False]))

    assert set(select("core_set", pool, 2, 0)) == {2, 3}


def test_sketches_of_like_texts_are_alike():
    texts = ["the train to London is late", "a train to London", "goals in the second half", ""]

    vectors = sketches(bags_of(texts))

    assert vectors.shape[0] == 4
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 0], abs=1e-5)
    assert vectors[0] @ vectors[1] > 0.3 > vectors[0] @ vectors[2]


def test_sketches_of_no_texts_are_no_rows():
    assert len(sketches(bags_of([]))) == 0

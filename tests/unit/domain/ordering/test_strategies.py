"""One contract for every strategy, and what sets each apart."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelloop.domain.ordering.strategies import DEFAULT, STRATEGIES, select
from labelloop.domain.ordering.unlabelled import SelectionInput
from labelloop.recipes.text.probabilities import margin
from labelloop.recipes.text_choices.measure import ChoiceReading

every_strategy = pytest.mark.parametrize("name", STRATEGIES)


def pool_of(n: int, classes: int = 3, labelled: int = 0, seed: int = 0) -> SelectionInput:
    """Return n tasks in a few clumps, so many of them labelled already.

    `classes`: how many a model knows, 0: no model.
    """
    rng = np.random.default_rng(seed)
    clumps = rng.standard_normal((4, 8))
    vectors = clumps[rng.integers(0, 4, n)] + 0.3 * rng.standard_normal((n, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    done, left = np.split(rng.permutation(n), [labelled])
    vectors = vectors.astype(np.float32)
    left = np.sort(left)
    pool = SelectionInput(100 + left, vectors[left], vectors[np.sort(done)])
    return reading(pool, rng.dirichlet(np.ones(classes), n)[left]) if classes else pool


def reading(pool: SelectionInput, probabilities: np.ndarray) -> SelectionInput:
    return replace(pool, reading=ChoiceReading(probabilities))


def probabilities_of(pool: SelectionInput) -> np.ndarray:
    assert pool.reading is not None
    return pool.reading.shares


def unlabelled(vectors: np.ndarray) -> SelectionInput:
    vectors = vectors.astype(np.float32)
    return SelectionInput(np.arange(len(vectors)), vectors, vectors[:0])


def permuted(pool: SelectionInput, order: np.ndarray) -> SelectionInput:
    return replace(
        pool,
        tasks=pool.tasks[order],
        vectors=pool.vectors[order],
        reading=None if pool.reading is None else pool.reading.take(order),
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

    assert len(queue) == min(k, n - int(n * share))
    assert len(set(queue.tolist())) == len(queue)
    assert set(queue.tolist()) <= set(range(n - int(n * share)))


@every_strategy
@settings(max_examples=15)
@given(labelled=st.integers(0, 50), seed=st.integers(0, 1_000))
def test_the_order_of_the_pool_changes_nothing(name, labelled, seed):
    pool = pool_of(80, labelled=labelled, seed=seed)
    order = np.random.default_rng(seed).permutation(80 - labelled)

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
    pool.vectors[0] = np.nan
    rows = np.full((27, 3), 1 / 3)
    rows[1], rows[2, 1] = np.inf, np.nan
    pool = reading(pool, rows)

    queue = select(name, pool, 30, 0)

    assert set(queue.tolist()) == set(range(3, 27))
    pool.vectors[:] = np.nan
    assert not len(select(name, pool, 30, 0))


@every_strategy
def test_a_labelled_task_whose_numbers_are_not_finite_is_left_out(name):
    pool = pool_of(30, labelled=3)
    odd = replace(pool, labelled=np.insert(pool.labelled, 1, np.nan, axis=0))

    assert select(name, odd, 30, 0).tolist() == select(name, pool, 30, 0).tolist()


@every_strategy
def test_a_text_that_is_there_twice_comes_behind_all_others(name):
    pool = pool_of(30, labelled=1)
    pool.vectors[7] = pool.vectors[5]
    pool.vectors[20] = pool.labelled[0]

    queue = select(name, pool, 30, 0)

    assert set(queue[-2:].tolist()) == {7, 20}


@every_strategy
def test_repeats_of_labelled_texts_are_served_when_nothing_else_is_left(name):
    pool = pool_of(4, labelled=1)
    pool.vectors[:] = pool.labelled[0]

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

    assert select(name, reading(pool_of(40), rows), 1, 0)[0] == 17


def test_the_typical_first_batch_meets_every_clump():
    rng = np.random.default_rng(0)
    clump = np.repeat(np.arange(5), [60, 60, 60, 10, 10])
    vectors = np.eye(5, 8)[clump] + 0.05 * rng.standard_normal((200, 8))

    first = select("typical", unlabelled(vectors), 10, 0)

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
    shares = np.full((221, 40), 0.001)
    shares[:, 0] = np.linspace(0.3, 0.7, 221)
    shares[:, 1] = 1 - shares.sum(axis=1) + shares[:, 1]
    common = reading(pool, shares)

    assert (select(DEFAULT, common, 9, 0) == select("margin_clusters", common, 9, 0)).all()


@pytest.mark.parametrize("name", ["random", "typical", "core_set", DEFAULT])
def test_who_must_see_all_tasks_sees_a_fair_sample_first(name):
    is_sampled = np.arange(180) % 4 == 0
    pool = replace(pool_of(200, labelled=20), is_sampled=is_sampled)

    queue = select(name, pool, 200, 0)

    assert is_sampled[queue].tolist() == [True] * 45 + [False] * 135


def test_classes_are_counted_in_the_sample():
    pool = pool_of(300, classes=40, labelled=79)
    probabilities_of(pool)[:100] = np.eye(40)[0]
    pool = replace(pool, is_sampled=np.arange(221) < 100)

    assert (select(DEFAULT, pool, 9, 0) == select("margin_clusters", pool, 9, 0)).all()


def test_a_sample_of_repeats_alone_is_none():
    pool = pool_of(30)
    pool.vectors[7] = pool.vectors[5]
    sampled = replace(pool, is_sampled=np.arange(30) == 7)

    assert (select("typical", sampled, 9, 0) == select("typical", pool, 9, 0)).all()


def test_a_batch_by_margin_and_clusters_asks_in_every_clump_of_doubt():
    rng = np.random.default_rng(0)
    clump = rng.integers(0, 5, 100)
    vectors = np.eye(5, 8)[clump] + 0.02 * rng.standard_normal((100, 8))
    pool = reading(unlabelled(vectors), np.full((100, 2), 0.5))

    assert set(clump[select("margin_clusters", pool, 10, 0)]) == set(range(5))


def test_of_a_small_pool_only_the_unsure_part_is_asked():
    pool = pool_of(100, classes=2)

    first = select("margin_clusters", pool, 1, 0)

    assert gaps_of(pool)[first[0]] <= np.sort(gaps_of(pool))[9]


def test_far_down_the_queue_the_order_is_by_margin():
    pool = pool_of(300, classes=2)

    tail = gaps_of(pool)[select("margin_clusters", pool, 200, 0)][100:]

    assert (np.diff(tail) >= 0).all()


def gaps_of(pool: SelectionInput) -> np.ndarray:
    return margin(probabilities_of(pool))


def test_a_core_set_goes_far_from_what_is_labelled():
    vectors = np.eye(3)[[0, 0, 1, 2]] + np.array([[0], [0.01], [0], [0.02]])
    labelled = vectors[:1].astype(np.float32)

    pool = replace(unlabelled(vectors[1:]), labelled=labelled)

    assert set(select("core_set", pool, 2, 0)) == {1, 2}

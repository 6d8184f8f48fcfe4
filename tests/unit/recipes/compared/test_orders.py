"""What is learnt of where people place items."""

import numpy as np

from labelloop.recipes.compared.items import Items, features
from labelloop.recipes.compared.orders import learnt
from labelloop.recipes.tools import Toolbox

FRUIT = ("apple", "pear", "plum", "fig")


def ranked(tasks: int) -> tuple[Items, np.ndarray]:
    """Return tasks of all fruit, in turn in another order, and how good people find each."""
    texts = [[f"{fruit} number {n % 5}" for fruit in np.roll(FRUIT, n)] for n in range(tasks)]
    seen = features(texts, [""] * tasks, Toolbox(), None, lambda vectors, _: vectors)
    better = {fruit: place / 3 for place, fruit in enumerate(reversed(FRUIT))}
    return Items.of(seen), np.array([better[text.split()[0]] for task in texts for text in task])


def test_an_order_of_several_items_is_learnt():
    items, standing = ranked(20)

    scores = learnt(items, standing).scorer.scores(items).reshape(20, 4)

    np.testing.assert_array_equal(scores.argsort(axis=1), standing.reshape(20, 4).argsort(axis=1))


def test_scores_out_of_fold_have_not_seen_the_task():
    items, standing = ranked(20)
    turned = standing.copy()
    turned[:4] = 1 - turned[:4]

    own, other = learnt(items, standing).out_of_fold, learnt(items, turned).out_of_fold

    order, others = (np.argsort(scores[:4]) for scores in (own, other))
    np.testing.assert_array_equal(order, others)


def test_ties_teach_nothing_of_each_other():
    items, standing = ranked(12)

    found = learnt(items, np.where(standing == 1, 1.0, 0.0))

    best = found.scorer.scores(items).reshape(12, 4).argmax(axis=1)
    np.testing.assert_array_equal(best, standing.reshape(12, 4).argmax(axis=1))


def test_many_tasks_are_learnt_of_as_well():
    items, standing = ranked(800)  # more rows than a dual solution takes

    found = learnt(items, standing)

    scores = found.scorer.scores(items).reshape(800, 4)
    np.testing.assert_array_equal(scores.argsort(axis=1), standing.reshape(800, 4).argsort(axis=1))

"""A project as it happens: tasks labelled by margin with a random share between, cheaply fitted.

The model is logistic regression on vectors: what the simulations ask about is statistics, and any
model with `fit` and `out_of_fold` of these shapes may take its place.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from labelloop.domain.random_share import is_random
from tests.bench.text_sets import TextSet

# scikit-learn takes 77 classes of 100 rows for numbers.
warnings.filterwarnings("ignore", "The number of unique classes")

FOLDS, START, BATCH, EVERY = 5, 20, 25, 10

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Predict = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Project:
    """Tasks in the order in which they were labelled, and which of the pool are random."""

    data: TextSet
    order: Ints
    random: NDArray[np.bool_]

    @property
    def rest(self) -> Ints:
        """The tasks of the pool that nobody labelled."""
        return np.setdiff1d(np.arange(self.data.pool), self.order)


def fit(vectors: Floats, labels: Ints, classes: int) -> Predict:
    """Return a fitted model: vectors in, probabilities of all classes out."""
    known = np.unique(labels)
    model = LogisticRegression(C=10, class_weight="balanced", max_iter=200, tol=1e-3)
    if len(known) > 1:
        model.fit(vectors, labels)

    def predict(rows: Floats) -> Floats:
        probabilities = np.full((len(rows), classes), 1e-6)
        probabilities[:, known] = model.predict_proba(rows) if len(known) > 1 else 1.0
        normed: Floats = probabilities / probabilities.sum(axis=1, keepdims=True)
        return normed

    return predict


def out_of_fold(vectors: Floats, labels: Ints, tasks: Ints, classes: int) -> Floats:
    """Return each row's probabilities by a model that did not see it; folds by task id."""
    fold = (tasks * 2_654_435_761 % 2**32 >> 16) % FOLDS
    rows = np.zeros((len(labels), classes))
    for held_out in range(FOLDS):
        test = fold == held_out
        if test.any():
            rows[test] = fit(vectors[~test], labels[~test], classes)(vectors[test])
    return rows


def labelled(data: TextSet, size: int, seed: int) -> Project:
    """Label a pool: a random start, then batches by margin, every tenth task a random one."""
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(data.pool)
    random = np.array([is_random(int(task), str(seed)) for task in range(data.pool)])
    queue = [int(task) for task in shuffled if random[task]]
    chosen = [int(task) for task in shuffled if not random[task]][:START]
    order: list[int] = []
    while len(order) < size:
        for task in chosen:
            order.append(task)
            if len(order) % EVERY == EVERY - 1:
                order.append(queue.pop(0))
        chosen = _batch(data, order, random, rng)
    return Project(data, np.array(order[:size]), random)


def _batch(
    data: TextSet, order: list[int], random: NDArray[np.bool_], rng: np.random.Generator
) -> list[int]:
    """Return unsure tasks, a random part of them, as a stand-in for diversity."""
    model = fit(data.vectors[order], data.labels[order], data.classes)
    top = np.partition(model(data.vectors[: data.pool]), -2, axis=1)
    margin = np.where(random, np.inf, top[:, -1] - top[:, -2])
    margin[order] = np.inf
    unsure = np.argsort(margin)[: 10 * BATCH]
    return [int(task) for task in rng.choice(unsure, BATCH, replace=False)]

"""A project as it happens: labelled by margin with a random share between, by the real model."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.ordering.random_share import are_random
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.fitted_model import FittedModel
from labelloop.recipes.text.probabilities import answers_of
from tests.bench.labels import data as sets

START, BATCH, EVERY = 20, 25, 10
LANDMARKS = 1_000

type Floats = NDArray[np.floating]
type Ints = NDArray[np.int64]


@dataclass(frozen=True)
class TextSet:
    """Texts to label come first, `pool` of them; the rest is held out."""

    name: str
    features: Features
    labels: Ints
    pool: int
    names: list[NDArray[np.float32]]  # vectors of the classes' names

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.labels.max()) + 1

    @property
    def known(self) -> list[str]:
        """The classes by names that sort by their number, as the model's classes are sorted."""
        return self.named(np.arange(self.classes))

    def named(self, codes: Ints) -> list[str]:
        """Return classes by their numbers."""
        return [f"{code:04d}" for code in codes.tolist()]

    def answers(self, shares: Floats) -> Answers:
        """Return probabilities of all classes, shape (n, classes), as the gate sees them."""
        return answers_of(shares, self.known)

    @cached_property
    def landmarks(self) -> Features:
        """A sample of the texts to label."""
        drawn = np.random.default_rng(7).permutation(self.pool)[:LANDMARKS]
        return self.features.take(drawn)

    @property
    def held_out(self) -> Ints:
        """The rows to measure with."""
        return np.arange(self.pool, len(self.labels))


def load(names: str = "") -> Iterator[TextSet]:
    """Yield the sets that are there: those named, or all."""
    for found in sets.load(names):
        classes, codes = np.unique(
            np.concatenate([found.pool.labels, found.test.labels]), return_inverse=True
        )
        print(f"{found.name}: {len(classes)} classes", flush=True)
        features = found.pool.joined(found.test).features
        by_class = found.names
        vectors = [by_class[one] for one in classes.tolist()]
        yield TextSet(found.name, features, codes.astype(np.int64), len(found.pool), vectors)


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


class Version:
    """The product's model, trained on some rows of a set: probabilities of all its classes."""

    def __init__(self, data: TextSet, rows: Ints, labels: Ints) -> None:
        self._data = data
        self._only = labels[0] if len(set(labels.tolist())) == 1 else None
        self._shares = np.full((len(rows), data.classes), 1e-6)
        if self._only is not None:
            self._shares[:, self._only] = 1.0
            return
        names = dict(zip(data.known, data.names, strict=True))
        known = data.features.take(rows)
        self._model = FittedModel(known, data.named(labels), data.landmarks, names)
        honest = self._model.model.out_of_fold_
        self._shares = np.where(np.isnan(honest), 1 / data.classes, honest)

    @property
    def out_of_fold(self) -> Floats:
        """What it says of its own rows, each without its label, shape (rows, classes)."""
        return _normed(self._shares)

    def predict(self, rows: Ints) -> Floats:
        """Return probabilities, shape (rows, classes)."""
        if self._only is not None:
            found = np.full((len(rows), self._data.classes), 1e-6)
            found[:, self._only] = 1.0
            return _normed(found)
        return _normed(self._model.predict_proba(self._data.features.take(rows)))

    def accuracy(self) -> float:
        """Return the share of held-out texts that it is right about."""
        rows = self._data.held_out
        return float((self.predict(rows).argmax(axis=1) == self._data.labels[rows]).mean())


def labelled(data: TextSet, size: int, seed: int) -> Project:
    """Label a pool: a random start, then batches by margin, every tenth task a random one.

    Of a pool that is smaller than that, all but the random tasks that no place was left for.
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(data.pool)
    random = are_random(np.arange(data.pool), str(seed))
    queue = [int(task) for task in shuffled if random[task]]
    chosen = [int(task) for task in shuffled if not random[task]][:START]
    order: list[int] = []
    while chosen and len(order) < size:
        for task in chosen:
            order.append(task)
            if queue and len(order) % EVERY == EVERY - 1:
                order.append(queue.pop(0))
        chosen = _batch(data, order, random, rng)
    return Project(data, np.array(order[:size]), random)


def _batch(
    data: TextSet, order: list[int], random: NDArray[np.bool_], rng: np.random.Generator
) -> list[int]:
    """Return unsure tasks, a random part of them, as a stand-in for diversity."""
    rows = np.array(order)
    top = np.partition(
        Version(data, rows, data.labels[rows]).predict(np.arange(data.pool)), -2, axis=1
    )
    margin = np.where(random, np.inf, top[:, -1] - top[:, -2])
    margin[rows] = np.inf
    unsure = np.argsort(margin)[: min(10 * BATCH, np.isfinite(margin).sum())]
    return [int(task) for task in rng.choice(unsure, min(BATCH, len(unsure)), replace=False)]


def _normed(shares: Floats) -> Floats:
    normed: Floats = shares / shares.sum(axis=1, keepdims=True)
    return normed

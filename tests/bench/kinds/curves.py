"""Curves of a finished project, labelled in the product's own order and by its own models."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from labelloop.domain.answers import Answers, Label
from labelloop.domain.columns import Columns
from labelloop.domain.ordering.shortlist import Shortlist
from labelloop.domain.ordering.strategies import DEFAULT, RANDOM
from labelloop.recipes.protocol import Control, Model, Tools
from labelloop.usecases.ordering.order import MOST_LABELLED, queue_of

type Metric = Callable[[Answers, Sequence[Label]], float]
type Baseline = Callable[[NDArray[np.int64]], Mapping[str, float]]  # labelled rows -> metrics
type Floats = NDArray[np.float64]

SIZES: Final = (25, 50, 100, 150, 200, 300, 400, 500)  # labels after which a model is measured
COST: Final = "cost"  # of the labelled tasks: what `Project.cost` counts, as words to read
_FIRST: Final = 10
_BATCH: Final = 25
_MOST_UNLABELLED: Final = 1_500


@dataclass(frozen=True)
class Part:
    """Tasks with their labels, and their features."""

    inputs: Sequence[Any]
    labels: Sequence[Label]
    features: Columns

    @classmethod
    def of(cls, control: Control, inputs: Sequence[Any], labels: Sequence[Label], tools: Tools):
        """Return a part with its features computed."""
        return cls(inputs, labels, control.features(inputs, tools))


@dataclass(frozen=True)
class Project:
    """A pool to label, and a test set that is never in it. `cost`: of each task of the pool."""

    control: Control
    tools: Tools
    pool: Part
    test: Part
    metrics: Mapping[str, Metric]
    cost: Floats | None = None

    def run(self, strategy: str, seed: int, sizes: Sequence[int] = SIZES) -> dict[str, list[float]]:
        """Label in a strategy's order; return each metric's values after so many labels."""
        labelled, model = np.empty(0, np.int64), None
        values: dict[str, list[float]] = {name: [] for name in (*self.metrics, *self._spent([]))}
        steps = sorted({_FIRST, *range(_BATCH, sizes[-1] + 1, _BATCH), *sizes})
        for size in steps:
            free = np.setdiff1d(np.arange(len(self.pool.labels)), labelled)
            features = self.pool.features.take(free)
            shortlist = Shortlist(free, features, model.answer(features) if model else None)
            recent = self.pool.features.take(labelled[-MOST_LABELLED:])
            more = size - len(labelled)
            queue = queue_of(shortlist, recent, self.control, strategy, more, str(seed))
            labelled = np.concatenate([labelled, free[[row for row, _ in queue]]])
            if strategy != RANDOM or size in sizes:
                model = self._model(labelled)
            if size in sizes:
                for name, value in (self._measured(model) | self._spent(labelled)).items():
                    values[name].append(value)
        return values

    def baseline(
        self, baseline: Baseline, seed: int, sizes: Sequence[int] = SIZES
    ) -> dict[str, list[float]]:
        """Return the metrics of another model that learns random tasks."""
        order = np.random.default_rng(seed).permutation(len(self.pool.labels))
        runs = [dict(baseline(order[:size])) | self._spent(order[:size]) for size in sizes]
        return {name: [run[name] for run in runs] for name in runs[0]}

    def _spent(self, rows: Sequence[int] | NDArray[np.int64]) -> dict[str, float]:
        if self.cost is None:
            return {}
        return {COST: float(self.cost[np.asarray(rows, np.int64)].sum())}

    def _model(self, rows: NDArray[np.int64]) -> Model | None:
        labels = [self.pool.labels[row] for row in rows.tolist()]
        if self.control.missing(labels, 0):
            return None
        others = np.setdiff1d(np.arange(len(self.pool.labels)), rows)
        others = np.random.default_rng(len(rows)).permutation(others)[:_MOST_UNLABELLED]
        pool = self.pool.features.take(others)
        return self.control.fit(labels, self.pool.features.take(rows), pool, self.tools)

    def _measured(self, model: Model | None) -> dict[str, float]:
        if model is None:
            return dict.fromkeys(self.metrics, 0.0)
        answers = model.answer(self.test.features)
        return {name: metric(answers, self.test.labels) for name, metric in self.metrics.items()}


@dataclass(frozen=True)
class Curves:
    """Values of one metric by system: shape (seeds, sizes) each."""

    name: str
    sizes: Sequence[int]
    values: Mapping[str, Floats]

    def labels_to(self, system: str, target: float) -> float:
        """Return the labels at which a system's mean curve first reaches a value; inf if never."""
        mean = self.values[system].mean(axis=0)
        reached = np.flatnonzero(mean >= target)
        if not len(reached):
            return float("inf")
        place = int(reached[0])
        if place == 0:
            return float(self.sizes[0])
        low, high = mean[place - 1], mean[place]
        share = (target - low) / (high - low)
        return float(self.sizes[place - 1] + share * (self.sizes[place] - self.sizes[place - 1]))

    def times_fewer(self, system: str, other: str) -> float:
        """Return how many times fewer labels than the other's last size reach its last value."""
        return self.sizes[-1] / self.labels_to(system, float(self.values[other][:, -1].mean()))

    def by(self, cost: "Curves") -> "Curves":
        """Return the curves at the costs that random order has at the sizes."""
        values = {
            system: np.stack(
                [
                    np.interp(*each)
                    for each in zip(cost.values[RANDOM], cost.values[system], rows, strict=True)
                ]
            )
            for system, rows in self.values.items()
        }
        return Curves(f"{self.name}, at equal {cost.name}", self.sizes, values)

    def worst(self, system: str = DEFAULT, other: str = RANDOM) -> float:
        """Return the least of the mean differences of the curves, in their standard errors.

        0 or more where it is nowhere below; below -1 it is behind by more than a standard error.
        """
        apart = self.values[system] - self.values[other]
        errors = apart.std(axis=0, ddof=1) / np.sqrt(len(apart)) if len(apart) > 1 else 0.0
        return float((apart.mean(axis=0) / np.maximum(errors, 1e-9)).min())

    def show(self) -> None:
        """Print the mean curves."""
        table = Table(self.name, *map(str, self.sizes))
        for system, rows in self.values.items():
            table.add_row(system, *(f"{value:.3f}" for value in rows.mean(axis=0)))
        Console(width=120).print(table)


def compared(
    name: str,
    project: Callable[[int], Project],
    baselines: Mapping[str, Callable[[Project], Baseline]],
    seeds: int,
    sizes: Sequence[int] = SIZES,
) -> dict[str, Curves]:
    """Return the curves by metric: the default order, random order, and each baseline.

    `project`: makes the project of a seed, whose pool and test set may be drawn anew.
    """
    runs: dict[str, list[Mapping[str, list[float]]]] = {}
    for seed in range(seeds):
        one = project(seed)
        for strategy in (DEFAULT, RANDOM):
            runs.setdefault(strategy, []).append(one.run(strategy, seed, sizes))
        for system, baseline in baselines.items():
            runs.setdefault(system, []).append(one.baseline(baseline(one), seed, sizes))
    curves = {
        metric: Curves(
            f"{name}, {metric}",
            sizes,
            {system: np.array([run[metric] for run in each]) for system, each in runs.items()},
        )
        for metric in runs[DEFAULT][0]
    }
    for each in curves.values():
        each.show()
    return curves

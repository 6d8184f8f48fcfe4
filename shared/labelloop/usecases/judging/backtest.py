"""Replay a finished project: how many of its labels each strategy would have saved.

All labels are there already, so each task of the queue gets the label that people gave it. Model
and queue are made as for a running project, the random share included. Accuracy is measured on
held-out tasks, which are the same for all strategies.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Label
from labelloop.domain.columns import Columns
from labelloop.domain.intake.events import canonical
from labelloop.domain.judging.labels_to_reach import labels_to_reach
from labelloop.domain.ordering.shortlist import Shortlist
from labelloop.domain.ordering.strategies import RANDOM
from labelloop.errors import Unprocessable
from labelloop.recipes.protocol import Control, Model, Tools
from labelloop.usecases.ordering.order import MOST_LABELLED, queue_of

type Ints = NDArray[np.int64]
type Accuracies = list[float]

LEAST_LABELS: Final = 60
_HELD_OUT, _MOST_HELD_OUT = 1 / 3, 1_000
_MOST_OF_POOL: Final = 1 / 2  # of the pool: once all of it is labelled, all strategies are equal
_BATCHES: Final = (
    (30, 5),
    (50, 10),
    (200, 25),
    (1_000, 50),
    (np.inf, 200),
)  # labels below, and batch size
_MOST_UNLABELLED: Final = 1_500  # tasks without a label that a model may learn from
_AIMED_AT: Final = 1 / 2  # of the labels: from there on random order's accuracy is averaged


@dataclass(frozen=True)
class Replay:
    """A finished project's tasks with the labels that people gave. Unprocessable for too few.

    `tools`: they encode the names of labels at most, as the features are computed already.
    """

    features: Columns
    labels: Sequence[Label]
    control: Control
    tools: Tools

    def __post_init__(self) -> None:
        """Refuse what nothing can be learnt from."""
        distinct = {canonical(label) for label in self.labels}
        if len(distinct) < 2:
            reason = f"all are {self.labels[0]!r}" if distinct else "there is none"
            raise Unprocessable(f"nothing to learn from the labels: {reason}")
        if len(self.labels) < LEAST_LABELS:
            raise Unprocessable(
                f"{len(self.labels)} labelled tasks; a backtest needs {LEAST_LABELS}"
            )

    @property
    def held_out(self) -> int:
        """The number of held-out tasks: never in the queue, used to measure accuracy."""
        return min(_MOST_HELD_OUT, int(len(self.labels) * _HELD_OUT))

    def steps(self, budget: int) -> list[int]:
        """Return the numbers of labels after which a model is trained.

        The last is the budget, or half of the tasks that are not held out if those are fewer.
        """
        pool = len(self.labels) - self.held_out
        most = min(budget, int(pool * _MOST_OF_POOL))
        sizes = [10]
        while sizes[-1] < most:
            step = next(step for until, step in _BATCHES if sizes[-1] < until)
            sizes.append(min(sizes[-1] + step, most))
        return sizes

    def run(self, strategy: str, seed: int, steps: Sequence[int]) -> Accuracies:
        """Label in the order of a strategy; return the accuracy after each step."""
        shuffled = np.random.default_rng(seed).permutation(len(self.labels))
        held_out, pool = shuffled[: self.held_out], shuffled[self.held_out :]
        labelled, model = np.empty(0, np.int64), None
        accuracies = []
        for size in steps:
            free = np.setdiff1d(pool, labelled)
            recent = self.features.take(labelled[-MOST_LABELLED:])
            candidates = self._candidates(free, model)
            more = size - len(labelled)
            queue = queue_of(candidates, recent, self.control, strategy, more, str(seed))
            labelled = np.concatenate([labelled, free[[row for row, _ in queue]]])
            model = self._model(labelled, pool)
            accuracies.append(self._accuracy(model, labelled, held_out))
        return accuracies

    def _candidates(self, rows: Ints, model: Model | None) -> Shortlist:
        features = self.features.take(rows)
        return Shortlist(rows, features, model.answer(features) if model else None)

    def _labels(self, rows: Ints) -> list[Label]:
        return [self.labels[row] for row in rows.tolist()]

    def _model(self, labelled: Ints, pool: Ints) -> Model | None:
        """Return a model, None while nothing can be learnt."""
        labels = self._labels(labelled)
        if self.control.missing(labels, 0):
            return None
        others = self.features.take(pool[~np.isin(pool, labelled)][:_MOST_UNLABELLED])
        return self.control.fit(labels, self.features.take(labelled), others, self.tools)

    def _accuracy(self, model: Model | None, labelled: Ints, held_out: Ints) -> float:
        labels = self._labels(held_out)
        if model is None:
            first = canonical(self.labels[labelled[0]])
            return float(np.mean([canonical(label) == first for label in labels]))
        answers = model.answer(self.features.take(held_out))
        return float(self.control.measure.hits(answers, labels).mean())


@dataclass(frozen=True)
class Result:
    """The result of a strategy.

    `curve`: numbers of labels and mean accuracies; `to_target`: the labels it takes to reach the
    target accuracy, the median of the runs; `least` and `most`: the range over the runs, infinite
    where a run did not reach it; `ahead`: accuracy minus random order's, the mean over the labels;
    `error`: the standard error of that, None for one run.
    """

    curve: list[tuple[int, float]]
    to_target: float
    least: float
    most: float
    ahead: float
    error: float | None


@dataclass(frozen=True)
class Backtest:
    """The results by strategy, the best mean first.

    `first`: the best, and those that are behind it by a standard error of the runs' differences at
    most; `target`: the accuracy to reach, the mean of the runs'. Each run has its own target:
    random order's accuracy on the same held-out tasks, averaged over the second half of its labels.
    The accuracy at the end alone depends on luck: an order as good would often never reach it.
    """

    results: dict[str, Result]
    first: list[str]
    target: float

    def orders(self) -> list[tuple[list[str], Result]]:
        """Return results with the names that share them: with two classes some are one order."""
        orders: list[tuple[list[str], Result]] = []
        for name, result in self.results.items():
            same = next((names for names, other in orders if other == result), None)
            if same is None or name == RANDOM:
                orders.append(([name], result))
            else:
                same.append(name)
        return orders

    def saved(self, name: str) -> float | None:
        """Return how many labels a strategy saves over random order, None if unknown."""
        saved = self.results[RANDOM].to_target - self.results[name].to_target
        return saved if np.isfinite(saved) else None

    def as_json(self) -> dict[str, Any]:
        """Return the numbers as JSON values."""
        results = self.results.items()
        return {
            "strategies": {
                name: [{"labels": n, "accuracy": round(a, 4)} for n, a in result.curve]
                for name, result in results
            },
            "first": self.first,
            "target": round(self.target, 4),
            "labels_to_target": {name: _whole(result.to_target) for name, result in results},
            "labels_to_target_range": {
                name: [_whole(result.least), _whole(result.most)] for name, result in results
            },
            "labels_saved": {name: _whole(self.saved(name)) for name, _ in results},
            "ahead_of_random": {
                name: {
                    "accuracy": round(result.ahead, 4),
                    "standard_error": None if result.error is None else round(result.error, 4),
                }
                for name, result in results
            },
        }


def compare(steps: Sequence[int], runs: dict[str, list[Accuracies]]) -> Backtest:
    """Return the results of each strategy's runs, one for each seed; random order is among them."""
    by_strategy = {name: np.array(rows) for name, rows in runs.items()}
    random = by_strategy[RANDOM]
    is_later = np.array(steps) >= _AIMED_AT * steps[-1]
    targets = random[:, is_later].mean(axis=1)
    areas = {name: _areas(steps, accuracies) for name, accuracies in by_strategy.items()}
    results = {
        name: _result(steps, accuracies, targets, areas[name] - areas[RANDOM])
        for name, accuracies in by_strategy.items()
    }
    by_ahead = dict(sorted(results.items(), key=lambda item: -item[1].ahead))
    best = areas[next(iter(by_ahead))]
    first = [name for name in by_ahead if is_level(best - areas[name])]
    return Backtest(by_ahead, first, float(targets.mean()))


def is_level(gaps: NDArray[np.float64]) -> bool:
    """Say whether what runs are behind others is within a standard error of 0, or less."""
    runs = len(gaps)
    error = gaps.std(ddof=1) / np.sqrt(runs) if runs > 1 else 0.0
    return bool(gaps.mean() <= error)


def _result(
    steps: Sequence[int],
    accuracies: NDArray[np.float64],
    targets: NDArray[np.float64],
    ahead: NDArray[np.float64],
) -> Result:
    reached = [
        labels_to_reach(target, _curve(steps, run)) or np.inf
        for target, run in zip(targets, accuracies, strict=True)
    ]
    return Result(
        _curve(steps, accuracies.mean(axis=0)),
        float(np.median(reached)),
        min(reached),
        max(reached),
        float(ahead.mean()),
        float(ahead.std(ddof=1) / np.sqrt(len(ahead))) if len(ahead) > 1 else None,
    )


def _curve(steps: Sequence[int], accuracies: Iterable[float]) -> list[tuple[int, float]]:
    return [(size, float(value)) for size, value in zip(steps, accuracies, strict=True)]


def _areas(steps: Sequence[int], accuracies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each run's mean accuracy over the labels, by trapezoids."""
    if len(steps) == 1:
        return accuracies[:, 0]
    return np.asarray(np.trapezoid(accuracies, steps, axis=1)) / (steps[-1] - steps[0])


def _whole(labels: float | None) -> int | None:
    return round(labels) if labels is not None and np.isfinite(labels) else None

"""Replay a finished project: what each strategy would have saved of its labels.

The labels are all there, so the queue asks for a task and gets the answer that people gave. Model
and queue are those of a project at work, the random share too. Held-out tasks, the same for all
strategies, say how good each model became.
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
_MOST_OF_POOL: Final = 1 / 2  # of the pool: who labels all of it has nothing left to choose
_BATCHES: Final = ((30, 5), (50, 10), (200, 25), (1_000, 50), (np.inf, 200))  # up to so many labels
_MOST_UNLABELLED: Final = 1_500  # tasks without a label that a model may learn from
_AIMED_AT: Final = 1 / 2  # of the labels, from where on random order's accuracy is averaged


@dataclass(frozen=True)
class Replay:
    """A finished project's tasks with the labels that people gave. Unprocessable for too few.

    `tools`: with which nothing but the labels' names may have to be encoded.
    """

    features: Columns
    labels: Sequence[Label]
    control: Control
    tools: Tools

    def __post_init__(self) -> None:
        """Refuse what nothing can be learnt from."""
        known = sorted({canonical(label) for label in self.labels})
        if len(known) < 2:
            told = f"all are {self.labels[0]!r}" if known else "there is none"
            raise Unprocessable(f"nothing to learn from the labels: {told}")
        if len(self.labels) < LEAST_LABELS:
            raise Unprocessable(
                f"{len(self.labels)} labelled tasks; a backtest needs {LEAST_LABELS}"
            )

    @property
    def held_out(self) -> int:
        """How many tasks are never asked for, and measured on."""
        return min(_MOST_HELD_OUT, int(len(self.labels) * _HELD_OUT))

    def steps(self, budget: int) -> list[int]:
        """Return the numbers of labels after which a model is trained.

        They end at a budget, or at half of the tasks that are not held out.
        """
        pool = len(self.labels) - self.held_out
        most = min(budget, int(pool * _MOST_OF_POOL))
        found = [10]
        while found[-1] < most:
            step = next(step for until, step in _BATCHES if found[-1] < until)
            found.append(min(found[-1] + step, most))
        return found

    def run(self, strategy: str, seed: int, steps: Sequence[int]) -> Accuracies:
        """Label in the order of a strategy; return the accuracy after each step."""
        shuffled = np.random.default_rng(seed).permutation(len(self.labels))
        held_out, pool = shuffled[: self.held_out], shuffled[self.held_out :]
        labelled, model = np.empty(0, np.int64), None
        found = []
        for size in steps:
            free = np.setdiff1d(pool, labelled)
            recent = self.features.take(labelled[-MOST_LABELLED:])
            seen = self._candidates(free, model)
            more = size - len(labelled)
            queue = queue_of(seen, recent, self.control, strategy, more, str(seed))
            labelled = np.concatenate([labelled, free[[row for row, _ in queue]]])
            model = self._model(labelled, pool)
            found.append(self._accuracy(model, labelled, held_out))
        return found

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
    """What came of a strategy.

    `curve`: labels and mean accuracy; `to_target`: labels to the accuracy to reach, the median of
    the runs, and the least and the most of any, infinite where it was not reached; `ahead`: of
    random order's accuracy, in the mean over the labels, and the standard error of that, None of
    one run.
    """

    curve: list[tuple[int, float]]
    to_target: float
    least: float
    most: float
    ahead: float
    error: float | None


@dataclass(frozen=True)
class Backtest:
    """The results by strategy, the best in the mean first.

    `target`: the accuracy to reach, in the mean of the runs. Each has its own: what random order
    has on the same held-out tasks, in the mean of the second half of its labels. At its end alone
    it is luck that decides: as good an order would often be said never to get there.
    """

    results: dict[str, Result]
    target: float

    def saved(self, name: str) -> float | None:
        """Return how many labels a strategy saves of random order's, None if it isn't known."""
        saved = self.results[RANDOM].to_target - self.results[name].to_target
        return saved if np.isfinite(saved) else None

    def as_json(self) -> dict[str, Any]:
        """Return the numbers as JSON values."""
        found = self.results.items()
        return {
            "strategies": {
                name: [{"labels": n, "accuracy": round(a, 4)} for n, a in one.curve]
                for name, one in found
            },
            "target": round(self.target, 4),
            "labels_to_target": {name: _whole(one.to_target) for name, one in found},
            "labels_to_target_range": {
                name: [_whole(one.least), _whole(one.most)] for name, one in found
            },
            "labels_saved": {name: _whole(self.saved(name)) for name, _ in found},
            "ahead_of_random": {
                name: {
                    "accuracy": round(one.ahead, 4),
                    "standard_error": None if one.error is None else round(one.error, 4),
                }
                for name, one in found
            },
        }


def compare(steps: Sequence[int], runs: dict[str, list[Accuracies]]) -> Backtest:
    """Return what came of each strategy's runs, one for each seed; random order is among them."""
    found = {name: np.array(some) for name, some in runs.items()}
    random = found[RANDOM]
    is_later = np.array(steps) >= _AIMED_AT * steps[-1]
    targets = random[:, is_later].mean(axis=1)
    results = {
        name: _result(steps, accuracies, targets, _areas(steps, accuracies) - _areas(steps, random))
        for name, accuracies in found.items()
    }
    by_ahead = sorted(results.items(), key=lambda item: -item[1].ahead)
    return Backtest(dict(by_ahead), float(targets.mean()))


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
    return [(size, float(one)) for size, one in zip(steps, accuracies, strict=True)]


def _areas(steps: Sequence[int], accuracies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each run's mean accuracy over the labels, by trapezoids."""
    if len(steps) == 1:
        return accuracies[:, 0]
    return np.asarray(np.trapezoid(accuracies, steps, axis=1)) / (steps[-1] - steps[0])


def _whole(labels: float | None) -> int | None:
    return round(labels) if labels is not None and np.isfinite(labels) else None

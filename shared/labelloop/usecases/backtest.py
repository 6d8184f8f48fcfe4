"""Replay a finished project: what each strategy would have saved of its labels.

The labels are all there, so a strategy is asked which task it wants next and gets the answer that
people gave. Held-out tasks, the same for all strategies, say how good each model became.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.learning_curve import labels_to_reach
from labelloop.errors import Unprocessable

type Floats = NDArray[np.floating]
type Ints = NDArray[np.int64]
type Fit = Callable[[Ints], Floats]
"""Learn from the labels of some rows; return probabilities of all rows, shape (n, k)."""

LEAST_LABELS: Final = 60
RANDOM: Final = "random"
_HELD_OUT, _MOST_HELD_OUT = 1 / 3, 1_000
_BATCHES: Final = ((50, 10), (200, 25), (1_000, 50), (np.inf, 200))  # up to so many labels


@dataclass(frozen=True)
class Situation:
    """What a strategy sees: rows that it may choose, those that are labelled, and the model.

    `probabilities`: shape (n, k), None before the first label or while there is one class only.
    """

    candidates: Ints
    labelled: Ints
    classes: int
    probabilities: Floats | None


type Choose = Callable[[Situation, int, np.random.Generator], Ints]
"""Return so many of the candidates, the one to be labelled first in front."""


@dataclass(frozen=True)
class Replayed:
    """The project's labels, by row, as numbers of classes."""

    labels: Ints
    classes: int

    @property
    def held_out(self) -> int:
        """How many rows are never chosen, and measured on."""
        return min(_MOST_HELD_OUT, int(len(self.labels) * _HELD_OUT))


@dataclass(frozen=True)
class Backtest:
    """Mean accuracy by number of labels of each strategy, and labels to what random order gave."""

    curves: dict[str, list[tuple[int, float]]]
    target: float
    labels_to_target: dict[str, float | None]

    def as_json(self) -> dict[str, Any]:
        """Return the numbers as JSON values."""
        return {
            "strategies": {
                name: [{"labels": n, "accuracy": round(a, 4)} for n, a in curve]
                for name, curve in self.curves.items()
            },
            "target": round(self.target, 4),
            "labels_to_target": {
                name: None if found is None else round(found)
                for name, found in self.labels_to_target.items()
            },
        }


def replay(labels: Iterable[str]) -> Replayed:
    """Return a project to replay; Unprocessable if there is too little to learn from."""
    names = list(labels)
    known = sorted(set(names))
    if len(known) < 2:
        told = f"all are {known[0]!r}" if known else "there is none"
        raise Unprocessable(f"nothing to learn from the labels: {told}")
    if len(names) < LEAST_LABELS:
        raise Unprocessable(f"{len(names)} labelled tasks; a backtest needs {LEAST_LABELS}")
    return Replayed(np.array([known.index(name) for name in names]), len(known))


def backtest(
    project: Replayed,
    fit: Fit,
    strategies: Mapping[str, Choose],
    seeds: int,
    budget: int,
    report: Callable[[str, int], None] = lambda name, labels: None,
) -> Backtest:
    """Replay a project with each strategy, from several seeds, up to so many labels."""
    steps = sizes(min(budget, len(project.labels) - project.held_out))
    curves = {
        name: _mean(
            [_campaign(project, fit, choose, steps, seed, name, report) for seed in range(seeds)],
            steps,
        )
        for name, choose in strategies.items()
    }
    target = max(accuracy for _, accuracy in curves[RANDOM])
    reached = {name: labels_to_reach(target, curve) for name, curve in curves.items()}
    return Backtest(curves, target, reached)


def sizes(budget: int) -> list[int]:
    """Return the numbers of labels after which a model is trained: close at first, then wider."""
    found = [10]
    while found[-1] < budget:
        step = next(step for until, step in _BATCHES if found[-1] < until)
        found.append(min(found[-1] + step, budget))
    return found


def choose_random(seen: Situation, size: int, rng: np.random.Generator) -> Ints:
    """Choose without looking."""
    return rng.choice(seen.candidates, size, replace=False)


def choose_by_margin(seen: Situation, size: int, rng: np.random.Generator) -> Ints:
    """Choose where the two likeliest classes are closest; without a model, without looking."""
    if seen.probabilities is None:
        return choose_random(seen, size, rng)
    top = np.partition(seen.probabilities[seen.candidates], -2, axis=1)
    return seen.candidates[np.argsort(top[:, -1] - top[:, -2], kind="stable")[:size]]


STRATEGIES: Final[dict[str, Choose]] = {RANDOM: choose_random, "margin": choose_by_margin}


def _campaign(
    project: Replayed,
    fit: Fit,
    choose: Choose,
    steps: list[int],
    seed: int,
    name: str,
    report: Callable[[str, int], None],
) -> list[float]:
    """Return the accuracy after each step, for one seed."""
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(project.labels))  # the same for all strategies
    held_out, pool = shuffled[: project.held_out], np.sort(shuffled[project.held_out :])
    labelled, probabilities = np.empty(0, np.int64), None
    found = []
    for size in steps:
        free = np.setdiff1d(pool, labelled)
        seen = Situation(free, labelled, project.classes, probabilities)
        labelled = np.concatenate([labelled, choose(seen, size - len(labelled), rng)])
        one = int(project.labels[labelled[0]])
        if (project.labels[labelled] == one).all():
            found.append(float((project.labels[held_out] == one).mean()))
            continue
        probabilities = fit(labelled)
        right = probabilities[held_out].argmax(axis=1) == project.labels[held_out]
        found.append(float(right.mean()))
        report(name, size)
    return found


def _mean(found: list[list[float]], steps: list[int]) -> list[tuple[int, float]]:
    means = np.mean(found, axis=0)
    return [(size, float(mean)) for size, mean in zip(steps, means, strict=True)]

"""Ridge regression on class indicators, with scores for each row by a fit without that row.

With a few dozen labels it is as accurate as logistic regression or better, and it is solved in one
step (regularised least squares: Rifkin and Klautau 2004), so hyperparameters can be compared out of
fold.
"""

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.sparse import issparse

type Floats = NDArray[np.floating]
type Codes = NDArray[np.integer]  # each row's class, 0 to classes - 1

_COLUMNS: Final = 2_048  # of sparse rows, if these are more: the time grows with their square
_FEW: Final = 1_000  # rows
_FOLDS, _FOLDS_OF_MANY = 10, 3
_COMMON: Final = 1 / 20  # of the rows: a fuller column is multiplied faster as a dense one


@dataclass(frozen=True, slots=True)
class RidgeLimits:
    """How many rows are solved by their inner products, and how many are made dense at once."""

    dual_rows: int = 2_500  # the time grows with their cube
    rows_at_once: int = 4_096  # 32 MB with `_COLUMNS` columns


RIDGE_LIMITS: Final = RidgeLimits()


class Target(Protocol):
    """What to fit to n rows: columns of numbers, with a weight for each row."""

    @property
    def targets(self) -> Floats:
        """The numbers, shape (n, columns)."""
        ...

    @property
    def weights(self) -> Floats:
        """The rows' weights, 1 in the mean, shape (n,)."""
        ...

    def of(self, rows: Codes) -> "Target":
        """Return the target of some rows."""
        ...

    def folds(self) -> list[tuple[Codes, Codes]]:
        """Return held-out rows and the others, for each fold."""
        ...


@dataclass(frozen=True, slots=True)
class Goal:
    """What to fit: the rows' classes. `balance`: 1 gives each class an equal share, 0 each row.

    `targets`: how much of each row is of each class, shape (rows, classes); rows sum to 1.
    """

    targets: Floats
    balance: float

    def of(self, rows: Codes) -> "Goal":
        """Return the goal of some rows."""
        return Goal(self.targets[rows], self.balance)

    def folds(self) -> list[tuple[Codes, Codes]]:
        """Return held-out rows and the others, each class spread over the folds."""
        rows = len(self.targets)
        folds = _FOLDS if rows <= _FEW else _FOLDS_OF_MANY
        fold = np.empty(rows, np.int64)
        fold[by_class(self.targets)] = np.arange(rows) % folds
        parts = [(np.flatnonzero(fold == i), np.flatnonzero(fold != i)) for i in range(folds)]
        return [part for part in parts if len(part[0]) and len(part[1])]

    @property
    def weights(self) -> Floats:
        """The rows' weights, 1 in the mean."""
        sums = self.targets.sum(axis=0)
        rarity = np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)
        weights = (self.targets @ rarity) ** self.balance
        return np.asarray(weights / weights.mean())


def by_class(targets: Floats) -> Codes:
    """Return the rows ordered by the class that most of each is of; of equal ones the first."""
    return np.argsort(targets.argmax(axis=1), kind="stable")


@dataclass(frozen=True, slots=True)
class Scorer:
    """Linear scores, one column for each class: rows @ coefficients + intercepts.

    `out_of_fold`: the scores of the rows it was fitted on, each by a fit without it.
    """

    coefficients: Floats
    intercepts: Floats
    out_of_fold: Floats


class Ridge:
    """Rows to fit goals to; they may be sparse. Deterministic.

    The intercepts are not penalised. Classes are balanced again in each fold: otherwise a class of
    which a fold holds out half would lose half of its weight.
    """

    def __init__(self, rows: Any, limits: RidgeLimits = RIDGE_LIMITS) -> None:
        self._rows, self._rows_at_once = rows, limits.rows_at_once
        is_wide = issparse(rows) or rows.shape[0] <= rows.shape[1]
        is_dual = is_wide and rows.shape[0] <= limits.dual_rows
        self._gram = gram_of(rows) if is_dual else None

    def fit(self, goal: Target, penalty: float) -> Scorer:
        """Return the weighted least-squares fit of the classes."""
        out_of_fold = np.empty(goal.targets.shape)
        for held, others in goal.folds():
            out_of_fold[held] = self._scores(held, others, goal.of(others), penalty)
        if self._gram is None:
            return Scorer(*self._primal(self._rows, goal, penalty), out_of_fold)
        dual, intercepts = _dual(self._gram, goal, penalty)
        return Scorer(self._rows.T @ dual, intercepts, out_of_fold)

    def _scores(self, held: Codes, others: Codes, goal: Target, penalty: float) -> Floats:
        """Return the scores of rows by a fit to others."""
        if self._gram is None:
            coefficients, intercepts = self._primal(self._rows[others], goal, penalty)
            return np.asarray(self._rows[held] @ coefficients + intercepts)
        dual, intercepts = _dual(self._gram[np.ix_(others, others)], goal, penalty)
        return np.asarray(self._gram[np.ix_(held, others)] @ dual + intercepts)

    def _primal(self, rows: Any, goal: Target, penalty: float) -> tuple[Floats, Floats]:
        """Solve by the most informative columns; return coefficients and intercepts."""
        weights, targets = goal.weights, goal.targets
        columns = _informative(rows, targets) if issparse(rows) else np.arange(rows.shape[1])
        points = rows[:, columns]
        share, root = weights / weights.sum(), np.sqrt(weights)[:, None]
        centre, mean = share @ points, share @ targets
        scatter = penalty * np.eye(len(columns))
        moments = np.zeros((len(columns), targets.shape[1]))
        for first in range(0, len(root), self._rows_at_once):
            part = slice(first, first + self._rows_at_once)
            dense = points[part].toarray() if issparse(points) else points[part]
            centred = np.asarray((dense - centre) * root[part], np.float32)
            scatter += centred.T @ centred
            moments += centred.T @ (root[part] * (targets[part] - mean)).astype(np.float32)
        coefficients = np.zeros((rows.shape[1], targets.shape[1]))
        coefficients[columns] = solve(scatter, moments, assume_a="pos")
        return coefficients, mean - centre @ coefficients[columns]


def gram_of(rows: Any) -> Floats:
    """Return the rows' inner products."""
    if not issparse(rows):
        return np.asarray(rows @ rows.T, np.float64)
    columns = rows.tocsc()
    is_common = np.diff(columns.indptr) > _COMMON * rows.shape[0]
    common = columns[:, np.flatnonzero(is_common)].toarray().astype(np.float32)
    rare = columns[:, np.flatnonzero(~is_common)].tocsr()
    return np.asarray((common @ common.T) + (rare @ rare.T).toarray(), np.float64)


def _dual(gram: Floats, goal: Target, penalty: float) -> tuple[Floats, Floats]:
    """Solve for a weight of each row, shape (rows, classes); return them and the intercepts."""
    weights, targets = goal.weights, goal.targets
    share, root = weights / weights.sum(), np.sqrt(weights)[:, None]
    towards_mean = gram @ share
    centred = gram + share @ towards_mean - towards_mean[:, None] - towards_mean[None, :]
    mean = share @ targets
    system = centred * root * root.T + penalty * np.eye(len(gram))
    dual = root * solve(system, root * (targets - mean), assume_a="pos")  # columns sum to 0
    return dual, mean - towards_mean @ dual


def _informative(rows: Any, targets: Floats) -> Codes:
    """Return the columns whose means differ most between classes, relative to their own mean."""
    means = rows.T @ (targets / np.maximum(targets.sum(axis=0), 1))
    overall = np.asarray(rows.mean(axis=0)).reshape(-1, 1)
    spread = ((means - overall) ** 2).sum(axis=1) / np.maximum(overall[:, 0], 1e-12)
    return np.sort(np.argsort(-spread, kind="stable")[:_COLUMNS])

"""Answers that are probabilities, shape (n, k), in one block; their names are the k classes."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.columns import Columns

type Ints = NDArray[np.integer]

PROBABILITIES: Final = "probabilities"
TEMPERATURES: Final = np.exp(np.linspace(-1.5, 1.5, 13))
_TINY: Final = 1e-9


def answers_of(probabilities: NDArray[Any], classes: Sequence[str]) -> Answers:
    """Return probabilities, shape (n, k), as answers."""
    return Answers(tuple(classes), Columns(len(probabilities), {PROBABILITIES: probabilities}))


def probabilities_of(answers: Answers) -> NDArray[Any]:
    """Return the probabilities of answers, shape (n, k)."""
    block = answers.columns.array(PROBABILITIES)
    return np.empty((len(answers), len(answers.names))) if block is None else block


def columns_of(answers: Answers, names: Sequence[str]) -> NDArray[Any]:
    """Return the probability of each of these names, 0 for what the answers lack: (n, names)."""
    probabilities = probabilities_of(answers)
    place = {name: column for column, name in enumerate(answers.names)}
    nothing = np.zeros(len(answers))
    columns = [probabilities[:, place[name]] if name in place else nothing for name in names]
    return np.stack(columns, axis=1) if columns else np.empty((len(answers), 0))


def offered_only(answers: Answers, names: Sequence[str]) -> Answers:
    """Return the columns of these classes, scaled to sum to 1."""
    if len(names) == len(answers.names):
        return answers
    place = {name: column for column, name in enumerate(answers.names)}
    rows = probabilities_of(answers)[:, [place[name] for name in names]]
    sums = rows.sum(axis=1, keepdims=True)
    return answers_of(rows / np.maximum(sums, np.finfo(np.float32).tiny), names)


def at_temperature(answers: Answers, temperature: float) -> Answers:
    """Return the probabilities sharpened (below 1) or flattened (above); rows sum to 1."""
    logits = np.log(np.clip(probabilities_of(answers), _TINY, 1.0)) / temperature
    odds = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return answers_of(odds / odds.sum(axis=1, keepdims=True), answers.names)


def margin(probabilities: Floats) -> Floats:
    """Return the gap between the two likeliest of k >= 2 classes (Scheffer et al. 2001)."""
    top = np.partition(probabilities, -2, axis=1)
    gaps: Floats = top[:, -1] - top[:, -2]
    return gaps


def entropy(probabilities: Floats) -> Floats:
    """Return 1 minus the entropy as a share of its maximum, log k (Shannon 1948)."""
    p = np.clip(probabilities, 1e-12, 1.0)
    sure: Floats = 1.0 + (p * np.log(p)).sum(axis=1) / np.log(p.shape[1])
    return np.clip(sure, 0.0, 1.0)


def least_confidence(probabilities: Floats) -> Floats:
    """Return the probability of the likeliest class (Lewis and Gale 1994)."""
    return np.max(probabilities, axis=1)


SURENESS: Final = {f.__name__: f for f in (margin, entropy, least_confidence)}


def kappa(one: Ints, other: Ints) -> float:
    """Return Cohen's kappa of two versions' classes of the same tasks; 1 if equal."""
    if len(one) == 0:
        return 0.0
    k = int(max(one.max(), other.max())) + 1
    chance = float(np.bincount(one, minlength=k) @ np.bincount(other, minlength=k)) / len(one) ** 2
    agreed = float((one == other).mean())
    return (agreed - chance) / (1 - chance) if chance < 1 else 1.0

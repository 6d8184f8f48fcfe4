"""From what a graph gives for tasks to the probability of each label."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Floats
from labelloop.errors import BadModel
from labelloop.recipes.imported.package import LOGITS

_TINY: Final = 1e-9


def probabilities_of(scores: Floats, form: str) -> NDArray[np.float32]:
    """Return probabilities, shape (n, labels). A single column is that of the second label."""
    if form == LOGITS:
        if scores.shape[1] == 1:
            scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    else:
        if scores.shape[1] == 1:
            scores = np.concatenate([1 - scores, scores], axis=1)
        odds = np.clip(scores, 0, 1)
    sums = odds.sum(axis=1, keepdims=True)
    return np.asarray(odds / np.maximum(sums, _TINY), np.float32)


def each_of(scores: Floats, form: str) -> NDArray[np.float32]:
    """Return the probability of each label, whatever the others are, shape (n, labels)."""
    if form == LOGITS:
        scores = 1 / (1 + np.exp(-np.clip(scores, -50, 50)))
    return np.asarray(np.clip(scores, 0, 1), np.float32)


def looks_like_probabilities(scores: Floats, *, is_several: bool = False) -> bool:
    """Say whether all numbers are from 0 to 1, and each row's sum is 1 if one label is right."""
    are_within = bool(((scores >= -1e-4) & (scores <= 1 + 1e-4)).all())
    return are_within and (
        is_several or scores.shape[1] == 1 or bool((np.abs(scores.sum(axis=1) - 1) < 1e-2).all())
    )


def of_maps(maps: Sequence[Any], keys: Sequence[str | int]) -> Any:
    """Return a row for each map, in the order of the keys."""
    try:
        return np.array([[one[key] for key in keys] for one in maps], np.float32)
    except (KeyError, TypeError, ValueError) as exc:
        raise BadModel(
            f"its output has maps without the class {exc}",
            "export it with a matrix: options={'zipmap': False}",
        ) from exc

"""Which parts of labels are taken for which: what a model mixes up."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, Final

from labelloop.domain.answers import Label

MOST: Final = 20


def confusions(
    labels: Sequence[Label],
    predicted: Sequence[Label],
    parts: Callable[[Label], Sequence[str]],
    most: int = MOST,
) -> list[dict[str, Any]]:
    """Return how many tasks with a part were predicted to have another one instead, most first.

    Both sequences are of the same n tasks. A part that is missing, or predicted too much, without
    one in its place is paired with "".
    """
    counts: Counter[tuple[str, str]] = Counter()
    for label, prediction in zip(labels, predicted, strict=True):
        true, said = set(parts(label)), set(parts(prediction))
        counts.update(product(true - said or {""}, said - true or {""}) if true != said else ())
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:most]
    return [{"label": a, "predicted": b, "tasks": tasks} for (a, b), tasks in rows]


def shares(labels: Sequence[Label], parts: Callable[[Label], Sequence[str]]) -> dict[str, float]:
    """Return in which share of n tasks each part is among the labels; nothing for no tasks."""
    counts = Counter(part for label in labels for part in set(parts(label)))
    return {part: round(count / len(labels), 4) for part, count in sorted(counts.items())}

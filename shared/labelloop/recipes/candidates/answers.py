"""Answers about a task's own candidates: a row of numbers for each, and the ids of them all."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns, Ragged, starts_of
from labelloop.recipes.compared.items import Vectors, unit

NAMED: Final = "named"
VALUES: Final = "values"  # by candidate: scores, or the probabilities of buckets


def named(tasks: Sequence[Sequence[Any]]) -> Ragged:
    """Return the ids of each task's candidates as a block: their JSON, in bytes."""
    rows = [json.dumps(list(ids)).encode() for ids in tasks]
    ids = np.frombuffer(b"".join(rows), np.uint8)
    return Ragged({"json": ids}, starts_of([len(row) for row in rows]))


def joint(vectors: Vectors, starts: NDArray[np.int64]) -> Vectors:
    """Return the mean of each task's candidates, of unit length."""
    if not len(vectors):
        return np.zeros((len(starts) - 1, vectors.shape[1]), np.float32)
    return unit(np.add.reduceat(vectors, starts[:-1], axis=0))


def answers_of(
    values: NDArray[Any], starts: NDArray[np.int64], ids: Ragged | None, names: Sequence[str] = ()
) -> Answers:
    """Return answers: numbers of each candidate, shape (candidates, ...), beside their ids."""
    blocks = {
        VALUES: Ragged({"of": np.asarray(values, np.float32)}, starts),
        NAMED: named([[]] * (len(starts) - 1)) if ids is None else ids,
    }
    return Answers(tuple(names), Columns(len(starts) - 1, blocks))


def values_of(answers: Answers) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the numbers of all candidates, and where those of each task start."""
    block = answers.columns.ragged(VALUES)
    if block is None:
        raise ValueError("answers of another recipe")
    return np.asarray(block.arrays["of"], np.float64), block.starts


def ids_of(answers: Answers) -> list[list[Any]]:
    """Return the ids of each task's candidates."""
    block = answers.columns.ragged(NAMED)
    if block is None:
        return [[] for _ in range(len(answers))]
    body, starts = block.arrays["json"].tobytes(), block.starts.tolist()
    return [json.loads(body[a:b]) for a, b in pairwise(starts)]

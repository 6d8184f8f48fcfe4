"""A backend's predictions, as its `predict` returns them and as columns.

Blocks: `result`, each task's regions as JSON; `score`, how sure the backend is, 0 to 1; `parts`,
whether a part is in the result, shape (n, names).
"""

import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.answers import Answers, Floats
from labelloop.domain.columns import Block, Columns, Ragged, starts_of
from labelloop.recipes.ml_backend.reading import Region, parts_of
from labelloop.recipes.ml_backend.response import ModelResponse, PredictionValue

RESULT: Final = "result"
SCORE: Final = "score"
PARTS: Final = "parts"
_BYTES: Final = "bytes"
_LINKS: Final = ("id", "from_id", "to_id", "parentID")


def read_response(response: Any, tasks: int) -> list[tuple[list[Region], float | None]]:
    """Return the result and the score for each task; ValueError says what is wrong with them.

    A response without any prediction is one that predicts nothing, as interactive backends do.
    """
    if isinstance(response, ModelResponse):
        response = response.predictions
    elif isinstance(response, Mapping):
        response = response.get("predictions", response.get("results"))
    predictions = [] if response is None else response
    if not isinstance(predictions, Sequence) or isinstance(predictions, str):
        raise ValueError(f"predict returns {response!r:.40}, no list of predictions")
    if not predictions:
        return [([], None)] * tasks
    if len(predictions) != tasks:
        raise ValueError(f"predict returns {len(predictions)} predictions for {tasks} tasks")
    return [_read(one) for one in predictions]


def _read(prediction: Any) -> tuple[list[Region], float | None]:
    if isinstance(prediction, list):  # several for a task: the first is shown
        prediction = prediction[0] if prediction else {"result": []}
    if isinstance(prediction, PredictionValue):
        prediction = prediction.model_dump()
    if not isinstance(prediction, Mapping) or not isinstance(prediction.get("result"), list):
        raise ValueError(f"predict returns {prediction!r:.40}, a prediction without a result")
    result = json.loads(json.dumps(prediction["result"], default=_plain, allow_nan=False))
    if not all(isinstance(one, dict) for one in result):
        raise ValueError(f"predict returns {result!r:.40}, a result that is no list of regions")
    return _renumbered(result), _score(prediction.get("score"), result)


def _plain(value: Any) -> Any:
    """Return a number or an array of numpy's as JSON has it."""
    if not hasattr(value, "tolist"):
        raise TypeError(f"{type(value).__name__} is no JSON value")
    return value.tolist()


def _score(score: Any, result: Sequence[Region]) -> float | None:
    """Return a prediction's score, the least of its regions' if it has none."""
    of_regions = [_number(one.get("score")) for one in result]
    found = [one for one in of_regions if one is not None]
    return min(found, default=None) if (own := _number(score)) is None else own


def _number(score: Any) -> float | None:
    try:
        number = float(score)
    except (TypeError, ValueError):
        return None
    return min(max(number, 0.0), 1.0) if math.isfinite(number) else None


def _renumbered(result: list[Region]) -> list[Region]:
    """Return regions with ids that are the same each time: many backends make them at random."""
    ids: dict[Any, str] = {}
    for region in result:
        for name in _LINKS:
            if isinstance(region.get(name), str):
                region[name] = ids.setdefault(region[name], f"r{len(ids) + 1}")
    return result


def answers_of(predicted: Sequence[tuple[list[Region], float]], names: Sequence[str]) -> Answers:
    """Return results and their scores as answers."""
    results = [result for result, _ in predicted]
    parts = np.array([[name in parts_of(one) for name in names] for one in results], np.uint8)
    blocks: dict[str, Block] = {
        RESULT: texts(results),
        SCORE: np.array([score for _, score in predicted], np.float64),
        PARTS: parts.reshape(len(results), len(names)),
    }
    return Answers(tuple(names), Columns(len(results), blocks))


def results_of(answers: Answers) -> list[list[Region]]:
    """Return the result of each task."""
    return values(answers.columns.ragged(RESULT))


def scores_of(answers: Answers) -> Floats:
    """Return the score of each task, shape (n,)."""
    found = answers.columns.array(SCORE)
    return np.zeros(0) if found is None else np.clip(found.astype(np.float64), 0, 1)


def shares_of(answers: Answers) -> Floats:
    """Return each name's share of a task's answer, even where it has none; shape (n, names)."""
    parts = answers.columns.array(PARTS)
    if parts is None or not answers.names:
        return np.empty((len(answers), len(answers.names)))
    counts: NDArray[np.float64] = parts + 1e-3
    shares: Floats = counts / counts.sum(axis=1, keepdims=True)
    return shares


def scored(answers: Answers, scores: Floats) -> Answers:
    """Return the answers with other scores."""
    blocks: dict[str, Block] = {**answers.columns.blocks, SCORE: scores}
    return Answers(answers.names, Columns(len(answers), blocks))


def texts(every: Sequence[Any]) -> Ragged:
    """Return JSON values as a block of bytes."""
    lines = [json.dumps(one, sort_keys=True).encode() for one in every]
    starts = starts_of([len(line) for line in lines])
    return Ragged({_BYTES: np.frombuffer(b"".join(lines), np.uint8)}, starts)


def values(block: Ragged | None) -> list[Any]:
    """Return the JSON values of a block."""
    if block is None:
        return []
    body, starts = block.arrays[_BYTES].tobytes(), block.starts.tolist()
    return [json.loads(body[a:b]) for a, b in pairwise(starts)]

"""What is wrong with what a recipe returns, in words; empty if nothing is.

Each check gets the result, the object whose method it is of, and the method's arguments.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

type Check = Callable[..., str]

_LONGEST_TEXT: Final = 2_000  # letters: a name, or a sentence that people read
_LONGEST_VALUE: Final = 2_000_000  # letters as JSON: an input or a label of a task


def _text(result: Any, *_: Any) -> str:
    if not isinstance(result, str):
        return f"{_shown(result)} is no text"
    return _too_long(result, _LONGEST_TEXT)


def _too_long(text: str, longest: int) -> str:
    return f"{len(text):,} letters, at most {longest:,}" if len(text) > longest else ""


def _texts(result: Any, *_: Any) -> str:
    is_list = isinstance(result, Sequence | set | frozenset) and not isinstance(result, str)
    are_texts = is_list and all(isinstance(one, str) for one in result)
    return "" if are_texts else f"{_shown(result)} is no list of texts"


def _names(result: Any, *_: Any) -> str:
    return "" if result is None else _texts(result)


def _json(result: Any, *_: Any) -> str:
    try:
        json.dumps(result, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return f"{_shown(result)} is no JSON value"
    return ""


def _of_task(result: Any, *_: Any) -> str:
    return _json(result) or _too_long(json.dumps(result), _LONGEST_VALUE)


def _flag(result: Any, *_: Any) -> str:
    return "" if isinstance(result, bool) else f"{_shown(result)} is not true or false"


def _about(result: Any, *_: Any) -> str:
    keys = {"choice", "text", "labels", "others"}
    if not isinstance(result, Mapping) or set(result) != keys:
        return f"it has not the keys {', '.join(sorted(keys))}"
    named = (_text(result["choice"]), _text(result["text"]))
    return next(filter(None, (*named, _texts(result["labels"]), _texts(result["others"]))), "")


def _control(result: Any, *_: Any) -> str:
    if result is None:
        return ""
    hash(result)  # a control that has none can't be remembered
    for name in ("recipe", "sees", "asks", "offered", "is_pushable"):
        if why := CHECKS["control", name](getattr(result, name)):
            return f"{name}: {why}"
    return _about(result.about())


def _work(result: Any, *_: Any) -> str:
    is_number = isinstance(result, int | float) and not isinstance(result, bool)
    return "" if is_number and 0 < result < float("inf") else f"{_shown(result)} is not above 0"


def _reason(result: Any, *_: Any) -> str:
    is_pair = isinstance(result, tuple) and len(result) == 2
    return "" if is_pair and not _texts(result) else f"{_shown(result)} is no pair of texts"


def _features(result: Any, _: Any, inputs: Sequence[Any], tools: Any = None, *__: Any) -> str:
    why = _columns(result, len(inputs))
    if why or getattr(tools, "encoder", "") or getattr(tools, "image_encoder", ""):
        return why  # encoders give NaN for what can't be read
    return "" if result.are_finite().all() else "not all numbers are finite"


def _columns(result: Any, rows: int) -> str:
    import numpy as np

    from labelloop.domain.columns import Columns, Ragged

    if not isinstance(result, Columns):
        return f"{_shown(result)} is no Columns"
    if len(result) != rows:
        return f"{len(result)} rows for {rows}"
    for name, block in result.blocks.items():
        if not isinstance(block, np.ndarray | Ragged) or "." in name:
            return f"the block {name!r} is no array, or has a dot in its name"
        if len(block) != rows:
            return f"the block {name!r} has {len(block)} rows for {rows}"
        if not isinstance(block, Ragged) and block.dtype.kind == "O":
            return f"the block {name!r} is no array of numbers"
    return ""


def _answers(result: Any, rows: int) -> str:
    from labelloop.domain.answers import Answers

    if not isinstance(result, Answers):
        return f"{_shown(result)} is no Answers"
    return _texts(result.names) or _columns(result.columns, rows)


def _answered(result: Any, model: Any, features: Any) -> str:
    why = _answers(result, len(features))
    if not why and tuple(result.names) != tuple(model.names):
        return "their names are not the model's"
    if not why and features.are_finite().all() and not result.columns.are_finite().all():
        return "not all numbers are finite"
    return why


def _vectors(result: Any, _: Any, features: Any) -> str:
    return _array(result, len(features), dimensions=2)


def _array(result: Any, rows: int, low: float = float("-inf"), dimensions: int = 1) -> str:
    import numpy as np

    shape = getattr(result, "shape", None)
    if shape is None or len(shape) != dimensions or shape[0] != rows:
        return f"the shape {shape} is not of {rows} rows"
    if result.dtype.kind not in "fiub" or not np.isfinite(result).all():
        return "not all numbers are finite"
    is_within = low == float("-inf") or bool(((result >= low) & (result <= 1 + 1e-6)).all())
    return "" if is_within else f"not all numbers are from {low:g} to 1"


def _by_label(result: Any, _: Any, answers: Any, *__: Any) -> str:
    return _array(result, len(answers))


def _hits(result: Any, _: Any, answers: Any, *__: Any) -> str:
    return _array(result, len(answers), 0)


def _reading(result: Any, _: Any, answers: Any) -> str:
    rows = len(answers)
    if len(result) != rows:
        return f"{len(result)} rows for {rows}"
    shares: tuple[int, ...] = getattr(result.shares, "shape", ())
    if len(shares) != 2 or shares[0] != rows:
        return f"shares have the shape {shares}"
    return _array(result.confidence, rows, 0) or _array(result.sureness(""), rows, 0)


def _labels(result: Any, _: Any, answers: Any) -> str:
    if not isinstance(result, list) or len(result) != len(answers):
        return f"{_shown(result)} is no list of {len(answers)} labels"
    return _json(result)


def _aligned(result: Any, _: Any, answers: Any, names: Any) -> str:
    return _answers(result, len(answers))


def _shown_answers(result: Any, _: Any, answers: Any, *__: Any) -> str:
    return _answers(result, len(answers))


def _alike(result: Any, _: Any, names: Any, rows: int) -> str:
    return _answers(result, rows)


def _fair(result: Any, _: Any, answers: Any, labels: Any, *others: Any) -> str:
    if not isinstance(result, tuple) or len(result) != 1 + len(others):
        return f"{_shown(result)} is no tuple of {1 + len(others)} answers"
    pairs = zip(result, (answers, *others), strict=True)
    return next(filter(None, (_answers(one, len(before)) for one, before in pairs)), "")


def _expected(result: Any, _: Any, answers: Any) -> str:
    rows = len(answers)
    scores = _array(result.log_score, rows) or _array(result.variance, rows)
    return scores or _array(result.hits, rows, 0)


def _doubts(result: Any, _: Any, answers: Any, *__: Any) -> str:
    rows = [one.row for one in result]
    return "" if all(0 <= row < len(answers) for row in rows) else "a row that there is not"


def _results(result: Any, _: Any, answers: Any) -> str:
    if not isinstance(result, list) or len(result) != len(answers):
        return f"{_shown(result)} is no list of {len(answers)} results"
    return _json(result) or next(filter(None, map(_regions, result)), "")


def _regions(result: Any, *_: Any) -> str:
    are_regions = isinstance(result, list) and all(isinstance(one, dict) for one in result)
    return "" if are_regions else f"{_shown(result)} is no list of regions"


def _suggested(result: Any, *_: Any) -> str:
    return _regions(result) or _json(result)


def _packed(result: Any, *_: Any) -> str:
    if not isinstance(result.artefact, bytes):
        return f"the artefact {_shown(result.artefact)} is no bytes"
    if not isinstance(result.facts, dict):
        return f"the facts {_shown(result.facts)} are no dict"
    return _json(result.facts) or _answers(result.out_of_fold, len(result.out_of_fold))


def _shown(result: Any) -> str:
    return f"{result!r:.40}"


CHECKS: Final[Mapping[tuple[str, str], Check]] = {
    ("recipe", "read"): _control,
    ("", "why_not"): _text,
    ("control", "recipe"): _text,
    ("control", "sees"): _text,
    ("control", "asks"): _text,
    ("control", "offered"): _texts,
    ("control", "is_pushable"): _flag,
    ("control", "about"): _about,
    ("control", "input_of"): _of_task,
    ("control", "label_of"): _of_task,
    ("control", "work"): _work,
    ("control", "features"): _features,
    ("control", "apart"): _texts,
    ("control", "vectors"): _vectors,
    ("control", "why_unusable"): _reason,
    ("control", "parts"): _texts,
    ("control", "missing"): _text,
    ("control", "known"): _names,
    ("control", "shown"): _shown_answers,
    ("control", "results"): _results,
    ("control", "suggested"): _suggested,
    ("control", "largest"): _regions,
    ("", "names"): _texts,
    ("", "encoder"): _text,
    ("", "needs"): _texts,
    ("", "answer"): _answered,
    ("fitted", "packed"): _packed,
    ("measure", "title"): _text,
    ("measure", "reading"): _reading,
    ("measure", "aligned"): _aligned,
    ("measure", "alike"): _alike,
    ("measure", "labels"): _labels,
    ("measure", "hits"): _hits,
    ("measure", "fair"): _fair,
    ("measure", "log_scores"): _by_label,
    ("measure", "expected"): _expected,
    ("measure", "gain"): _by_label,
    ("measure", "doubts"): _doubts,
    ("measure", "by_part"): lambda result, *_: "" if isinstance(result, dict) else "no dict",
}

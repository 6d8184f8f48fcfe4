"""Try an imported model before it is served: on what the project has, and on odd texts.

Called in a process of its own, as native code may crash, take all memory, or never end: with the
path of a package, and rows as `feeding.Row`. Returns facts for the card; BadModel says what is
wrong, and what to do about it.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.errors import BadModel
from labelloop.recipes.imported.feeding import Row
from labelloop.recipes.imported.model import ImportedModel
from labelloop.recipes.imported.package import LOGITS, PROBABILITIES, Description, Package
from labelloop.recipes.imported.pixels import odd_copies
from labelloop.recipes.imported.reading import looks_like_probabilities

MOST_MS: Final = 100.0  # for one task: 500 tasks are ranked at once, and 1,000 labels compared
_ODD: Final = ("", "a", "Straße ΟΔΟΣ İstanbul 東京 🙂", "word " * 2_000)
_FEW: Final = 8
_APART: Final = 1e-2  # between a task's numbers alone and among others, as a share of the largest
_MANY: Final = 32


def smoke(given: dict[str, Any]) -> dict[str, Any]:
    """Return form, milliseconds and megabytes. `given`: `package`, a path; `rows`; `run_s`."""
    package = Package.unpacked(Path(given["package"]).read_bytes())
    model = ImportedModel(package, given.get("run_s", 10.0))
    rows: list[Row] = given["rows"]
    odd = _odd(package.description, rows)
    scores = _scores(model, [*rows, *odd], rows)
    form = _form(scores, is_several=package.description.is_several)
    _demand_alone(model, rows, scores)
    ms = _ms(model, rows or odd[2:3])
    if ms > given.get("most_ms", MOST_MS):
        raise BadModel(
            f"it takes {ms:,.0f} ms for a task: too slow to rank a pool, above {MOST_MS:g} ms",
            "use a smaller model, or quantise it to int8",
        )
    return {"form": form, "ms_a_task": round(ms, 2), "megabytes": _megabytes()}


def _odd(description: Description, rows: Sequence[Row]) -> list[Row]:
    """Return odd texts, or images."""
    if description.pixels is not None:
        return [{"image": copy} for copy in odd_copies()]
    fields = rows[0]["fields"] if rows else {}
    return [{"text": text, "fields": fields} for text in _ODD]


def _scores(model: ImportedModel, rows: Sequence[Row], own: Sequence[Row]) -> NDArray[np.float32]:
    """Return the outputs of all rows; BadModel where they are none."""
    scores, labels = model.scores(rows), len(model.names)
    if not scores.shape[1]:
        names = sorted({name for fed in model.description.inputs for name in fed.fields})
        raise BadModel(
            f"no task of the project has what it reads: {', '.join(names) or 'a text'}",
            "name the fields of the tasks' data as they are there: --columns, or --input",
        )
    may_be_one = labels == 2 and not model.description.is_several
    if scores.shape[1] != labels and not (scores.shape[1] == 1 and may_be_one):
        raise BadModel(
            f"it gives {scores.shape[1]} numbers for a task, and {labels} labels are named",
            "name all labels of the model, in its order: --labels",
        )
    answered = scores[: len(own)] if own else scores
    bad = ~np.isfinite(answered).all(axis=1)
    if bad.any():
        text = own[int(np.flatnonzero(bad)[0])].get("text", "")[:40] if own else ""
        where = f", as of {text!r}" if text else ""
        raise BadModel(
            f"it gives no finite numbers for {int(bad.sum())} of {len(answered)} tasks{where}",
            "look for a division by 0 or a logarithm of 0 in it, and for fields that are missing",
        )
    return scores


def _form(scores: NDArray[np.float32], *, is_several: bool) -> str:
    finite = scores[np.isfinite(scores).all(axis=1)]
    return PROBABILITIES if looks_like_probabilities(finite, is_several=is_several) else LOGITS


def _demand_alone(model: ImportedModel, rows: Sequence[Row], scores: NDArray[np.float32]) -> None:
    """Raise BadModel if an answer depends on the other tasks, or on the time."""
    for place, row in enumerate(rows[:_FEW]):
        alone = model.scores([row])[0]
        scale = max(1.0, float(np.abs(alone).max()))
        if np.abs(alone - scores[place]).max() > _APART * scale:
            raise BadModel(
                "it answers differently for a task alone and among others, or each time",
                "export it in evaluation mode: model.eval(), without dropout or batch statistics",
            )


def _ms(model: ImportedModel, rows: Sequence[Row]) -> float:
    """Return milliseconds for one task: the median of some, each alone, warmed up before."""
    few = [rows[place % len(rows)] for place in range(_FEW)]
    model.scores(few[:1])
    seconds = []
    for row in few:
        started = time.perf_counter()
        model.scores([row])
        seconds.append(time.perf_counter() - started)
    return 1_000 * median(seconds)


def _megabytes() -> int:
    try:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024
    except ImportError:
        return 0

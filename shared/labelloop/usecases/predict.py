"""Answer a prediction request: one result for each task, in the order of the tasks."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, Final

import numpy as np

from labelloop.domain.selection import LABEL_FIRST, LABEL_LAST, SCORES, Floats
from labelloop.errors import TooLarge, Unprocessable
from labelloop.ports import Head
from labelloop.recipes.text_choices import TextChoices, read_label_config
from labelloop.usecases.serve import Served

# API Gateway gives up after 30 s, and Lambda answers with at most 6 MB.
_BUDGET_S: Final = 25.0
_MOST_ANSWER_BYTES: Final = 5_500_000
_RESULT_BYTES: Final = 250  # of a result without its label, names of the controls included
_TEXTS_AT_ONCE: Final = 256
_ADVICE: Final = "select fewer tasks in the Data Manager and retrieve predictions in several steps"


@dataclass(frozen=True)
class Prediction:
    """What is predicted for one task."""

    result: list[dict[str, Any]]
    score: float


def predict(
    tasks: Sequence[Any],
    label_config: str,
    served: Served,
    score: str,
    clock: Callable[[], float] = time.monotonic,
) -> list[Prediction]:
    """Return one prediction for each task, whatever the tasks hold.

    A task without a readable text gets an empty result and goes last; all results are empty while
    there is no model, or when the label config is none that the model can answer. Raises TooLarge,
    as soon as this can be told, when the answer would be too large or too late.
    """
    _refuse_a_large_answer(len(tasks), served)
    started = clock()

    def check(share_done: float) -> None:
        if clock() - started > share_done * _BUDGET_S:
            late = f"{len(tasks):,} tasks would take more than {_BUDGET_S:.0f} s"
            raise TooLarge(f"{late}; {_ADVICE}")

    return predict_all(tasks, label_config, served, score, check)


def predict_all(
    tasks: Sequence[Any],
    label_config: str,
    served: Served,
    score: str,
    check: Callable[[float], None] = lambda share_done: None,
) -> list[Prediction]:
    """Return what `predict` returns, however many tasks there are; tell `check` of the progress."""
    control = _control(label_config)
    columns = [i for i, name in enumerate(served.classes) if control and name in control.labels]
    if served.head is None or control is None or len(columns) < 2:
        return [Prediction([], LABEL_FIRST) for _ in tasks]
    labels = [served.classes[i] for i in columns]
    data = (task.get("data") if isinstance(task, Mapping) else None for task in tasks)
    texts = [control.text_of(one) for one in data]
    readable = [text for text in texts if text is not None]
    probabilities = _renormalised(_run(served.head, readable, check)[:, columns])
    scores = SCORES[score](probabilities)
    rows = iter(zip(probabilities, scores, strict=True))
    return [
        Prediction([], LABEL_LAST) if text is None else _prediction(control, labels, *next(rows))
        for text in texts
    ]


def _control(label_config: str) -> TextChoices | None:
    try:
        return read_label_config(label_config)
    except Unprocessable:
        return None


def _run(head: Head, texts: list[str], check: Callable[[float], None]) -> Floats:
    """Predict batch by batch; after each, tell the share of the characters that is done."""
    rows = [np.empty((0, len(head.classes)), np.float32)]
    total, done = sum(map(len, texts)), 0
    for batch in batched(texts, _TEXTS_AT_ONCE, strict=False):
        rows.append(head.predict_proba(batch))
        done += sum(map(len, batch))
        if done:
            check(done / total)
    return np.concatenate(rows)


def _renormalised(probabilities: Floats) -> Floats:
    """Share out what went to labels that the label config offers no more."""
    sums = probabilities.sum(axis=1, keepdims=True)
    return probabilities / np.maximum(sums, np.finfo(np.float32).tiny)


def _prediction(
    control: TextChoices, labels: Sequence[str], row: Floats, score: float
) -> Prediction:
    best = int(row.argmax())
    return Prediction([control.region(labels[best], float(row[best]))], float(score))


def _refuse_a_large_answer(tasks: int, served: Served) -> None:
    longest = max((len(name) for name in served.classes), default=0)
    each = _RESULT_BYTES + 6 * longest  # JSON may write a character as \uXXXX
    if tasks * each > _MOST_ANSWER_BYTES:
        raise TooLarge(f"the answer for {tasks:,} tasks would be too large; {_ADVICE}")

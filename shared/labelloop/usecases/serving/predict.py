"""Answer a prediction request: one result for each task, in the order of the tasks."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np

from labelloop.domain.ordering.random_share import are_random
from labelloop.domain.ordering.selection import LABEL_FIRST, LABEL_LAST, Floats, place_of
from labelloop.errors import TooLarge, Unprocessable
from labelloop.ports import Head
from labelloop.recipes.label_config import read_label_config
from labelloop.recipes.text_choices.control import TextChoices
from labelloop.recipes.text_choices.terms import MOST_CHARACTERS
from labelloop.usecases.learning.featurise import Featuriser
from labelloop.usecases.serving.serve import Served

# API Gateway gives up after 30 s, and Lambda answers with at most 6 MB.
_BUDGET_S: Final = 25.0
_MOST_ANSWER_BYTES: Final = 5_500_000
_RESULT_BYTES: Final = 120  # of a result without its region
_WORK_AT_ONCE: Final = 30_000  # characters: some 100 short texts, half a second with an encoder
_ADVICE: Final = "select fewer tasks in the Data Manager and retrieve predictions in several steps"


@dataclass(frozen=True)
class Prediction:
    """What is predicted for one task."""

    result: list[dict[str, Any]]
    score: float


@dataclass(frozen=True, slots=True)
class Question:
    """What a version is asked: a control, and those of its labels that the version knows."""

    control: TextChoices
    labels: list[str]
    columns: list[int]

    def shares(self, probabilities: Floats) -> Floats:
        """Return the probabilities of the labels that are offered, shape (texts, labels)."""
        if len(self.columns) == probabilities.shape[1]:
            return probabilities
        return _renormalised(probabilities[:, self.columns])

    def predictions(self, shares: Floats, scores: Iterable[float]) -> list[Prediction]:
        """Return a prediction for each row of shares, shape (texts, labels)."""
        best, surest = shares.argmax(axis=1).tolist(), shares.max(axis=1).tolist()
        regions = map(self.control.region, (self.labels[i] for i in best), surest)
        rows = zip(regions, scores, strict=True)
        return [Prediction([region], float(score)) for region, score in rows]


def question(label_config: str, served: Served) -> Question | None:
    """Return what can be asked about a label config; None if nothing the version has learnt."""
    control = _control(label_config)
    columns = [i for i, name in enumerate(served.classes) if control and name in control.labels]
    if served.head is None or control is None or len(columns) < 2:
        return None
    return Question(control, [served.classes[i] for i in columns], columns)


def predict(
    tasks: Sequence[Any],
    label_config: str,
    served: Served,
    featuriser: Featuriser,
    clock: Callable[[], float] = time.monotonic,
) -> list[Prediction]:
    """Return one prediction for each task, whatever the tasks hold.

    A task without a readable text gets an empty result and goes last; all results are empty while
    there is no model, or when the label config is none that the model can answer. Raises TooLarge,
    as soon as this can be told, when the answer would be too large or too late.
    """
    control = _control(label_config)
    longest = max(served.classes, key=len, default="")
    if len(tasks) * _result_bytes(control, longest) > _MOST_ANSWER_BYTES:
        raise TooLarge(f"the answer for {len(tasks):,} tasks would be too large; {_ADVICE}")
    asked = question(label_config, served)
    if asked is None or served.head is None:
        return [Prediction([], LABEL_FIRST) for _ in tasks]
    data = (task.get("data") if isinstance(task, Mapping) else None for task in tasks)
    texts = [asked.control.text_of(one) for one in data]
    readable = [text for text in texts if text is not None]
    shares = asked.shares(_run(served.head, featuriser, readable, clock))
    rows = iter(asked.predictions(shares, place_of(served.strategy, shares)))
    return [Prediction([], LABEL_LAST) if text is None else next(rows) for text in texts]


def blinded(answers: list[Prediction], tasks: Sequence[Any], salt: str) -> list[Prediction]:
    """Return the answers with no suggestion for the random share, until a task is labelled.

    Label Studio says of each task whether it is: with several annotators not before the last one.
    """
    ids = [_id_to_hide(task) for task in tasks]
    hidden = are_random(ids, salt) & (np.array(ids, np.int64) > 0)
    return [replace(o, result=[]) if hides else o for o, hides in zip(answers, hidden, strict=True)]


def _id_to_hide(task: Any) -> int:
    """Return the id of a task that is still to be labelled, 0 of any other."""
    id_ = task.get("id") if isinstance(task, Mapping) and not task.get("is_labeled") else 0
    return id_ if type(id_) is int and 0 < id_ < 2**63 else 0


def _control(label_config: str) -> TextChoices | None:
    try:
        return read_label_config(label_config)
    except Unprocessable:
        return None


def _run(
    head: Head, featuriser: Featuriser, texts: list[str], clock: Callable[[], float]
) -> Floats:
    """Encode and predict batch by batch; give up early if the rest won't be done in time."""
    if len(texts) == 1:  # what an annotator waits for: there is no rest
        probabilities: Floats = head.predict_proba(featuriser(texts, encode=bool(head.encoder)))
        return probabilities
    rows = [np.empty((0, len(head.classes)), np.float32)]
    if head.encoder:
        featuriser.vectors(texts[:1])  # loading the encoder tells nothing of the rest
    total, done, started = sum(map(_work, texts)), 0, clock()
    for batch in _batches(texts):
        rows.append(head.predict_proba(featuriser(batch, encode=bool(head.encoder))))
        done += sum(map(_work, batch))
        if (clock() - started) * total / done > _BUDGET_S:
            late = f"{len(texts):,} tasks would take more than {_BUDGET_S:.0f} s"
            raise TooLarge(f"{late}; {_ADVICE}")
    return np.concatenate(rows)


def _batches(texts: list[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    work = 0
    for text in texts:
        batch.append(text)
        work += _work(text)
        if work >= _WORK_AT_ONCE:
            yield batch
            batch, work = [], 0
    if batch:
        yield batch


def _work(text: str) -> int:
    """Return what a text costs, in characters: each has its overhead, and is read up to a limit."""
    return 200 + min(len(text), MOST_CHARACTERS)


def _renormalised(probabilities: Floats) -> Floats:
    """Share out what went to labels that the label config offers no more."""
    sums = probabilities.sum(axis=1, keepdims=True)
    return probabilities / np.maximum(sums, np.finfo(np.float32).tiny)


@lru_cache(maxsize=64)
def _result_bytes(control: TextChoices | None, longest: str) -> int:
    """Lambda counts the answer as JSON within JSON: quotes and letters beyond ASCII grow twice."""
    region = control.region(longest, 1 / 3) if control else None
    return _RESULT_BYTES + len(json.dumps(json.dumps(region)))

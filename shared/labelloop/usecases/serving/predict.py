"""Answer a prediction request: one result for each task, in the order of the tasks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from labelloop.domain.answers import Answers, joined_answers
from labelloop.domain.ordering.random_share import are_random, is_random
from labelloop.domain.ordering.selection import LABEL_FIRST, LABEL_LAST, place_of
from labelloop.errors import BadRecipe, TooLarge
from labelloop.observability import count, logger
from labelloop.recipes import control_or_none, has_own
from labelloop.recipes.signature import covers
from labelloop.usecases.serving.serve import Served
from labelloop.usecases.serving.showable import Door

if TYPE_CHECKING:  # protocols take milliseconds of a cold start
    from labelloop.recipes.protocol import Control, Input, Model, Tools

# API Gateway gives up after 30 s, and Lambda answers with at most 6 MB.
_BUDGET_S: Final = 25.0
_MOST_ANSWER_BYTES: Final = 5_500_000
_RESULT_BYTES: Final = 120  # of a result without its region
_WORK_AT_ONCE: Final = 30_000  # characters: some 100 short texts, half a second with an encoder
_ADVICE: Final = "select fewer tasks in the Data Manager and retrieve predictions in several steps"


class OwnRecipes:
    """What recipes of one's own may take of a request. One that never ends is not tried again.

    Each try would keep an annotator waiting. `rests_s`: after how long it is tried again.
    """

    def __init__(self, limit_s: float = 15.0, rests_s: float = 300.0) -> None:
        self._limit_s, self._rests_s = limit_s, rests_s
        self._until: dict[tuple[str, str], float] = {}

    @contextmanager
    def trying(self, version: str, label_config: str) -> Iterator[None]:
        """Run the block within the limit; BadRecipe if it is over, or was a while ago."""
        what, started = (version, label_config), time.monotonic()
        if started < self._until.get(what, 0.0):
            raise BadRecipe("the recipe did not end a while ago")
        try:
            from labelloop.recipes.guard import within

            with within(self._limit_s, "predicting with a recipe of one's own"):
                yield
        except BadRecipe:
            if time.monotonic() - started >= self._limit_s:
                self._until[what] = time.monotonic() + self._rests_s
            raise


OWN: Final = OwnRecipes()


@dataclass(frozen=True)
class Prediction:
    """What is predicted for one task."""

    result: list[dict[str, Any]]
    score: float


@dataclass(frozen=True, slots=True)
class Question:
    """What a version answers: a control, and those of the version's names that may be shown."""

    control: Control
    names: tuple[str, ...]

    def shown(self, answers: Answers) -> Answers:
        """Return answers by the names that may be shown."""
        return self.control.shown(answers, self.names)


def question_of(control: Control | None, served: Served) -> Question | None:
    """Return the question of a control; None if the version answers another one, or none of it."""
    if served.model is None or control is None or control.recipe != served.recipe:
        return None
    if not covers(served.signature, control):
        return None
    names = control.known(served.names)
    return None if names is None else Question(control, names)


def predict(
    tasks: Sequence[Any],
    label_config: str,
    served: Served,
    tools: Tools,
    clock: Callable[[], float] = time.monotonic,
) -> list[Prediction]:
    """Return one prediction for each task, whatever the tasks hold.

    A task without a readable input gets an empty result and goes last; all results are empty while
    there is no model, if the model has learnt nothing of the label config, or if a recipe of one's
    own fails. Raises TooLarge, as early as possible, if the answer would be too large or too late.
    """
    if not has_own():
        return _predict(tasks, label_config, served, tools, clock)
    try:
        with OWN.trying(served.version, label_config):
            return _predict(tasks, label_config, served, tools, clock)
    except BadRecipe as exc:
        return not_predicted(tasks, served, exc)


def not_predicted(tasks: Sequence[Any], served: Served, why: BadRecipe) -> list[Prediction]:
    """Return empty predictions, as a recipe failed: which is logged and counted."""
    facts = {"version": served.version, "why": str(why).partition(":")[0]}  # the rest: a text
    logger().error("recipe failed", extra=facts)
    count("ResultsRejected")
    return [Prediction([], LABEL_FIRST) for _ in tasks]


def _predict(
    tasks: Sequence[Any],
    label_config: str,
    served: Served,
    tools: Tools,
    clock: Callable[[], float],
) -> list[Prediction]:
    control = control_or_none(label_config, served.recipe, served.signature)
    question = question_of(control, served)
    names = tuple(served.names) if question else ()
    if len(tasks) * _result_bytes(control, names) > _MOST_ANSWER_BYTES:
        raise TooLarge(f"the answer for {len(tasks):,} tasks would be too large; {_ADVICE}")
    if question is None or served.model is None:
        return [Prediction([], LABEL_FIRST) for _ in tasks]
    control = question.control
    data = [task.get("data") if isinstance(task, Mapping) else None for task in tasks]
    inputs = [control.input_of(fields) for fields in data]
    rows = [row for row, one in enumerate(inputs) if one is not None]
    predictions = [Prediction([], LABEL_LAST) for _ in tasks]
    if not rows:
        return predictions
    asked = [inputs[row] for row in rows]
    answers, readable = _run(served.model, control, asked, tools, clock)
    rows = [rows[row] for row in readable]
    answers = question.shown(answers)
    scores = place_of(served.strategy, control.measure.reading(answers)).tolist()
    results = control.results(answers)
    shown = Door(label_config, served.version).showable(results, [data[row] for row in rows])
    for row, result, score in zip(rows, shown, scores, strict=True):
        predictions[row] = Prediction(result, score)
    return predictions


def blinded(answers: list[Prediction], tasks: Sequence[Any], project_key: str) -> list[Prediction]:
    """Return the answers with no suggestion for the random share, until a task is labelled.

    Label Studio sends whether a task is labelled: with several annotators, once all are done.
    """
    ids = [_id_to_hide(task) for task in tasks]
    if len(ids) == 1:  # what an annotator waits for
        hidden = [is_random(ids[0], project_key)]
    else:
        hidden = are_random(ids, project_key).tolist()
    return [
        replace(answer, result=[]) if id_ and hides else answer
        for answer, id_, hides in zip(answers, ids, hidden, strict=True)
    ]


def _id_to_hide(task: Any) -> int:
    """Return the id of a task that is still to be labelled, 0 of any other."""
    id_ = task.get("id") if isinstance(task, Mapping) and not task.get("is_labeled") else 0
    return id_ if type(id_) is int and 0 < id_ < 2**63 else 0


def _run(
    model: Model,
    control: Control,
    inputs: Sequence[Input],
    tools: Tools,
    clock: Callable[[], float],
) -> tuple[Answers, list[int]]:
    """Return the answers for the inputs that can be read, and which these are.

    Encode and predict batch by batch; give up early if the rest won't be done in time.
    """
    work = [control.work(one) for one in inputs] if len(inputs) > 1 else [1]
    if model.encoder and len(inputs) > 1:
        control.features(inputs[:1], tools, model.needs)  # loading the encoder is not timed
    answers: list[Answers] = []
    readable: list[int] = []
    total, done, started = sum(work), 0, clock()
    for batch in _batches(work):
        features = control.features([inputs[row] for row in batch], tools, model.needs)
        found = features.are_finite().nonzero()[0].tolist()
        answers.append(model.answer(features.take(found)))
        readable += [batch[row] for row in found]
        done += sum(work[row] for row in batch)
        if len(inputs) > 1 and (clock() - started) * total / done > _BUDGET_S:
            late = f"{len(inputs):,} tasks would take more than {_BUDGET_S:.0f} s"
            raise TooLarge(f"{late}; {_ADVICE}")
    joined = joined_answers(answers)
    kept = joined.columns.are_finite().nonzero()[0].tolist()
    return joined.take(kept), [readable[row] for row in kept]


def _batches(work: Sequence[int]) -> Iterator[range]:
    """Yield rows in batches of about the same work."""
    first, size = 0, 0
    for row, one in enumerate(work):
        size += one
        if size >= _WORK_AT_ONCE:
            yield range(first, row + 1)
            first, size = row + 1, 0
    if first < len(work):
        yield range(first, len(work))


@lru_cache(maxsize=64)
def _result_bytes(control: Control | None, names: tuple[str, ...]) -> int:
    """Lambda counts the answer as JSON within JSON: quotes and letters beyond ASCII grow twice."""
    region = control.largest(names) if control else None
    return _RESULT_BYTES + len(json.dumps(json.dumps(region)))

"""Odd tasks and odd annotations of each kind: one result each, nothing raised, nothing lost."""

import json
import math
import random
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from labelloop.errors import Unprocessable
from labelloop.recipes import control_of
from labelloop.recipes.protocol import Control, Model
from labelloop.recipes.tools import Images, Toolbox
from labelloop.usecases.serving.predict import predict
from labelloop.usecases.serving.serve import Served
from tests.kinds.example import Example
from tests.reliability.report import find, size
from tests.reliability.requests import ODD, spoilt
from tests.tiny_encoder import CountingEncoder
from tests.tiny_images import encoder as image_encoder
from tests.tiny_images import fetch

KINDS = sorted(
    path.stem
    for path in (Path(__file__).parents[1] / "kinds").glob("*.py")
    if path.stem not in {"__init__", "example"}
)
AT_ONCE = 100


def tools() -> Toolbox:
    images = Images(image_encoder().name, image_encoder, fetch)
    return Toolbox(CountingEncoder.name, CountingEncoder, images)


@cache
def example_of(kind: str) -> Example:
    example: Example = import_module(f"tests.kinds.{kind}").EXAMPLE
    return example


@cache
def learnt(kind: str) -> tuple[Control, Model | None]:
    """Return the control of a kind and a model of its example, None if it has none."""
    example = example_of(kind)
    control = control_of(example.config)
    labels = [control.label_of(result) for result in example.results]
    if control.missing(labels, 0):
        return control, None
    inputs = [control.input_of(data) for data in example.tasks]
    fitted = control.fit(labels, control.features(inputs, tools()), None, tools())
    return control, control.load(fitted.packed().artefact)


def odd(chance: random.Random, value: Any) -> Any:
    """Return JSON with something odd in it, or in its place."""
    if chance.random() < 0.1:
        return chance.choice(ODD)
    while True:
        try:
            return json.loads(spoilt(chance, json.dumps(value)))
        except (ValueError, RecursionError):
            continue


@pytest.mark.parametrize("kind", KINDS)
def test_each_odd_task_gets_one_result_that_can_be_shown(kind):
    example, (control, model) = example_of(kind), learnt(kind)
    chance, many = random.Random(kind), size(300, 10_000)
    served = Served("1-aaaaaaaa", model, recipe=control.recipe)
    wrong = 0
    for _ in range(many // AT_ONCE):
        tasks = [
            {"id": 1, "data": odd(chance, chance.choice(example.tasks))} for _ in range(AT_ONCE)
        ]
        predictions = predict(tasks, example.config, served, tools())
        wrong += len(predictions) != AT_ONCE
        for one in predictions:
            json.dumps(one.result, allow_nan=False)
            wrong += not math.isfinite(one.score)

    find(f"{kind}: odd tasks without one finite result", wrong, f"of {many}")


@pytest.mark.parametrize("kind", KINDS)
def test_each_odd_annotation_is_a_label_or_says_why_not(kind):
    example, (control, model) = example_of(kind), learnt(kind)
    chance, many = random.Random(kind), size(200, 2_000)
    labels, inputs, wrong = [], [], 0
    for _ in range(many):
        task = chance.choice(example.tasks)
        regions = odd(chance, example.answer(task))
        result = [one for one in regions if isinstance(one, dict)] if _is_list(regions) else []
        label, (reason, _) = control.label_of(result), control.why_unusable(result, True)
        wrong += (label is None) != bool(reason)
        json.dumps(label, allow_nan=False)
        wrong += not set(control.parts(label)) <= set(control.offered) if label is not None else 0
        if label is not None:
            labels.append(label)
            inputs.append(control.input_of(task))
    if model is not None and not control.missing(labels, 0):
        try:
            control.fit(labels, control.features(inputs, tools()), None, tools()).packed()
        except Unprocessable:
            wrong += 1

    find(f"{kind}: odd annotations that are neither label nor reason", wrong, f"of {many}")


def _is_list(value: Any) -> bool:
    return isinstance(value, list)

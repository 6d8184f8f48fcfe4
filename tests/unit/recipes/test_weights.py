"""How much each of several controls weighs in the order, by the project's settings."""

import math

import numpy as np
import pytest

from labelloop.domain.answers import Answers
from labelloop.recipes import control_of
from labelloop.recipes.several_controls.parts import answers_beside
from labelloop.recipes.signature import signature_of
from labelloop.recipes.text.probabilities import answers_of
from labelloop.recipes.weights import weighted, weights_of
from tests.builders import label_config

AB = '<Choice value="A"/><Choice value="B"/>'
TWO = (
    '<View><Text name="t" value="$text"/>'
    f'<Choices name="x" toName="t">{AB}</Choices><Choices name="y" toName="t">{AB}</Choices></View>'
)


def settings(**weights: object) -> dict[str, object]:
    """Return settings as Label Studio sends them."""
    rows = {name: {"overall": one, "type": "Choices"} for name, one in weights.items()}
    return {"control_weights": rows}


def said(**likely: float) -> Answers:
    """Return answers about one task, by how likely A is to each control."""
    rows = {f"{n}:": answers_of(np.array([[p, 1 - p]]), ("A", "B")) for n, p in likely.items()}
    return answers_beside(1, rows)


@pytest.mark.parametrize(
    ("given", "weights"),
    [
        ({}, {"x": 1, "y": 1}),
        (settings(x=1.0, y=1.0), {"x": 1, "y": 1}),
        (settings(x=0.25, y=2), {"x": 0.25, "y": 2}),
        (settings(x=0.25, other=9), {"x": 0.25, "y": 1}),
        (settings(x=0), {"x": 0, "y": 1}),
        (settings(x=0, y=0), {"x": 1, "y": 1}),
        (settings(x=-1, y="2"), {"x": 1, "y": 1}),
        (settings(x=math.inf, y=True), {"x": 1, "y": 1}),
        ({"control_weights": [1]}, {"x": 1, "y": 1}),
        ({"control_weights": {"x": 3}}, {"x": 1, "y": 1}),
    ],
)
def test_what_is_no_weight_counts_as_one(given, weights):
    assert weights_of(control_of(TWO), given) == weights


def test_a_reading_is_the_mean_by_weights_and_versions_are_compared_as_before():
    control = control_of(TWO)
    heavy = weighted(control, settings(x=3, y=1))
    answers, labels = said(x=0.9, y=0.5), [{"x": "A", "y": "B"}]

    assert control.measure.reading(answers).sureness()[0] == pytest.approx(0.4)
    assert heavy.measure.reading(answers).sureness()[0] == pytest.approx(0.6)
    assert heavy.measure.hits(answers, labels) == control.measure.hits(answers, labels)
    assert heavy.measure.log_scores(answers, labels) == control.measure.log_scores(answers, labels)
    assert signature_of(heavy) == signature_of(control)


def test_a_task_that_only_controls_without_a_weight_answer_is_read_by_those():
    heavy = weighted(control_of(TWO), settings(x=0, y=1))

    assert heavy.measure.reading(said(x=0.9)).sureness()[0] == pytest.approx(0.8)


def test_one_control_alone_has_no_weight():
    control = control_of(label_config())

    assert weighted(control, settings(label=3)) is control
    assert weights_of(control, settings(label=3)) == {}

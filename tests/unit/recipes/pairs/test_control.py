"""What annotators' results mean, and what is shown of answers."""

import numpy as np
import pytest

from labelloop.recipes import control_of
from labelloop.recipes.text.probabilities import answers_of
from tests.kinds.pairs import CONFIG

CONTROL = control_of(CONFIG)


def region(side, **changes):
    value = {"selected": side}
    made = {"from_name": "pw", "to_name": "pw", "type": "pairwise", "value": value}
    return made | changes


@pytest.mark.parametrize("to_name", ["pw", "text1", "text2"])
@pytest.mark.parametrize("origin", ["manual", "prediction"])
def test_both_names_that_label_studio_saves_are_read(to_name, origin):
    result = [region("right", to_name=to_name, origin=origin, id="ajrkdJ5vcz")]

    assert CONTROL.label_of(result) == "right"


@pytest.mark.parametrize(
    "result",
    [
        [],
        [region("text2")],
        [region(None)],
        [region(["left"])],
        [region("left", from_name="other")],
        [region("left", value="left")],
    ],
)
def test_what_names_no_side_is_no_label(result):
    assert CONTROL.label_of(result) is None
    assert CONTROL.why_unusable(result, True) == ("without an answer to 'pw'", "")


def test_of_two_regions_the_one_that_the_page_shows_counts():
    assert CONTROL.label_of([region("left"), region("right")]) == "right"


def test_a_label_of_a_task_without_texts_is_unusable():
    reason = CONTROL.why_unusable([region("left")], False)

    assert reason == ("on tasks without texts under $pairText1 and $pairText2", "")


def test_results_are_what_imports_take_and_the_page_shows():
    answers = answers_of(np.array([[0.75, 0.25], [0.125, 0.875]]), ("left", "right"))

    shown = {"from_name": "pw", "to_name": "text1", "type": "pairwise"}
    assert CONTROL.results(answers) == [
        [shown | {"value": {"selected": "left"}, "score": 0.75}],
        [shown | {"value": {"selected": "right"}, "score": 0.875}],
    ]


def test_one_side_alone_can_be_learnt():
    assert CONTROL.missing(["left", "left"], 0) == ""
    assert CONTROL.missing(["left"], 0) == "a model takes 2 usable labels, and there are 1"

"""What the results of annotations say by the choices that are offered."""

import pytest

from labelloop.labelstudio.label_config import parse
from labelloop.recipes.text_choices.offered import Offered, read_offered

ALIASED = '<Choices><Choice value="Good" alias="g"/><Choice value="g2" alias="Good"/></Choices>'
NESTED = (
    '<Choices allowNested="true"><Choice value="Yes" alias="y"/><Choice value="No"/>'
    '<Choice value="Other" alias="o"><Choice value="sarcasm" alias="sa"/><Choice value="joke"/>'
    "</Choice></Choices>"
)


def offered(xml: str) -> Offered:
    return read_offered(parse(xml).root)


@pytest.mark.parametrize(
    ("choices", "label"), [(["g"], "g"), ("g", "g"), (["g2"], "Good"), (["x"], None), ([], None)]
)
def test_a_label_is_known_by_its_alias_and_by_its_value(choices, label):
    assert offered(ALIASED).label_of(choices) == label


def test_what_is_saved_as_the_alias_of_one_choice_is_not_the_value_of_another():
    assert offered(ALIASED).label_of(["Good"]) == "Good"


@pytest.mark.parametrize(
    ("choices", "label"),
    [
        ([["y"]], "y"),
        ([["No"]], "No"),
        ([["o", "sa"]], "o / sa"),
        ([["o"], ["o", "sa"]], "o / sa"),
        ([["o"], ["o", "sa"], ["o", "joke"]], "o"),
        ([["Other", "sarcasm"]], "o / sa"),
        (["joke"], "o / joke"),
        (["y"], "y"),
        ([["o", "none"]], None),
        ([[7]], None),
    ],
)
def test_a_nested_choice_is_a_path(choices, label):
    assert offered(NESTED).label_of(choices) == label


def test_a_prediction_of_a_nested_choice_ticks_what_lies_below_it_too():
    assert offered(NESTED).value_of("o / sa") == [["o", "sa"]]
    assert offered(NESTED).value_of("o") == [["o"], ["o", "sa"], ["o", "joke"]]


def test_what_is_predicted_is_read_as_the_same_label():
    for found in (offered(NESTED), offered(ALIASED), Offered.of(["A", "B"])):
        assert [found.label_of(found.value_of(label)) for label in found.labels] == [*found.labels]

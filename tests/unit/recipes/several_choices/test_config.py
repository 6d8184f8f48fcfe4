"""Which choice of several is learnt, and why another is not."""

import re

import pytest

from labelloop.labelstudio.label_config import parse
from labelloop.recipes import control_of
from labelloop.recipes.several_choices.control import SeveralChoices
from labelloop.recipes.several_choices.recipe import RECIPE
from tests.builders import label_config

TWO = '<Choice value="A"/><Choice value="B"/>'


def several(attributes: str = "", inside: str = TWO, around: str = "") -> str:
    return (
        f'<View><Text name="body" value="$text"/>'
        f'<View {around}><Choices name="topics" toName="body" choice="multiple" {attributes}>'
        f"{inside}</Choices></View></View>"
    )


def read(xml: str) -> SeveralChoices:
    control = control_of(xml)
    assert isinstance(control, SeveralChoices)
    return control


def test_a_choice_of_several_is_learnt_with_its_aliases():
    control = read(several(inside='<Choice value="Spam" alias="s"/><Choice value="Ad"/>'))

    assert (control.from_name, control.to_name, control.sees) == ("topics", "body", "text")
    assert control.offered == ("s", "Ad")
    assert control.is_pushable
    assert control.law is None


def test_one_box_is_enough():
    assert read(several(inside='<Choice value="Urgent"/>')).offered == ("Urgent",)


def test_a_single_choice_before_or_after_it_is_learnt_beside_it():
    both = several().replace("</View></View>", "</View>") + (
        f'<Choices name="tone" toName="body">{TWO}</Choices></View>'
    )

    assert control_of(both).recipe == "several_controls"
    assert RECIPE.read(parse(both)) is not None


def test_of_nested_boxes_those_without_others_below_are_offered_and_nothing_is_pushed():
    inside = '<Choice value="No"/><Choice value="Other"><Choice value="x"/></Choice>'

    control = read(several('allowNested="true"', inside))

    assert control.offered == ("No", "Other / x")
    assert not control.is_pushable
    assert not read(several().replace("toName", "toname")).is_pushable


@pytest.mark.parametrize("kind", ["HyperText", "Paragraphs", "Table", "Header"])
def test_any_object_that_shows_text_will_do(kind):
    assert read(several().replace("<Text", f"<{kind}")).to_name == "body"


def test_nothing_ticked_is_an_answer_where_the_editor_shows_the_boxes_and_lets_it_pass():
    hidden = 'visibleWhen="choice-selected" whenTagName="x" whenChoiceValue="y"'

    assert read(several()).may_be_empty
    assert not read(several('required="true"')).may_be_empty
    assert not read(several(hidden)).may_be_empty
    assert not read(several(around=hidden)).may_be_empty


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        (several('perRegion="true"'), "Choices 'topics' is asked of each region"),
        (several('perItem="true"'), "Choices 'topics' is asked of each item"),
        (several('value="$options"', ""), r"takes its choices from the tasks \(\$options\)"),
        (several(inside=""), "offers no choice"),
        (several().replace('toName="body"', 'toName="body,b"'), "is about several objects"),
        (several().replace('toName="body"', 'toName="b"'), "names no object"),
        (several().replace('name="topics"', ""), "Choices '' has no name"),
        (several().replace("<Text", "<Image"), "is about Image 'body'"),
    ],
    ids=range(8),
)
def test_a_choice_of_several_that_cannot_be_learnt_says_why(xml, why):
    config = parse(xml)

    assert RECIPE.read(config) is None
    assert re.search(why, RECIPE.why_not(config))


def test_a_config_without_one_is_not_of_this_kind():
    assert RECIPE.read(parse(label_config())) is None
    assert RECIPE.why_not(parse(label_config())) == ""

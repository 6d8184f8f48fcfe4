"""Which number of a label config is learnt, and why another is not."""

import re

import pytest

from labelloop.labelstudio.label_config import parse
from labelloop.recipes.numbers.control import NumberControl
from labelloop.recipes.numbers.recipe import RECIPE

TEXT = '<Text name="body" value="$text"/>'
# Label Studio's own template for assessing chatbots, without its second question.
CHATBOT = (
    '<View><Paragraphs name="dialogue" value="$messages" layout="dialogue" nameKey="role" '
    'textKey="content"/><Rating name="likert_scale" maxRating="7"/>'
    '<Labels name="part" toName="dialogue"><Label value="Wrong"/></Labels></View>'
)


def read(xml: str) -> NumberControl:
    control = RECIPE.read(parse(xml))
    assert control is not None
    return control


def why_not(xml: str) -> str:
    config = parse(xml)
    assert RECIPE.read(config) is None
    return RECIPE.why_not(config)


def number(attributes: str, tag: str = "Number") -> str:
    return f'<View>{TEXT}<{tag} name="heat" toName="body" {attributes}/></View>'


def test_stars_count_from_1_to_5_unless_the_config_says_how_many():
    assert read(number("", "Rating")).scale.text == "1 to 5"
    assert read(number('maxRating="7"', "Rating")).scale.text == "1 to 7"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('min="-1" max="1" step="0.1"', (-1, 1, 0.1)),
        ('max="10"', (0, 10, 0.1)),
        ('max="10" slider="true"', (0, 10, 1)),
        ('min="0" max="1"', (0, 1, 0.01)),
        ('min="0" max="100000"', (0, 100_000, 1)),
        ('min="0" max="10" step="0"', (0, 10, 0.1)),
    ],
)
def test_a_number_has_a_range_and_steps(attributes, expected):
    scale = read(number(attributes)).scale

    assert (scale.low, scale.high, scale.step) == expected


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (number(""), "Number 'heat' has no max, or no range"),
        (number('min="3" max="3"'), "has no max, or no range"),
        (number('min="0" max="many"'), "has no max, or no range"),
        (number('max="3" step="5"'), "has no max, or no range"),
        (number('maxRating="1"', "Rating"), "Rating 'heat' has no max, or no range"),
        (number('max="9" perRegion="true"'), "is asked of each region"),
        (number('max="9" perItem="true"'), "is asked of each item"),
        (number('max="9"').replace('name="heat"', ""), "has no name"),
        (number('max="9"').replace('toName="body"', 'toName="other"'), "names no object"),
        (number('max="9"').replace("Text", "Image"), "is about Image 'body'"),
        (number('max="9"', "Slider"), 'no tag that the editor knows; <Number slider="true">'),
        (f"<View>{TEXT}</View>", "only a <Rating> or a <Number> about a text is learnt"),
    ],
)
def test_what_cannot_be_learnt_is_told(xml, reason):
    assert re.search(reason, why_not(xml))


def test_a_control_that_cannot_be_learnt_does_not_hide_one_that_can():
    xml = number("").replace("</View>", '<Rating name="stars" toName="body"/></View>')

    control = read(xml)

    assert control.from_name == "stars"
    assert control.others == ("Number 'heat'",)


def test_a_control_without_to_name_is_about_the_only_object():
    control = read(CHATBOT)

    assert (control.from_name, control.to_name) == ("likert_scale", "dialogue")
    assert control.input_of({"messages": [{"role": "user", "content": "Hi"}]}) == "user: Hi"
    assert not control.is_pushable  # the import of predictions finds it in no config
    assert control.others == ("Labels 'part'",)


def test_a_control_without_to_name_beside_two_objects_is_about_neither():
    two = CHATBOT.replace("<View>", '<View><Text name="more" value="$more"/>')

    assert "has no toName, and there is not one object alone" in why_not(two)

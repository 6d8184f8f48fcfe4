"""Which control of a label config is learnt, and why another is not."""

import re

import pytest

from labelloop.errors import Unprocessable
from labelloop.labelstudio.label_config import parse
from labelloop.recipes import control_of
from labelloop.recipes.text_choices.control import TextChoices
from labelloop.recipes.text_choices.recipe import RECIPE
from tests.builders import label_config

TWO = '<Choice value="A"/><Choice value="B"/>'


def read(xml: str) -> TextChoices:
    control = control_of(xml)
    assert isinstance(control, TextChoices)
    return control


def choices(attributes: str = "", inside: str = TWO, text: str = 'value="$text"') -> str:
    return (
        f'<View><Text name="body" {text}/>'
        f'<Choices name="tone" toName="body" {attributes}>{inside}</Choices></View>'
    )


def test_a_label_config_names_the_control_the_text_and_the_labels():
    control = read(label_config("Positive", "Negative"))

    assert (control.from_name, control.to_name) == ("label", "text")
    assert (control.text.value, control.sees) == ("$text", "text")
    assert control.offered == ("Positive", "Negative")
    assert control.others == ()
    assert control.is_pushable


def test_a_control_that_cannot_be_used_does_not_hide_one_that_can():
    xml = label_config().replace(
        "<Choices",
        '<Choices name="one" toName="text"><Choice value="Only"/></Choices>'
        '<Choices name="part" toName="text" perRegion="true">'
        '<Choice value="A"/><Choice value="B"/></Choices><Choices',
        1,
    )

    control = read(xml)

    assert control.from_name == "label"
    assert control.others == ("Choices 'one'", "Choices 'part' (asked of each region)")


def test_of_two_controls_the_first_is_read_and_the_other_named():
    xml = label_config().replace(
        "</View>", f'<Choices name="mood" toName="text">{TWO}</Choices></View>'
    )

    control = RECIPE.read(parse(xml))

    assert control is not None
    assert (control.from_name, control.others) == ("label", ("Choices 'mood'",))


def test_an_alias_stands_for_its_choice():
    xml = choices(inside='<Choice value="Good" alias="g"/><View><Choice value="Bad"/></View>')

    assert read(xml).offered == ("g", "Bad")


def test_tags_and_attributes_are_taken_in_either_case():
    xml = (
        '<view><text name="t" value=" $a "/>'
        '<choices name="c" toname="t" CHOICE="single"><choice value="A"/><choice Value="B"/>'
        "</choices></view>"
    )

    control = read(xml)

    assert (control.from_name, control.text.value, control.offered) == ("c", "$a", ("A", "B"))
    assert not control.is_pushable, "the import of predictions knows a control by its toName"


def test_choices_within_a_choice_are_offered_only_if_nested():
    inside = '<Choice value="A"><Choice value="x"/></Choice><Choice value="B"/>'

    assert read(choices(inside=inside)).offered == ("A", "B")
    nested = read(choices('allowNested="true"', inside))
    assert nested.offered == ("A", "A / x", "B")
    assert not nested.is_pushable


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        ("<View/>", "no control; only a <Choices> about a text is learnt"),
        ('<View><Labels name="l" toName="t"/></View>', "Labels 'l'; only a <Choices>"),
        (choices('perRegion="true"'), "Choices 'tone' is asked of each region"),
        (choices('peritem="true"'), "Choices 'tone' is asked of each item"),
        (choices(inside='<Choice value="Only"/>'), "offers fewer than two choices"),
        (choices().replace('toName="body"', 'toName="body,b"'), "is about several objects"),
        (choices().replace('toName="body"', 'toName="b"'), "names no object"),
        (choices().replace('name="tone"', ""), "Choices '' has no name"),
        (
            choices().replace("<Text", "<Image"),
            "is about Image 'body'; only objects",
        ),
        (choices(text='value="$u" valueType="url"'), "Text 'body', which is fetched; of texts"),
        (choices(text='value="$t" encoding="base64"'), "texts are encoded or fetched"),
        (choices(text='value="$t[{{idx}}]"'), "Text 'body', which a <Repeater> repeats"),
        (choices(text='value="fixed"'), r"shows no field of the task \(value='fixed'\)"),
    ],
    ids=range(13),
)
def test_a_config_that_cannot_be_learnt_says_why(xml, why):
    config = parse(xml)

    assert RECIPE.read(config) is None
    assert re.search(why, RECIPE.why_not(config))


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        ("", "empty"),
        ("not xml", "not well-formed XML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><View>&a;</View>', "not well-formed"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><View/>', "not well-formed"),
        ("<View>" * 100_000, "not well-formed"),
        ("<View>" * 1_000 + "</View>" * 1_000, "more than 100 levels"),
    ],
    ids=range(6),
)
def test_what_is_no_config_says_why(xml, why):
    with pytest.raises(Unprocessable, match=f"label_config: .*{why}"):
        control_of(xml)


def test_every_control_that_cannot_be_learnt_has_its_own_reason():
    xml = choices('perRegion="true"').replace("</View>", '<Choices name="b" toName="body"/></View>')

    assert re.search(
        r"'tone' is asked of each region.*; Choices 'b' offers fewer", RECIPE.why_not(parse(xml))
    )

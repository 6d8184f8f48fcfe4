"""Which comparisons of a label config are learnt, and what is said of the others."""

import pytest

from labelloop.labelstudio.label_config import parse
from labelloop.recipes.pairs.config import read, why_none
from labelloop.recipes.pairs.question import opposite_of

TEXTS = '<Text name="one" value="$one"/><Text name="other" value="$other"/>'
ASKED = '<Pairwise name="pw" toName="one,other"/>'


def config(*tags: str):
    return parse(f"<View>{''.join(tags)}</View>")


def test_both_texts_are_read_and_the_first_is_named():
    control = read(config(ASKED, TEXTS))

    assert control is not None
    assert (control.from_name, control.to_name) == ("pw", "one")
    assert control.sees == "one\nother"
    assert control.offered == ("left", "right")
    assert control.about() == {
        "choice": "pw",
        "text": "$one + $other",
        "labels": ["left", "right"],
        "others": [],
    }


def test_the_prompt_of_two_answers_is_read_beside_them():
    control = read(config('<Text name="prompt" value="$prompt"/>', ASKED, TEXTS))

    assert control is not None
    assert control.sees == "one\nother\nprompt"
    data = {"one": "a", "other": "b", "prompt": "p"}
    assert control.input_of(data) == {"texts": ["a", "b"], "beside": "p"}
    assert control.input_of({"one": "a", "other": "b"}) == {"texts": ["a", "b"], "beside": ""}


@pytest.mark.parametrize("data", [{"one": "a"}, {"other": "b"}, {"one": "a", "other": None}, [], 3])
def test_a_task_that_lacks_a_text_is_not_read(data):
    control = read(config(ASKED, TEXTS))

    assert control is not None
    assert control.input_of(data) is None


def test_objects_of_other_kinds_that_show_text_are_compared_too():
    kinds = '<HyperText name="one" value="$one"/><Paragraphs name="other" value="$other"/>'
    control = read(config(ASKED, kinds))

    assert control is not None
    task = {"one": "<b>Hello</b>", "other": [{"author": "A", "text": "Bye"}]}
    assert control.input_of(task) == {"texts": ["Hello", "A: Bye"], "beside": ""}


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        (["<Choices name='c' toName='one'/>", TEXTS], "no <Pairwise> between two texts"),
        (["<Pairwise toName='one,other'/>", TEXTS], "Pairwise '' has no name"),
        (["<Pairwise name='pw' toName='one'/>", TEXTS], "Pairwise 'pw' is not about two objects"),
        (
            ["<Pairwise name='pw' toName='one,two'/>", TEXTS],
            "Pairwise 'pw' has a toName that names no object",
        ),
        (
            ["<Pairwise name='pw' toName='one,i'/>", TEXTS, "<Image name='i' value='$i'/>"],
            "Pairwise 'pw' is about Image 'i'",
        ),
    ],
)
def test_what_is_not_learnt_is_said(tags, reason):
    assert read(config(*tags)) is None
    assert why_none(config(*tags)).startswith(reason)


def test_a_heading_that_compares_is_the_question():
    asked, told = '<Header value="Which is MORE polite?"/>', '<Header value="Look at both"/>'
    shown = '<Header value="$more"/>'

    questions = [read(config(*tags, ASKED, TEXTS)) for tags in ([told, shown, asked], [told])]

    assert [one.question for one in questions if one] == ["Which is MORE polite?", ""]


@pytest.mark.parametrize(
    ("question", "opposite"),
    [
        ("Which is MORE polite?", "Which is less polite?"),
        ("Choose the better answer, no more.", "Choose the worse answer, no more."),
        ("Which one is worst", "Which one is best"),
        ("Moreover?", "Moreover?"),
    ],
)
def test_the_opposite_of_a_question_turns_its_first_comparative_round(question, opposite):
    assert opposite_of(question) == opposite

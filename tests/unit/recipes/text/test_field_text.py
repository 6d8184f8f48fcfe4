"""What Label Studio's page shows of a task's data is what is read of it."""

import pytest

from labelloop.recipes.text.field_text import FieldText

DATA = {
    "text": "a",
    "article": {"body": "b", "parts": [{"title": "t"}]},
    "texts": ["c", "d"],
    "a.b": "whole name",
    "n": 7,
    "yes": True,
    "none": None,
    "текст": "д",
    "my-key": "m",
}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("$text", "a"),
        ("$article.body", "b"),
        ("$article.parts[0].title", "t"),
        ("$texts[0]", "c"),
        ("$texts", "c,d"),
        ("$texts[2]", None),
        ("$a.b", "whole name"),
        ("$n", "7"),
        ("$yes", "true"),
        ("$none", None),
        ("$article", None),
        ("$missing", None),
        ("$text.body", None),
        ("$текст", "д"),
        ("$my-key", "m"),
        ("Review: $text", "Review: a"),
        ("$article.body on $n", "b on 7"),
        ("Review: $missing of $text", "Review:  of a"),
        ("Review: $missing", None),
        ("Review: $article.body", "Review: b"),
    ],
)
def test_a_value_is_filled_in_from_the_data(value, text):
    assert FieldText(value).of(DATA) == text


@pytest.mark.parametrize("data", [None, "a", 7, ["text"], {}])
def test_data_of_another_shape_has_no_text(data):
    assert FieldText("$text").of(data) is None


@pytest.mark.parametrize(
    ("value", "is_variable"),
    [("$text", True), ("Review: $text", True), ("fixed", False), ("", False), ("5 $ a", False)],
)
def test_a_value_without_a_variable_is_known_as_such(value, is_variable):
    assert FieldText(value).is_variable == is_variable


def test_texts_kept_by_the_name_of_their_field_are_still_found():
    assert FieldText("$text").key == FieldText.named("text").key == "text"
    assert FieldText("$my-key").key == "my-key"


def test_no_two_templates_share_a_key():
    values = ["$a", "a $b", "$a $b", "Review: $a", "$a.b", "$a[0]"]

    assert len({FieldText(value).key for value in values}) == len(values)

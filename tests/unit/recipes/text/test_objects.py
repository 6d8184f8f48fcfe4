"""Objects that show text: what is read of each, as Label Studio shows it."""

import pytest

from labelloop.labelstudio.label_config import parse
from labelloop.recipes.text.objects import TextInput, TextObject, why_unread


def one(xml: str) -> TextObject:
    """Return the object that a tag declares."""
    (tag,) = parse(f"<View>{xml}</View>").root.children
    assert why_unread(tag) == ""
    return TextObject.read(tag)


PARAGRAPHS = '<Paragraphs name="p" value="$talk" nameKey="who" textKey="says"/>'
TALK = [{"who": "Ann", "says": "Hi"}, {"says": "Yes"}, {"who": "Bob"}, "odd", None]


@pytest.mark.parametrize(
    ("xml", "data", "text"),
    [
        ('<Text name="t" value="$a"/>', {"a": "x"}, "x"),
        ('<Header value="About: $a"/>', {"a": "x"}, "About: x"),
        ('<HyperText name="h" value="$a"/>', {"a": "<p>One</p><p>t&amp;wo</p>"}, "One t&wo"),
        ('<HyperText name="h" value="$a"/>', {"a": "<script>x()</script>Shown"}, "Shown"),
        ('<HyperText name="h" value="$a"/>', {"a": "no tags < here"}, "no tags < here"),
        (PARAGRAPHS, {"talk": TALK}, "Ann: Hi\nYes"),
        (PARAGRAPHS, {"talk": []}, None),
        (PARAGRAPHS, {"talk": "one text"}, "one text"),
        ('<Table name="t" value="$row"/>', {"row": {"a": 1, "b": "x", "c": {}}}, "a: 1\nb: x"),
        ('<Table name="t" value="$row"/>', {"row": [{"a": 1}, {"a": 2}]}, "a: 1\na: 2"),
        ('<List name="l" value="$l"/>', {"l": [{"id": 1, "title": "A", "body": "b"}]}, "A\nb"),
        ('<Chat name="c" value="$c"/>', {"c": [{"role": "user", "content": "Q"}]}, "user: Q"),
        ('<Paragraphs name="p" value="$a.talk"/>', {"a": {"talk": [{"text": "x"}]}}, "x"),
    ],
    ids=range(13),
)
def test_an_object_is_read_as_it_is_shown(xml, data, text):
    assert one(xml).of(data) == text


@pytest.mark.parametrize("kind", ["HyperText", "Paragraphs", "Table", "List", "Chat"])
@pytest.mark.parametrize("data", [None, 3, "x", [], {}, {"a": None}, {"a": {"b": [[]]}}], ids=repr)
def test_odd_data_is_no_text(kind, data):
    assert one(f'<{kind} name="o" value="$a"/>').of(data) is None


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        ('<Image name="i" value="$i"/>', "only objects that show text"),
        (
            '<HyperText name="h" value="$u" valueType="url"/>',
            "which is fetched; of texts by address",
        ),
        ('<Header value="Fixed"/>', "shows no field"),
        ('<Text name="t" value="$t[{{idx}}]"/>', "a <Repeater> repeats"),
    ],
)
def test_what_cannot_be_read_says_why(xml, why):
    (tag,) = parse(f"<View>{xml}</View>").root.children

    assert why in why_unread(tag)


def test_all_that_the_page_shows_is_read_the_object_of_the_control_first():
    config = parse(
        '<View><Header value="Fixed"/><Header value="Who is $q?"/>'
        '<HyperText name="passage" value="$p"/><Image name="i" value="$i"/></View>'
    )
    text = TextInput.about("passage", config)

    assert text.of({"q": "first", "p": "<b>Ada</b>"}) == "Ada\nWho is first?"
    assert text.of({"p": "Ada"}) == "Ada"
    assert text.of({"q": "first"}) is None
    assert text.value == "$p + Who is $q?"


def test_what_is_read_has_a_key_of_its_own():
    keys = [
        one(xml).key
        for xml in (
            '<Text name="t" value="$a"/>',
            '<HyperText name="t" value="$a"/>',
            '<Paragraphs name="t" value="$a"/>',
            '<Paragraphs name="t" value="$a" textKey="b"/>',
            '<Text name="t" value="$b"/>',
        )
    ]

    assert keys[0] == "a"
    assert len(set(keys)) == 5

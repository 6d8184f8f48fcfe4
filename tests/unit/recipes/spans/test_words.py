"""What is read of tasks: words, and where Label Studio's places put them."""

import json

import pytest

from labelloop.labelstudio.label_config import parse
from labelloop.recipes.spans.pages import text_of
from labelloop.recipes.spans.places import PHRASE
from labelloop.recipes.spans.recipe import RECIPE
from labelloop.recipes.spans.words import MOST_WORDS, words_of
from tests.kinds import spans as kinds


def spelt(text, **more):
    return words_of({"text": text} | more).spellings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ada Lovelace, 36.", ["Ada", "Lovelace", ",", "36", "."]),
        ("2times don't", ["2", "times", "don", "'", "t"]),
        ("東京に住む", ["東", "京", "に", "住", "む"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("e\u0301cole 😀!", ["e\u0301cole", "😀", "!"]),
        ("a_b\t\r\nc", ["a", "_", "b", "c"]),
        (" \n", []),
        ("", []),
    ],
)
def test_words_are_letters_digits_or_one_other_character(text, words):
    assert spelt(text) == words


def test_places_in_a_text_are_code_points():
    words = words_of({"text": "Hi 😀 Ada"})

    assert words.places == [(0, 2), (3, 4), (5, 8)]


def test_places_in_a_dialogue_are_phrases_and_utf16_units():
    data = {
        "talk": [{"author": "a", "text": "Hi"}, 7, {"text": "Paris 😀 Monday"}, {"author": "b"}]
    }
    control = RECIPE.read(parse(kinds.DIALOGUE))
    assert control is not None
    one = control.input_of(data)

    words = words_of(json.loads(json.dumps(one)))

    third = 2 * PHRASE
    assert words.spellings == ["Hi", "Paris", "😀", "Monday"]
    assert words.places == [
        (0, 2),
        (third, third + 5),
        (third + 6, third + 8),
        (third + 9, third + 15),
    ]


@pytest.mark.parametrize(
    ("page", "word", "place"),
    [  # as measured in Label Studio 1.23.2
        ("<p>A 😀<br>Bob</p>\r\n<p>x &nbsp; Carl</p>", "Bob", 4),
        ("<p>A 😀<br>Bob</p>\r\n<p>x &nbsp; Carl</p>", "Carl", 12),
        (
            "<ul>\n  <li>One</li>\n  <li>Two   Dan</li>\n</ul><script>var x=1</script><p>Eve</p>",
            "Dan",
            15,
        ),
        (
            "<ul>\n  <li>One</li>\n  <li>Two   Dan</li>\n</ul><script>var x=1</script><p>Eve</p>",
            "Eve",
            19,
        ),
        ("<p>Title: Emma</p>\n<p>Author: Jane Austen &amp; friends</p>", "friends", 34),
        ("<table><tr><td>Dune</td><td>Frank Herbert</td></tr></table>", "Frank", 4),
        ("plain text without tags, Author Bob", "Author", 25),
    ],
)
def test_places_in_a_page_are_those_of_its_text_nodes(page, word, place):
    text, breaks = text_of(page)
    words = words_of({"text": text, "breaks": breaks})

    assert words.places[words.spellings.index(word)][0] == place


def test_words_of_different_nodes_are_apart():
    text, breaks = text_of("<h1>Moby Dick</h1><p>By <b>Herman</b></p>")
    words = words_of({"text": text, "breaks": breaks})

    assert words.spellings == ["Moby", "Dick", "By", "Herman"]
    assert words.windows[0][0] == "Moby Dick By Herman"


def test_a_short_text_is_one_window_and_a_long_one_is_cut_where_sentences_end():
    short = words_of({"text": "It was so. " * 10})
    long_ = words_of({"text": "It was a cold and windy day. " * 20})
    endless = words_of({"text": "word " * 120})

    assert len(short.windows) == 1
    assert [len(spans) for _, spans in long_.windows] == [48, 48, 48, 16]
    assert [len(spans) for _, spans in endless.windows] == [50, 50, 20]
    for text, spans in long_.windows:
        assert text.startswith("It was")
        assert [text[slice(*span)] for span in spans[:2]] == ["It", "was"]


def test_only_the_first_words_of_a_text_are_read():
    assert len(spelt("a b " * 1_000)) == MOST_WORDS
    assert spelt("x" * 50_000)[0] == "x" * 20_000

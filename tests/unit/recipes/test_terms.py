"""Terms: what a text becomes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelloop.recipes.terms import MOST_CHARACTERS, normalise, terms


def test_a_text_becomes_its_words_and_the_ngrams_within_them():
    assert list(terms("Ab c")) == [
        "=ab",
        "=c",
        " a",
        "ab",
        "b ",
        " ab",
        "ab ",
        " ab ",
        " c",
        "c ",
        " c ",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("STRASSE", "straße"),
        ("ΟΔΟΣ", "οδος"),
        ("é", "e\u0301"),
        ("ﬁn", "fin"),
        ("\uff46ull", "full"),
    ],
)
def test_forms_of_the_same_text_become_the_same_terms(one, other):
    assert list(terms(one)) == list(terms(other))


@pytest.mark.parametrize("text", ["", " \n\t", "\ud800"])
def test_a_text_of_nothing_has_no_terms(text):
    assert list(terms(text)) == []


def test_only_the_beginning_of_a_very_long_text_is_looked_at():
    assert list(terms("ab " * MOST_CHARACTERS)) == list(
        terms(("ab " * MOST_CHARACTERS)[:MOST_CHARACTERS])
    )


@given(st.text())
def test_any_text_has_terms_that_can_be_stored(text):
    assert all(term.encode() for term in terms(text))


@given(st.text())
def test_normalising_twice_is_normalising_once(text):
    assert normalise(normalise(text)) == normalise(text)

"""Terms: what a text becomes."""

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelloop.recipes.text.terms import IDS, MOST_CHARACTERS, bags_of, normalise, term_ids


def test_a_text_becomes_its_words_and_the_ngrams_within_them():
    names = ["=ab", " a", "ab", "b ", " ab", "ab ", " ab ", "=c", " c", "c ", " c "]

    assert list(term_ids("Ab c")) == [1 + crc32(name.encode()) % IDS for name in names]


def test_a_han_character_is_a_word_as_no_blanks_are_between_words():
    names = [
        "=不好a",
        "=不",
        "=好",
        " 不",
        "不好",
        "好a",
        "a ",
        " 不好",
        "不好a",
        "好a ",
        " 不好a",
        "不好a ",
    ]

    assert list(term_ids("不好A")) == [1 + crc32(name.encode()) % IDS for name in names]
    assert 1 + crc32("=좋".encode()) % IDS not in term_ids("좋다"), "Korean has blanks"


def test_a_bag_counts_each_term_once_in_ascending_order():
    bags = bags_of(["a a b", ""])

    counted = {id_: 2.0 if id_ in set(term_ids("a")) else 1.0 for id_ in sorted(term_ids("a b"))}
    assert dict(zip(bags.ids.tolist(), bags.counts.tolist(), strict=True)) == counted
    assert bags.ids.tolist() == list(counted)
    assert bags.starts.tolist() == [0, len(counted), len(counted)]


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
    assert list(term_ids(one)) == list(term_ids(other))


@pytest.mark.parametrize("text", ["", " \n\t", "\ud800"])
def test_a_text_of_nothing_has_no_terms(text):
    assert list(term_ids(text)) == []


def test_only_the_beginning_of_a_very_long_text_is_looked_at():
    assert list(term_ids("ab " * MOST_CHARACTERS)) == list(
        term_ids(("ab " * MOST_CHARACTERS)[:MOST_CHARACTERS])
    )


@given(st.text())
def test_any_text_has_ids_of_which_none_is_the_padding(text):
    assert all(1 <= id_ <= IDS for id_ in term_ids(text))


@given(st.text())
def test_normalising_twice_is_normalising_once(text):
    assert normalise(normalise(text)) == normalise(text)

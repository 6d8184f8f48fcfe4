"""Labels as words."""

import pytest

from labelloop.recipes.text.label_names import words_of


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("BookRestaurant", "book restaurant"),
        ("card_arrival", "card arrival"),
        ("comp.sys.mac-hardware", "comp sys mac hardware"),
        ("NOT OK", "not ok"),
        ("Änderung", "änderung"),
        ("好评", "好评"),
        ("__", ""),
    ],
)
def test_a_label_is_read_as_words(label, words):
    assert words_of(label) == words

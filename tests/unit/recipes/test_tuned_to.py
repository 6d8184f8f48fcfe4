"""Which texts an encoder was tuned to: by digests, whatever form the input has."""

import numpy as np
import pytest

from labelloop.domain.columns import Columns
from labelloop.recipes.tuned_to import TUNED, are_tuned, digests_of, marked

KNOWN = digests_of(["A fine film", "dull"])


def test_digests_are_short_sorted_and_hold_nothing_of_the_text():
    assert sorted(KNOWN) == KNOWN
    assert [len(one) for one in KNOWN] == [16, 16]
    assert digests_of(["dull", "dull", " Dull "]) == digests_of(["dull"])
    assert digests_of([]) == []


@pytest.mark.parametrize(
    "input_",
    [
        "A fine film",
        "a  FINE film ",
        {"text": "dull", "other": "new"},
        ["new", "dull"],
        {"left": {"items": ["new", ("dull",)]}},
    ],
)
def test_a_text_is_known_wherever_it_is_in_an_input(input_):
    assert are_tuned([input_], frozenset(KNOWN)).tolist() == [True]


@pytest.mark.parametrize("input_", ["a fine", "", {}, [], None, 3, {"dull": "new"}, "\ud800"])
def test_what_is_new_is_not_known(input_):
    assert are_tuned([input_], frozenset(KNOWN)).tolist() == [False]


def test_of_most_encoders_no_text_is_looked_at():
    assert are_tuned([object()], frozenset()).tolist() == [False]


def test_features_are_marked_only_where_there_is_something_to_mark():
    seen = Columns(2, {"vectors": np.eye(2)})

    assert marked(seen, np.array([False, False])) is seen
    told = marked(seen, np.array([True, False])).array(TUNED)
    assert told is not None
    assert told.tolist() == [True, False]

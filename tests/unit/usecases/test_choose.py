"""A project's options over the stack's settings."""

import pytest

from labelloop.domain.options import SCORE_NAMES, Options
from labelloop.domain.selection import SCORES
from labelloop.errors import Unprocessable
from labelloop.usecases.choose import choose
from tests.builders import PROJECT


def test_the_names_of_the_scores_are_those_of_the_functions():
    assert set(SCORE_NAMES) == set(SCORES)


def test_what_is_not_named_stays_as_it_was(store):
    choose(PROJECT, {"score": "entropy"}, store)

    assert choose(PROJECT, {"delete_predictions": False}, store) == Options("entropy", False)
    assert choose(PROJECT, {"score": None}, store) == Options(None, False)


def test_other_keys_are_ignored_and_nothing_is_stored_for_them(store):
    assert choose(PROJECT, {"flavour": "small"}, store) == Options()
    assert store.keys("options") == []


def test_a_choice_made_again_writes_nothing_and_asks_for_no_ranking(store):
    ranked: list[str] = []
    choose(PROJECT, {"score": "entropy"}, store, ranked.append)
    choose(PROJECT, {"score": "entropy"}, store, ranked.append)

    assert ranked == [PROJECT]


@pytest.mark.parametrize("score", ["best", "", 7, ["margin"]])
def test_an_unknown_score_is_refused_with_the_names_of_those_there_are(store, score):
    with pytest.raises(Unprocessable, match="margin, entropy, least_confidence"):
        choose(PROJECT, {"score": score}, store)


def test_two_who_choose_at_once_both_get_their_way(store, monkeypatch):
    choose(PROJECT, {"score": "margin"}, store)
    replace = store.replace

    def once(key, body, etag):
        monkeypatch.setattr(store, "replace", replace)
        choose(PROJECT, {"delete_predictions": True}, store)
        return replace(key, body, etag)

    monkeypatch.setattr(store, "replace", once)

    assert choose(PROJECT, {"score": "entropy"}, store) == Options("entropy", True)

"""A project's options over the stack's settings."""

import pytest

from labelloop.domain.ordering.strategies import STRATEGIES
from labelloop.domain.serving.options import STRATEGY_NAMES, Options
from labelloop.errors import Unprocessable
from labelloop.messages import WakeUp
from labelloop.usecases.serving.choose import ChooseDeps, choose
from tests.builders import PROJECT


def test_the_names_of_the_strategies_are_those_of_the_functions():
    assert set(STRATEGY_NAMES) == set(STRATEGIES)


def test_what_is_not_named_stays_as_it_was(store, queue):
    choose(PROJECT, {"strategy": "entropy"}, ChooseDeps(store=store, queue=queue))

    assert choose(
        PROJECT, {"delete_predictions": False}, ChooseDeps(store=store, queue=queue)
    ) == Options("entropy", False, 1)
    assert choose(PROJECT, {"strategy": None}, ChooseDeps(store=store, queue=queue)) == Options(
        None, False, 2
    )


def test_other_keys_are_ignored_and_nothing_is_stored_for_them(store, queue):
    assert choose(PROJECT, {"flavour": "small"}, ChooseDeps(store=store, queue=queue)) == Options()
    assert store.keys("options") == []


def test_a_choice_made_again_writes_nothing_and_asks_for_no_version(store, queue):
    choose(PROJECT, {"strategy": "entropy"}, ChooseDeps(store=store, queue=queue))
    choose(PROJECT, {"strategy": "entropy"}, ChooseDeps(store=store, queue=queue))

    assert [wake_up for wake_up, _ in queue.sent] == [WakeUp(PROJECT, "options")]


def test_only_another_order_makes_another_version(store, queue):
    choose(PROJECT, {"delete_predictions": False}, ChooseDeps(store=store, queue=queue))

    assert len(queue) == 0


def test_a_choice_is_kept_though_the_wake_up_is_lost(store, queue):
    queue.down = True

    assert (
        choose(PROJECT, {"strategy": "entropy"}, ChooseDeps(store=store, queue=queue)).revision == 1
    )


@pytest.mark.parametrize("strategy", ["best", "", 7, ["margin"]])
def test_an_unknown_strategy_is_refused_with_the_names_of_those_there_are(store, queue, strategy):
    with pytest.raises(Unprocessable, match="margin, entropy, least_confidence"):
        choose(PROJECT, {"strategy": strategy}, ChooseDeps(store=store, queue=queue))


def test_two_who_choose_at_once_both_get_their_way(store, queue, monkeypatch):
    choose(PROJECT, {"strategy": "margin"}, ChooseDeps(store=store, queue=queue))
    replace = store.replace

    def once(key, body, etag):
        monkeypatch.setattr(store, "replace", replace)
        choose(PROJECT, {"delete_predictions": True}, ChooseDeps(store=store, queue=queue))
        return replace(key, body, etag)

    monkeypatch.setattr(store, "replace", once)

    assert choose(
        PROJECT, {"strategy": "entropy"}, ChooseDeps(store=store, queue=queue)
    ) == Options("entropy", True, 2)

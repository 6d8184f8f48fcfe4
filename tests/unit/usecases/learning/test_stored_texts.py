"""Texts by address that were fetched are kept: of a shard that is begun, and of labelled tasks."""

from dataclasses import replace

import pytest

from labelloop.bucket.features import FeatureFiles
from labelloop.bucket.pool import Pool
from labelloop.recipes import control_of, folder_of
from labelloop.usecases.learning.task_features import features_of_labelled, features_of_shards
from labelloop.usecases.learning.vectors import Limits, StoredVectors, Unfinished
from tests.builders import PROJECT, task
from tests.kinds import text_choices
from tests.texts_by_address import HOST, Files, by_address
from tests.unit.usecases.learning.encoding import MinutesClock

FILES = Files()
CONTROL = control_of(by_address(text_choices.EXAMPLE, FILES).config)


@pytest.fixture
def server() -> Files:
    return Files()


@pytest.fixture
def stored(store) -> FeatureFiles:
    return FeatureFiles(store, PROJECT, folder_of(CONTROL.recipe, ""))


def addresses(server: Files, count: int) -> list[str]:
    return [server.put(f"the text with the number {number}") for number in range(count)]


def test_a_shard_s_texts_are_fetched_in_several_goes_and_none_twice(server, stored, store):
    pool, texts = Pool(store, PROJECT), addresses(server, 60)
    lost = [f"{HOST}lost-{number}.txt" for number in range(5)]
    data = [{"text": address} for address in [*lost, *texts]]
    pool.add("a", [replace(task(n), data=one) for n, one in enumerate(data, 1)])
    goes = 0

    while True:
        goes += 1
        assert goes < 10
        try:
            (shard,) = features_of_shards(
                pool.shards(), pool, CONTROL, stored, server.toolbox(), 90.0, MinutesClock()
            )
        except Unfinished:
            continue
        break

    assert goes > 1
    assert server.asked == [*lost, *texts]
    assert shard.is_readable.tolist() == [False] * 5 + [True] * 60
    assert {one.reason for one in shard.unread.tasks} == {"the server answered 404"}


def test_a_training_that_runs_out_of_time_fetches_the_rest_in_the_next(server, stored):
    texts = addresses(server, 250)
    inputs = [{"text": address} for address in texts]

    for _ in range(2):
        with (
            pytest.raises(Unfinished),
            StoredVectors(server.toolbox(), stored, Limits(30.0), MinutesClock()) as tools,
        ):
            CONTROL.features(inputs, tools)
    with StoredVectors(server.toolbox(), stored, Limits(30.0), MinutesClock()) as tools:
        features = CONTROL.features(inputs, tools)

    assert server.asked == texts
    assert features.are_finite().all()
    assert not tools.unread


def test_what_a_training_does_not_use_any_more_is_dropped(server, stored):
    first, second = addresses(server, 2)
    for used in ([first, second], [second, server.put("a third")]):
        with StoredVectors(server.toolbox(), stored) as tools:
            tools.texts(used)

    assert sorted(stored.texts().values()) == ["a third", "the text with the number 1"]


def test_a_very_long_text_is_stored_as_far_as_it_is_read(server, stored):
    address = server.put("x" * 300_000)

    with StoredVectors(server.toolbox(), stored) as tools:
        assert tools.texts([address, address]) == ["x" * 200_000] * 2

    assert list(stored.texts().values()) == ["x" * 200_000]
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"", b"damaged", b"\x1f\x8b", b"[]"])
def test_damaged_texts_are_fetched_again(server, stored, store, body):
    (address,) = addresses(server, 1)
    with StoredVectors(server.toolbox(), stored) as tools:
        tools.texts([address])
    store.tamper(store.keys("texts.json")[0], body)

    with StoredVectors(server.toolbox(), stored) as tools:
        assert tools.texts([address]) == ["the text with the number 0"]


def test_labelled_texts_are_told_apart_by_what_is_stored(server, stored):
    inputs = [{"text": address} for address in addresses(server, 8)]
    with StoredVectors(server.toolbox(), stored) as tools:
        seen = CONTROL.features(inputs, tools)
    server.is_down = True

    again = features_of_labelled(inputs, CONTROL, stored, server.toolbox())

    assert len(again) == len(inputs)
    assert again.to_arrays()["bags.ids"].tolist() == seen.to_arrays()["bags.ids"].tolist()

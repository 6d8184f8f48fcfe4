"""Images of the pool: what is out of reach is tried again, and what was fetched is kept."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelloop.bucket.features import FeatureFiles, ShardFeatures
from labelloop.bucket.pool import Pool
from labelloop.bucket.unread import NEVER
from labelloop.errors import Unreached, Unreadable
from labelloop.recipes import control_of, folder_of
from labelloop.recipes.tools import Images, Toolbox
from labelloop.usecases.learning.task_features import Times, features_of_shards, unlabelled_of
from labelloop.usecases.learning.vectors import Unfinished
from tests.builders import PROJECT, task
from tests.kinds.image_choices import EXAMPLE
from tests.tiny_images import FILE, encoder, fetch

CONTROL = control_of(EXAMPLE.config)
MINUTE = 60.0


class Source:
    """Where images are: it may be down, or slow by a number of seconds for each batch of them."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.slow_s, self.now = 0.0, 0.0
        self.asked: list[str] = []

    def __call__(self, addresses: Sequence[str]) -> list[bytes | Unreadable]:
        self.asked += addresses
        self.now += self.slow_s
        found = fetch(addresses)
        return [
            Unreached("the server answered 503") if address in self.down else one
            for address, one in zip(addresses, found, strict=True)
        ]

    def clock(self) -> float:
        return self.now


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def pool(store) -> Pool:
    return Pool(store, PROJECT)


@pytest.fixture
def files(store) -> FeatureFiles:
    return FeatureFiles(store, PROJECT, folder_of(CONTROL.recipe, encoder().name))


@pytest.fixture
def look(pool, files, source):
    """Look at the pool in a process that has seen nothing yet, at a time in seconds since 1970."""

    def look(now: float = 0.0, budget_s: float = 100.0) -> list[ShardFeatures]:
        tools = Toolbox(images=Images(encoder().name, encoder, source))
        shards = pool.shards()
        return features_of_shards(
            shards, pool, CONTROL, files, tools, budget_s, source.clock, Times(now, now)
        )

    return look


def image(colour: str, number: int) -> str:
    return f"{FILE}{colour}-{number}.png"


def pictured(number: int, address: str):
    return replace(task(number), data={"image": address})


def rows_of(addresses: list[str]) -> Any:
    """Return the features of tasks with an image each."""
    tools = Toolbox(images=Images("t", encoder, fetch))
    return CONTROL.features([[one] for one in addresses], tools).array("vectors")


def test_what_is_out_of_reach_is_tried_again_once_its_time_has_come(pool, look, source):
    red, blue, lost = image("red", 1), image("blue", 2), image("lost", 3)
    pool.add("a", [pictured(1, red), pictured(2, blue), pictured(3, lost)])
    source.down = {blue}

    (first,) = look(now=0.0)
    assert first.is_readable.tolist() == [True, False, False]
    assert [(one.task, one.is_final) for one in first.unread.tasks] == [(2, False), (3, True)]

    source.down.clear()
    source.asked.clear()
    (early,) = look(now=4 * MINUTE)
    assert early.is_readable.tolist() == [True, False, False]
    assert source.asked == []

    (later,) = look(now=5 * MINUTE)
    assert later.is_readable.tolist() == [True, True, False]
    assert source.asked == [blue]
    assert later.unread.again_at == NEVER
    vectors = unlabelled_of([later], set(), {})[1].array("vectors")
    np.testing.assert_array_equal(vectors, rows_of([red, blue]))


def test_a_source_that_stays_down_is_tried_less_and_less_often(pool, look, source):
    pool.add("a", [pictured(1, image("red", 1))])
    source.down = {image("red", 1)}
    now, waits = 0.0, []

    for _ in range(10):
        (shard,) = look(now)
        waits.append(shard.unread.again_at - now)
        now = float(shard.unread.again_at)

    assert waits[:4] == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE]
    assert waits[-1] == 360 * MINUTE
    assert len(source.asked) == 10


def test_what_is_no_image_is_never_fetched_again(pool, look, source):
    pool.add("a", [pictured(1, image("lost", 1))])
    look()
    source.asked.clear()

    (again,) = look(now=1e9)

    assert source.asked == []
    assert [one.is_final for one in again.unread.tasks] == [True]


def test_what_can_be_read_is_in_place_when_all_others_come_back(pool, look, source):
    addresses = [image("red", n) for n in range(6)]
    pool.add("a", [pictured(n + 1, address) for n, address in enumerate(addresses)])
    source.down = set(addresses)
    look()
    source.down = {addresses[4]}

    look(now=5 * MINUTE)
    source.down.clear()
    (whole,) = look(now=1_000 * MINUTE)

    np.testing.assert_array_equal(whole.features.array("vectors"), rows_of(addresses))


def test_slow_images_are_fetched_in_several_goes_and_none_twice(pool, look, source, store):
    addresses = [image("red", n) for n in range(100)]
    pool.add("a", [pictured(n + 1, address) for n, address in enumerate(addresses)])
    source.slow_s, goes = 40.0, 0

    while True:
        goes += 1
        try:
            (shard,) = look(budget_s=60.0)
        except Unfinished:
            assert goes < 10
            continue
        break

    assert goes == 3
    assert source.asked == addresses
    assert shard.is_readable.all()
    (begun,) = store.keys("/begun/")
    assert len(store.body(begun)) < 1_000, "what was begun is not stored twice"


def test_slow_images_that_are_missing_are_not_asked_for_in_each_go(pool, look, source):
    addresses = [image("lost", n) for n in range(60)]
    source.down = set(addresses[:24])
    pool.add("a", [pictured(n + 1, address) for n, address in enumerate(addresses)])
    source.slow_s = 200.0

    for _ in range(2):
        with pytest.raises(Unfinished):
            look()
    (shard,) = look()

    assert source.asked == addresses
    assert [one.is_final for one in shard.unread.tasks] == [False] * 24 + [True] * 36


def test_damage_of_what_was_begun_costs_only_the_work(pool, look, source, store):
    addresses = [image("red", n) for n in range(40)]
    pool.add("a", [pictured(n + 1, address) for n, address in enumerate(addresses)])
    source.slow_s = 200.0
    with pytest.raises(Unfinished):
        look()
    store.tamper(store.keys("/begun/")[0], b"damaged")
    source.slow_s = 0.0

    (shard,) = look()

    assert shard.is_readable.all()


def test_a_shard_that_was_stored_without_reasons_is_read_as_it_is(pool, look, files, source):
    """As the release before stored it."""
    pool.add("a", [pictured(1, image("red", 1)), pictured(2, image("blue", 2))])
    source.down = {image("blue", 2)}
    (shard,) = look()
    stored = ShardFeatures(shard.tasks, shard.updated_at, shard.is_readable, shard.features)
    files.store_shard(pool.shards()[0], CONTROL.sees, stored)
    source.asked.clear()

    (again,) = look(now=1e9)

    assert source.asked == []
    assert again.is_readable.tolist() == [True, False]


def test_why_an_image_cannot_be_read_is_told_without_what_may_be_a_secret(pool, look, source):
    signed = "https://user:pass@files.example.com/a/lost-1.png?X-Amz-Signature=secret#part"
    pool.add("a", [pictured(1, signed), pictured(2, "data:image/png;base64,c2VjcmV0")])

    (shard,) = look()

    assert [one.where for one in shard.unread.tasks] == [
        "https://files.example.com/a/lost-1.png",
        "a data: URI",
    ]

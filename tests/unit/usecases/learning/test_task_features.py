"""Looking once: features are computed when they are missing, and only then."""

import io
from dataclasses import replace

import numpy as np
import pytest

from labelloop.bucket.features import FeatureFiles, ShardFeatures
from labelloop.bucket.pool import Pool
from labelloop.recipes import control_of, folder_of
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.terms import bags_of
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.task_features import (
    features_of_labelled,
    features_of_shards,
    unlabelled_of,
)
from labelloop.usecases.learning.vectors import StoredVectors, Unfinished
from tests.builders import PROJECT, label_config, task
from tests.tiny_encoder import CountingEncoder
from tests.unit.usecases.learning.encoding import CONTROL, MinutesClock


@pytest.fixture
def pool(store) -> Pool:
    pool = Pool(store, PROJECT)
    pool.add("a", [task(1, "x"), task(2, "xx")])
    pool.add("b", [task(3, "xxx"), task(4, {"no": "text"})])
    return pool


def equal(vectors, others) -> bool:
    """Say whether both are the same numbers, bit by bit."""
    return bool(vectors.shape == others.shape and (vectors == others).all())


def fresh(encoder: CountingEncoder) -> Toolbox:
    """A process that has seen nothing yet."""
    return Toolbox(encoder.name, lambda: encoder)


def test_a_pool_is_encoded_once(pool, kept, encoder):
    first = features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))
    again = features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))

    assert sorted(encoder.texts) == ["x", "xx", "xxx"]
    for one, other in zip(first, again, strict=True):
        ours, others = Features.of(one.features), Features.of(other.features)
        assert equal(ours.vectors, others.vectors)
        assert equal(ours.bags.ids, others.bags.ids)
        assert equal(ours.bags.starts, others.bags.starts)


def test_kept_features_are_read_without_the_tasks(pool, kept, encoder, monkeypatch):
    features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))
    monkeypatch.setattr(Pool, "read", None)

    assert len(features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))) == 2


def test_features_that_the_release_before_kept_are_read(pool, kept, encoder, store):
    first = features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))
    for key, one in zip(store.keys("/features/"), first, strict=True):
        store.tamper(key, as_stored_before(one))
    encoder.texts.clear()

    again = features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))

    assert encoder.texts == []
    for one, other in zip(first, again, strict=True):
        ours, others = Features.of(one.features), Features.of(other.features)
        assert equal(ours.vectors, others.vectors)
        assert equal(ours.bags.ids, others.bags.ids)
        assert equal(ours.bags.counts, others.bags.counts)
        assert equal(ours.bags.starts, others.bags.starts)
        assert (
            unlabelled_of([one], set(), {})[0].tolist()
            == unlabelled_of([other], set(), {})[0].tolist()
        )


def as_stored_before(one: ShardFeatures) -> bytes:
    """Return what the release before, which knew one kind of features, stored of a shard."""
    features, body = Features.of(one.features), io.BytesIO()
    assert features.vectors is not None
    np.savez_compressed(
        body,
        tasks=one.tasks,
        updated_at=one.updated_at,
        is_readable=one.is_readable,
        ids=features.bags.ids,
        counts=features.bags.counts.astype(np.uint16),
        lengths=np.diff(features.bags.starts).astype(np.uint32),
        vectors=features.vectors,
    )
    return body.getvalue()


def test_a_missing_or_damaged_shard_is_computed_again_and_no_other(pool, kept, encoder, store):
    features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))
    store.tamper(store.keys("/features/")[0], b"damaged")
    encoder.texts.clear()

    for _ in range(2):
        features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))

    assert sorted(encoder.texts) == ["x", "xx"]


def test_a_shard_of_which_nothing_could_be_read_is_looked_at_again(pool, kept, encoder, store):
    """What an earlier release could not read, as `$article.body`, it kept as unreadable."""
    pool.add("c", [task(5, {"body": "inside"})])
    nothing = control_of(label_config().replace("$text", "$text.none"))
    within = control_of(label_config().replace("$text", "$text.body"))
    (*_, unread) = features_of_shards(pool.shards(), pool, nothing, kept, fresh(encoder))
    shard = pool.shards()[-1]
    kept.store_shard(shard, within.sees, unread)

    looked = features_of_shards([shard], pool, within, kept, fresh(encoder))

    assert looked[0].is_readable.tolist() == [True]


def test_a_second_look_at_a_shard_without_text_writes_nothing(pool, kept, encoder, monkeypatch):
    pool.add("c", [task(5, {"image": "x.png"})])
    shard = pool.shards()[-1]
    (first,) = features_of_shards([shard], pool, CONTROL, kept, fresh(encoder))
    monkeypatch.setattr(FeatureFiles, "store_shard", None)

    (again,) = features_of_shards([shard], pool, CONTROL, kept, fresh(encoder))

    assert again.is_readable.tolist() == first.is_readable.tolist() == [False]


def test_a_label_config_about_another_field_is_looked_at_anew(pool, kept, encoder):
    features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))
    other = control_of(label_config().replace("$text", "$no"))
    (_, looked) = features_of_shards(pool.shards(), pool, other, kept, fresh(encoder))

    assert looked.is_readable.tolist() == [False, False]


def test_too_much_to_encode_is_gone_on_with_where_it_stopped(pool, kept, encoder):
    shards, tools = pool.shards(), fresh(encoder)

    with pytest.raises(Unfinished):
        features_of_shards(shards, pool, CONTROL, kept, tools, 59.0, MinutesClock())
    assert sorted(encoder.texts) == ["x", "xx"]
    features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))

    assert sorted(encoder.texts) == ["x", "xx", "xxx"]


def test_what_is_left_is_readable_not_done_and_in_its_newest_state(pool, kept, encoder):
    newer = replace(task(1, "x" * 9), updated_at="2026-11-24T09:00:00.000000+00:00")
    pool.add("c", [newer])
    looked = features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))

    tasks, features = unlabelled_of(looked, {2}, {})

    assert tasks.tolist() == [1, 3]
    assert equal(features.array("vectors"), CountingEncoder().encode(["x" * 9, "xxx"]))


def test_a_task_with_the_id_of_a_deleted_one_is_left(pool, kept, encoder):
    looked = features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))
    made = looked[0].updated_at[0]

    assert 1 not in unlabelled_of(looked, set(), {1: str(made)})[0]
    assert 1 in unlabelled_of(looked, set(), {1: "2026-11-22T09:00:00.000000+00:00"})[0]


def test_of_nothing_nothing_is_left(pool, kept, encoder):
    tasks, features = unlabelled_of([], set(), {})

    assert (len(tasks), len(features)) == (0, 0)


def test_of_tasks_that_cannot_be_read_nothing_is_left_beside_others(pool, kept, encoder):
    pool.add("0", [task(5, {"no": "text"}), task(6, {"no": "text"})])
    looked = features_of_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))

    tasks, features = unlabelled_of(looked, set(), {})

    assert sum(not one.is_readable.any() for one in looked) == 1
    assert tasks.tolist() == [1, 2, 3]
    assert equal(features.array("vectors"), CountingEncoder().encode(["x", "xx", "xxx"]))


def test_labelled_tasks_are_told_apart_by_what_a_training_stored(kept, encoder):
    with StoredVectors(fresh(encoder), kept) as tools:
        tools.vectors(["a", "bb"])
    encoder.texts.clear()

    seen = features_of_labelled(["bb", "new", "a"], CONTROL, kept, fresh(encoder))

    assert encoder.texts == []
    assert equal(seen.array("vectors"), CountingEncoder().encode(["bb", "a"]))


def test_before_the_first_training_the_last_labelled_tasks_are_encoded(kept, encoder):
    inputs = ["a", "bb", "ccc"]

    seen = features_of_labelled(inputs, CONTROL, kept, fresh(encoder), most_encoded=2)

    assert encoder.texts == ["bb", "ccc"]
    assert equal(seen.array("vectors"), CountingEncoder().encode(["bb", "ccc"]))


def test_without_an_encoder_labelled_tasks_are_told_apart_by_their_bags(store):
    kept = FeatureFiles(store, PROJECT, folder_of(CONTROL.recipe, ""))
    inputs = ["abc", "a", "abc"]

    seen = features_of_labelled(inputs, CONTROL, kept, Toolbox())

    assert equal(Features.of(seen).bags.ids, bags_of(inputs).ids)
    assert seen.array("vectors") is None
    assert store.keys("/features/") == []

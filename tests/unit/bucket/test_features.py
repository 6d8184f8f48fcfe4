"""Kept features: what was kept comes back as it was, and damage is never fatal."""

import numpy as np
import pytest
from labelloop.domain.learning.features import Features

from labelloop.bucket.features import KeptFeatures, ShardFeatures
from labelloop.recipes.text_choices.terms import bags_of
from tests.builders import PROJECT

SHARD = f"projects/{PROJECT}/pool/listed-000001.jsonl.gz"


@pytest.fixture
def kept(store) -> KeptFeatures:
    return KeptFeatures(store, PROJECT, "tiny-1")


def shard_of(texts: list[str], has_vectors: bool = True) -> ShardFeatures:
    count = len(texts)
    vectors = np.linspace(-1, 1, count * 3, dtype=np.float32).reshape(count, 3)
    return ShardFeatures(
        np.arange(count, dtype=np.int64),
        np.array([f"2026-11-23T09:00:{i:02d}" for i in range(count)], np.str_),
        np.array([bool(text) for text in texts], np.bool_),
        Features(bags_of(texts), vectors if has_vectors else None),
    )


def assert_equal(one: ShardFeatures, other: ShardFeatures | None) -> None:
    assert other is not None
    for name in ("tasks", "updated_at", "is_readable"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
    for name in ("ids", "counts", "starts"):
        values, others = getattr(one.features.bags, name), getattr(other.features.bags, name)
        assert values.dtype == others.dtype
        assert (values == others).all()
    vectors, others = one.features.vectors, other.features.vectors
    assert vectors is not None
    assert others is not None
    assert vectors.tobytes() == others.tobytes()


@pytest.mark.parametrize("texts", [["a b a", "", "x" * 30_000], []], ids=["some", "none"])
@pytest.mark.parametrize("has_vectors", [True, False])
def test_a_shard_comes_back_as_it_was_kept(kept, texts, has_vectors):
    shard = shard_of(texts, has_vectors)
    kept.keep_shard(SHARD, "text", shard)

    if has_vectors:
        assert_equal(shard, kept.shard(SHARD, "text"))
    else:
        assert kept.shard(SHARD, "text").features.vectors is None


def test_another_encoder_or_another_field_of_the_data_finds_nothing(kept, store):
    kept.keep_shard(SHARD, "text", shard_of(["a"]))

    assert kept.shard(SHARD, "title") is None
    assert kept.shard(SHARD.replace("1.jsonl", "2.jsonl"), "text") is None
    assert KeptFeatures(store, PROJECT, "tiny-2").shard(SHARD, "text") is None
    assert KeptFeatures(store, PROJECT, "").shard(SHARD, "text") is None


def test_no_damage_is_fatal_and_what_is_kept_anew_goes_over_it(kept, store):
    shard = shard_of(["a b", "c"])
    kept.keep_shard(SHARD, "text", shard)
    (key,) = store.keys("/features/")
    whole = store.body(key)
    damaged = [whole[:length] for length in range(0, len(whole) - 1, 41)]
    damaged += [whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :] for at in range(60, 400, 7)]

    for body in damaged:
        store.tamper(key, body)
        found = kept.shard(SHARD, "text")
        if found is not None:  # what was flipped is read by nobody
            assert_equal(shard, found)

    store.tamper(key, b"")
    kept.keep_shard(SHARD, "text", shard)
    assert_equal(shard, kept.shard(SHARD, "text"))


def test_a_shard_whose_arrays_do_not_fit_each_other_counts_as_damaged(kept):
    shard = shard_of(["a b", "c"])
    for wrong in (
        ShardFeatures(shard.tasks[:1], shard.updated_at, shard.is_readable, shard.features),
        ShardFeatures(
            shard.tasks,
            shard.updated_at,
            shard.is_readable,
            Features(shard.features.bags, np.full((2, 3), np.nan, np.float32)),
        ),
        ShardFeatures(
            shard.tasks,
            shard.updated_at,
            shard.is_readable,
            Features(shard.features.bags, np.ones((1, 3), np.float32)),
        ),
    ):
        kept.keep_shard(SHARD, "text", wrong)
        assert kept.shard(SHARD, "text") is None


def test_vectors_of_labelled_texts_come_back_and_are_one_object(kept, store):
    assert kept.labelled() == {}
    kept.keep_labelled({b"a" * 16: np.array([0.6, 0.8], np.float32)})
    kept.keep_labelled({b"\x00" * 16: np.array([0.1, 0.2], np.float32)})

    assert kept.labelled()[b"\x00" * 16].tolist() == np.array([0.1, 0.2], np.float32).tolist()
    assert len(kept.labelled()) == len(store.keys("labelled")) == 1


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"\x93NUMPY", b"x" * 1_000])
def test_damaged_vectors_of_labelled_texts_are_none(kept, store, body):
    kept.keep_labelled({b"a" * 16: np.array([0.6, 0.8], np.float32)})
    store.tamper(store.keys("labelled")[0], body)

    assert kept.labelled() == {}

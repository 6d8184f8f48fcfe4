"""Kept features: what was kept comes back as it was, and damage is never fatal."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelloop.bucket.features import FeatureFiles, ShardFeatures
from labelloop.domain.columns import Columns
from labelloop.recipes import folder_of
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.terms import bags_of
from tests.builders import PROJECT

SHARD = f"projects/{PROJECT}/pool/listed-000001.jsonl.gz"


@pytest.fixture
def kept(store) -> FeatureFiles:
    return FeatureFiles(store, PROJECT, "tiny-1")


def shard_of(texts: list[str], has_vectors: bool = True) -> ShardFeatures:
    count = len(texts)
    vectors = np.linspace(-1, 1, count * 3, dtype=np.float32).reshape(count, 3)
    return ShardFeatures(
        np.arange(count, dtype=np.int64),
        np.array([f"2026-11-23T09:00:{i:02d}" for i in range(count)], np.str_),
        np.array([bool(text) for text in texts], np.bool_),
        Features(bags_of(texts), vectors if has_vectors else None).columns(),
    )


def seen_in(shard: ShardFeatures) -> Features:
    return Features.of(shard.features)


def assert_equal(one: ShardFeatures, other: ShardFeatures | None) -> None:
    assert other is not None
    for name in ("tasks", "updated_at", "is_readable"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
    for name in ("ids", "counts", "starts"):
        values, others = getattr(seen_in(one).bags, name), getattr(seen_in(other).bags, name)
        assert values.dtype == others.dtype
        assert (values == others).all()
    vectors, others = seen_in(one).vectors, seen_in(other).vectors
    assert vectors is not None
    assert others is not None
    assert vectors.tobytes() == others.tobytes()


@pytest.mark.parametrize("texts", [["a b a", "", "x" * 30_000], []], ids=["some", "none"])
@pytest.mark.parametrize("has_vectors", [True, False])
def test_a_shard_comes_back_as_it_was_kept(kept, texts, has_vectors):
    shard = shard_of(texts, has_vectors)
    kept.store_shard(SHARD, "text", shard)

    if has_vectors:
        assert_equal(shard, kept.shard(SHARD, "text"))
    else:
        again = kept.shard(SHARD, "text")
        assert again.features.blocks.keys() == {"bags"}
        assert len(again.features) == len(texts)


def test_blocks_of_any_names_and_shapes_are_kept(kept):
    """A recipe alone knows what they mean."""
    shard = shard_of(["a b a", "", "x"])
    columns = Columns(3, {"words": shard.features.blocks["bags"], "deep": np.ones((3, 2, 2))})
    kept.store_shard(SHARD, "text", replace(shard, features=columns))

    again = kept.shard(SHARD, "text").features

    assert again.blocks.keys() == {"words", "deep"}
    assert again.array("deep").shape == (3, 2, 2)
    assert len(again.ragged("words")) == 3


def earlier_body(shard: ShardFeatures) -> dict[str, Any]:
    """Return the arrays of a shard as the release before recipes named them."""
    seen = seen_in(shard)
    arrays = {
        "tasks": shard.tasks,
        "updated_at": shard.updated_at,
        "is_readable": shard.is_readable,
        "ids": seen.bags.ids,
        "counts": seen.bags.counts.astype(np.uint16),
        "lengths": np.diff(seen.bags.starts).astype(np.uint32),
    }
    return arrays if seen.vectors is None else arrays | {"vectors": seen.vectors}


def stored_by_the_release_before(store, shard: ShardFeatures, **changes: Any) -> None:
    body = io.BytesIO()
    np.savez_compressed(body, **earlier_body(shard) | changes)
    key = f"projects/{PROJECT}/features/2-tiny-1/pool/listed-000001-982d9e3e.npz"
    store.tamper(key, body.getvalue())


@pytest.fixture
def upgraded(store) -> FeatureFiles:
    return FeatureFiles(store, PROJECT, folder_of("text_choices", "tiny-1"))


@pytest.mark.parametrize("texts", [["a b a", "", "x" * 30_000], []], ids=["some", "none"])
def test_a_shard_of_the_release_before_is_read(upgraded, store, texts):
    shard = shard_of(texts)
    stored_by_the_release_before(store, shard)

    found = upgraded.shard(SHARD, "text")

    assert_equal(shard, found)
    assert found.features.blocks.keys() == {"bags", "vectors"}


def test_a_shard_of_the_release_before_is_read_without_an_encoder_too(upgraded, store):
    shard = shard_of(["a b a", ""], has_vectors=False)
    stored_by_the_release_before(store, shard)

    found = upgraded.shard(SHARD, "text")

    assert found.features.blocks.keys() == {"bags"}
    assert seen_in(found).bags.ids.tolist() == seen_in(shard).bags.ids.tolist()


@pytest.mark.parametrize(
    "changes",
    [
        {"lengths": np.array([2, 2], np.uint32)},
        {"ids": np.array([1], np.uint32)},
        {"vectors": np.ones((3, 3), np.float32)},
        {"vectors": np.full((2, 3), np.nan, np.float32)},
        {"updated_at": np.array(["2026"])},
    ],
    ids=range(5),
)
def test_a_damaged_shard_of_the_release_before_is_none(upgraded, store, changes):
    stored_by_the_release_before(store, shard_of(["a b", "c"]), **changes)

    assert upgraded.shard(SHARD, "text") is None


def test_another_encoder_or_another_field_of_the_data_finds_nothing(kept, store):
    kept.store_shard(SHARD, "text", shard_of(["a"]))

    assert kept.shard(SHARD, "title") is None
    assert kept.shard(SHARD.replace("1.jsonl", "2.jsonl"), "text") is None
    assert FeatureFiles(store, PROJECT, "tiny-2").shard(SHARD, "text") is None
    assert FeatureFiles(store, PROJECT, "").shard(SHARD, "text") is None


def test_no_damage_is_fatal_and_what_is_kept_anew_goes_over_it(kept, store):
    shard = shard_of(["a b", "c"])
    kept.store_shard(SHARD, "text", shard)
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
    kept.store_shard(SHARD, "text", shard)
    assert_equal(shard, kept.shard(SHARD, "text"))


def test_a_shard_whose_arrays_do_not_fit_each_other_counts_as_damaged(kept):
    shard = shard_of(["a b", "c"])
    seen, bags = seen_in(shard), shard.features.blocks["bags"]
    for wrong in (
        ShardFeatures(shard.tasks[:1], shard.updated_at, shard.is_readable, shard.features),
        ShardFeatures(
            shard.tasks,
            shard.updated_at,
            shard.is_readable,
            Features(seen.bags, np.full((2, 3), np.nan, np.float32)).columns(),
        ),
        ShardFeatures(
            shard.tasks,
            shard.updated_at,
            shard.is_readable,
            Columns(2, {"bags": bags, "vectors": np.ones((1, 3), np.float32)}),
        ),
    ):
        kept.store_shard(SHARD, "text", wrong)
        assert kept.shard(SHARD, "text") is None


def test_vectors_of_labelled_texts_come_back_and_are_one_object(kept, store):
    assert kept.labelled() == {}
    kept.store_labelled({b"a" * 16: np.array([0.6, 0.8], np.float32)})
    kept.store_labelled({b"\x00" * 16: np.array([0.1, 0.2], np.float32)})

    assert kept.labelled()[b"\x00" * 16].tolist() == np.array([0.1, 0.2], np.float32).tolist()
    assert len(kept.labelled()) == len(store.keys("labelled")) == 1


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"\x93NUMPY", b"x" * 1_000])
def test_damaged_vectors_of_labelled_texts_are_none(kept, store, body):
    kept.store_labelled({b"a" * 16: np.array([0.6, 0.8], np.float32)})
    store.tamper(store.keys("labelled")[0], body)

    assert kept.labelled() == {}

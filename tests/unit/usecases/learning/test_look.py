"""Looking once: features are computed when they are missing, and only then."""

from dataclasses import replace

import pytest

from labelloop.bucket.features import KeptFeatures
from labelloop.bucket.pool import Pool
from labelloop.recipes.label_config import read_label_config
from labelloop.usecases.learning import look
from labelloop.usecases.learning.featurise import Featuriser
from labelloop.usecases.learning.look import Unfinished, left_of, look_at_labelled, look_at_shards
from tests.builders import PROJECT, label_config, task
from tests.tiny_encoder import CountingEncoder

CONTROL = read_label_config(label_config())


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def kept(store, encoder) -> KeptFeatures:
    return KeptFeatures(store, PROJECT, encoder.name)


@pytest.fixture
def pool(store) -> Pool:
    pool = Pool(store, PROJECT)
    pool.add("a", [task(1, "x"), task(2, "xx")])
    pool.add("b", [task(3, "xxx"), task(4, {"no": "text"})])
    return pool


def equal(vectors, others) -> bool:
    """Say whether both are the same numbers, bit by bit."""
    return bool(vectors.shape == others.shape and (vectors == others).all())


def fresh(encoder: CountingEncoder) -> Featuriser:
    """A process that has seen nothing yet."""
    return Featuriser(encoder.name, lambda: encoder)


class Clock:
    """Each look at it takes a minute."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 60.0
        return self.now


def test_a_pool_is_encoded_once(pool, kept, encoder):
    first = look_at_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))
    again = look_at_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))

    assert sorted(encoder.texts) == ["", "x", "xx", "xxx"]
    for one, other in zip(first, again, strict=True):
        assert equal(one.features.vectors, other.features.vectors)
        assert (one.features.bags.ids == other.features.bags.ids).all()


def test_kept_features_are_read_without_the_tasks(pool, kept, encoder, monkeypatch):
    look_at_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))
    monkeypatch.setattr(Pool, "read", None)

    assert len(look_at_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))) == 2


def test_a_missing_or_damaged_shard_is_computed_again_and_no_other(pool, kept, encoder, store):
    look_at_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))
    store.tamper(store.keys("/features/")[0], b"damaged")
    encoder.texts.clear()

    for _ in range(2):
        look_at_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))

    assert sorted(encoder.texts) == ["x", "xx"]


def test_a_shard_of_which_nothing_could_be_read_is_looked_at_again(pool, kept, encoder, store):
    """What an earlier release could not read, as `$article.body`, it kept as unreadable."""
    pool.add("c", [task(5, {"body": "inside"})])
    nothing = read_label_config(label_config().replace("$text", "$text.none"))
    within = read_label_config(label_config().replace("$text", "$text.body"))
    (*_, unread) = look_at_shards(pool.shards(), pool, nothing, kept, fresh(encoder))
    shard = pool.shards()[-1]
    kept.keep_shard(shard, within.text_key, unread)

    looked = look_at_shards([shard], pool, within, kept, fresh(encoder))

    assert looked[0].is_readable.tolist() == [True]


def test_a_second_look_at_a_shard_without_text_writes_nothing(pool, kept, encoder, monkeypatch):
    pool.add("c", [task(5, {"image": "x.png"})])
    shard = pool.shards()[-1]
    (first,) = look_at_shards([shard], pool, CONTROL, kept, fresh(encoder))
    monkeypatch.setattr(KeptFeatures, "keep_shard", None)

    (again,) = look_at_shards([shard], pool, CONTROL, kept, fresh(encoder))

    assert again.is_readable.tolist() == first.is_readable.tolist() == [False]


def test_a_label_config_about_another_field_is_looked_at_anew(pool, kept, encoder):
    look_at_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))
    other = read_label_config(label_config().replace("$text", "$no"))
    (_, looked) = look_at_shards(pool.shards(), pool, other, kept, fresh(encoder))

    assert looked.is_readable.tolist() == [False, False]


def test_too_much_to_encode_is_gone_on_with_where_it_stopped(pool, kept, encoder, monkeypatch):
    monkeypatch.setattr(look, "_BUDGET_S", 59.0)

    with pytest.raises(Unfinished):
        look_at_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder), Clock())
    assert sorted(encoder.texts) == ["x", "xx"]
    look_at_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))

    assert sorted(encoder.texts) == ["", "x", "xx", "xxx"]


def test_what_is_left_is_readable_not_done_and_in_its_newest_state(pool, kept, encoder):
    newer = replace(task(1, "x" * 9), updated_at="2026-11-24T09:00:00.000000+00:00")
    pool.add("c", [newer])
    looked = look_at_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))

    tasks, features = left_of(looked, {2}, {})

    assert tasks.tolist() == [1, 3]
    assert equal(features.vectors, CountingEncoder().encode(["x" * 9, "xxx"]))


def test_a_task_with_the_id_of_a_deleted_one_is_left(pool, kept, encoder):
    looked = look_at_shards(pool.shards(), pool, CONTROL, kept, fresh(encoder))
    made = looked[0].updated_at[0]

    assert 1 not in left_of(looked, set(), {1: str(made)})[0]
    assert 1 in left_of(looked, set(), {1: "2026-11-22T09:00:00.000000+00:00"})[0]


def test_of_nothing_nothing_is_left(pool, kept, encoder):
    tasks, features = left_of([], set(), {})

    assert (len(tasks), len(features)) == (0, 0)


def test_a_training_encodes_only_the_labels_that_are_new(kept, encoder):
    look_at_labelled(["a", "bb"], kept, fresh(encoder))
    features = look_at_labelled(["bb", "ccc", "a", "bb"], kept, fresh(encoder))

    assert encoder.texts == ["a", "bb", "ccc"]
    assert equal(features.vectors, CountingEncoder().encode(["bb", "ccc", "a", "bb"]))


def test_labels_that_were_deleted_are_kept_no_longer(kept, encoder):
    look_at_labelled(["a", "bb"], kept, fresh(encoder))
    look_at_labelled(["bb", "ccc"], kept, fresh(encoder))

    assert len(kept.labelled()) == 2


def test_many_labels_at_once_are_encoded_in_several_runs(kept, encoder, monkeypatch):
    monkeypatch.setattr(look, "_TEXTS_AT_ONCE", 2)
    monkeypatch.setattr(look, "_BUDGET_S", 59.0)
    texts = ["x" * length for length in range(7)]
    runs = 0

    while runs < 20:
        runs += 1
        try:
            look_at_labelled(texts, kept, fresh(encoder), Clock())
        except Unfinished:
            continue
        break

    assert runs == 4
    assert sorted(encoder.texts) == texts


def test_without_an_encoder_nothing_is_kept_of_labels(store, encoder):
    kept = KeptFeatures(store, PROJECT, "")

    assert look_at_labelled(["a"], kept, Featuriser()).vectors is None
    assert store.keys("/features/") == []

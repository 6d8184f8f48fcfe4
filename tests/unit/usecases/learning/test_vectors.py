"""Vectors of labelled texts: stored with the project, so that no training encodes one twice."""

import numpy as np
import pytest

from labelloop.bucket.features import FeatureFiles
from labelloop.recipes import folder_of
from labelloop.recipes.tools import Toolbox, digest_of
from labelloop.usecases.learning.vectors import (
    LIMITS,
    Limits,
    RecalledVectors,
    StoredVectors,
    Unfinished,
    UsedVectors,
)
from tests.builders import PROJECT
from tests.tiny_encoder import CountingEncoder
from tests.tiny_images import FILE, toolbox
from tests.unit.usecases.learning.encoding import CONTROL, MinutesClock


@pytest.fixture
def train(kept, encoder):
    """Look at texts in a process that has seen nothing yet; give back their vectors."""

    def train(*texts: list[str], limits=LIMITS, clock=lambda: 0.0):
        fresh = Toolbox(encoder.name, lambda: encoder)
        with StoredVectors(fresh, kept, limits, clock) as tools:
            return [tools.vectors(some) for some in texts][-1]

    return train


def test_a_training_encodes_only_the_labels_that_are_new(train, encoder):
    train(["a", "bb"])
    vectors = train(["bb", "ccc", "a", "bb"])

    assert encoder.texts == ["a", "bb", "ccc"]
    assert vectors.tolist() == CountingEncoder().encode(["bb", "ccc", "a", "bb"]).tolist()


def test_what_is_known_is_not_encoded(train, kept, encoder):
    known = CountingEncoder().encode(["another text"])[0]
    kept.store_labelled({digest_of("abc"): known})

    vectors = train(["abc", "a"])

    assert encoder.texts == ["a"]
    assert vectors[0].tolist() == known.tolist()


def test_labels_that_were_deleted_are_kept_no_longer(train, kept):
    train(["a", "bb"])
    train(["bb", "ccc"])

    assert kept.labelled().keys() == {digest_of("bb"), digest_of("ccc")}


def test_all_that_one_training_asks_for_is_kept_and_encoded_once(train, kept, encoder):
    train(["a", "bb"], ["names", "a"])
    train(["a", "bb"], ["names", "a"])

    assert encoder.texts == ["a", "bb", "names"]
    assert len(kept.labelled()) == 3


def test_where_nothing_is_new_nothing_is_written(train, monkeypatch):
    train(["a", "bb"])
    monkeypatch.setattr(FeatureFiles, "store_labelled", None)

    assert len(train(["bb", "a"])) == 2


def test_many_labels_at_once_are_encoded_in_several_runs(train, encoder):
    texts = ["x" * length for length in range(7)]
    runs = 0

    while runs < 20:
        runs += 1
        try:
            train(texts, limits=Limits(59.0, texts_at_once=2), clock=MinutesClock())
        except Unfinished:
            continue
        break

    assert runs == 4
    assert sorted(encoder.texts) == texts


def test_all_calls_of_a_training_share_its_time(train, encoder):
    limits = Limits(100.0, texts_at_once=1)

    with pytest.raises(Unfinished, match="1 texts"):
        train(["a", "bb"], ["ccc", "dddd"], limits=limits, clock=MinutesClock())

    assert encoder.texts == ["a", "bb", "ccc"]


def test_a_training_that_was_cut_off_forgets_nothing_it_had_yet_to_ask_for(train, encoder):
    train(["a", "names"])
    with pytest.raises(Unfinished):
        train(["a", "bb", "ccc"], ["names"], limits=Limits(-1.0, texts_at_once=1))

    train(["a", "bb", "ccc"], ["names"])

    assert encoder.texts == ["a", "names", "bb", "ccc"]


def test_without_an_encoder_nothing_is_kept_of_labels(store):
    kept = FeatureFiles(store, PROJECT, folder_of(CONTROL.recipe, ""))

    with StoredVectors(Toolbox(), kept) as tools:
        seen = CONTROL.features(["a"], tools)

    assert seen.array("vectors") is None
    assert store.keys("/features/") == []


def test_vectors_that_are_only_recalled_are_of_what_is_stored(train, kept, encoder):
    stored = train(["a", "bb"])
    encoder.texts.clear()

    recalled = RecalledVectors(encoder.name, kept.labelled()).vectors(["new", "bb", "a"])

    assert encoder.texts == []
    assert recalled[1:].tolist() == stored[::-1].tolist()
    assert (recalled[0] != recalled[0]).all()
    assert RecalledVectors(encoder.name, {}).vectors([]).shape == (0, 1)


def test_what_was_used_is_remembered(encoder):
    tools = UsedVectors(Toolbox(encoder.name, lambda: encoder))

    vectors = tools.vectors(["a", "bb"])

    assert tools.encoder == encoder.name
    assert [tools.by_digest[digest_of(one)].tolist() for one in ("a", "bb")] == vectors.tolist()


def test_images_are_encoded_once_and_unreadable_ones_tried_again(kept):
    red, lost = f"{FILE}red-1.png", f"{FILE}lost-1.png"

    for _ in range(2):
        with StoredVectors(toolbox(), kept) as tools:
            vectors = tools.images([red, lost])
        assert np.isfinite(vectors).all(axis=1).tolist() == [True, False]
        assert kept.labelled().keys() == {digest_of(red)}

    recalled = RecalledVectors(tools.image_encoder, kept.labelled())
    np.testing.assert_array_equal(recalled.images([red, lost]), vectors)
    used = UsedVectors(toolbox())
    used.images([red])
    assert used.by_digest.keys() == {digest_of(red)}

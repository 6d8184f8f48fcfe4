"""Models of several labels: fitted, stored, and served by numpy alone."""

import io
import json

import numpy as np
import pytest

from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.several_choices.experts import pooled
from labelloop.recipes.several_choices.fitted_model import FittedModel
from labelloop.recipes.several_choices.marks import Marks, matrix_of
from labelloop.recipes.several_choices.measure import MEASURE
from labelloop.recipes.several_choices.stored_model import StoredModel
from labelloop.recipes.text.bags import Features
from tests.multilingual import scripts_texts
from tests.unit.recipes.several_choices.examples import NAMES, TEXTS, labelled
from tests.unit.recipes.text.examples import features_of


@pytest.fixture(scope="module", params=[0, 6], ids=["bags", "bags and vectors"])
def fitted(request) -> FittedModel:
    features, given = labelled(request.param)
    return FittedModel(features, given, NAMES, features, encoder="some encoder")


@pytest.fixture(scope="module")
def artefact() -> bytes:
    features, given = labelled()
    return FittedModel(features, given, NAMES).packed().artefact


def changed(artefact: bytes, **arrays: np.ndarray) -> bytes:
    body = io.BytesIO()
    np.savez(body, **dict(np.load(io.BytesIO(artefact))) | arrays)
    return body.getvalue()


def header_of(artefact: bytes) -> dict:
    return json.loads(np.load(io.BytesIO(artefact))["header"].tobytes())


def with_header(artefact: bytes, **fields: object) -> bytes:
    body = json.dumps(header_of(artefact) | fields).encode()
    return changed(artefact, header=np.frombuffer(body, np.uint8))


def test_texts_in_twelve_scripts_are_served_as_fitted(fitted):
    seen = features_of([*scripts_texts(300), ""], 6 if len(fitted.needs) > 1 else 0).columns()

    served = StoredModel.of(fitted.packed().artefact).answer(seen)

    expected = fitted.answer(seen)
    for name, array in served.columns.to_arrays().items():
        np.testing.assert_allclose(array, expected.columns.to_arrays()[name], atol=1e-5)


def test_what_was_learnt_is_found_again_in_texts_it_has_not_seen(fitted):
    out_of_fold = fitted.packed().out_of_fold
    given = [[n for n, has in zip(NAMES, row, strict=True) if has] for row in labelled()[1]]

    assert MEASURE.hits(out_of_fold, given).mean() > 0.9
    assert [] in MEASURE.labels(out_of_fold)


def test_a_project_whose_labels_are_never_empty_always_marks_one():
    features, given = labelled()
    rows = np.flatnonzero(given.any(axis=1))

    model = FittedModel(features.take(rows), given[rows], NAMES)

    assert all(MEASURE.labels(model.answer(features_of(["zzz", ""]).columns())))


def test_two_labels_are_enough_and_a_label_without_example_is_unlikely():
    features, given = labelled()

    model = FittedModel(features.take([0, 1]), given[[0, 1]], NAMES)

    probabilities = Marks.read(model.answer(features.columns())).probabilities
    assert np.isfinite(probabilities).all()
    assert probabilities[:, 3].max() < probabilities[:, :2].max()
    assert model.packed().out_of_fold.columns.are_finite().all()


def test_a_label_that_all_tasks_have_is_likely():
    features, given = labelled()
    always = given | np.eye(4, dtype=bool)[0]

    probabilities = Marks.read(
        FittedModel(features, always, NAMES).answer(features.columns())
    ).probabilities

    assert probabilities[:, 0].min() > 0.5


def test_the_name_of_a_label_without_an_example_is_known():
    features, given = labelled()
    rows = np.flatnonzero(~given[:, 3])
    vectors = np.eye(5, dtype=np.float32)[[*np.argmax(given[rows], axis=1)]]
    seen = type(features)(features.take(rows).bags, vectors)
    names = np.eye(5, dtype=np.float32)[[0, 1, 2, 4]]

    model = FittedModel(seen, given[rows], NAMES, names=names, encoder="tiny")

    blank = features_of(["zzz", "zzz"])
    like = type(features)(blank.bags, np.eye(5, dtype=np.float32)[[4, 3]])
    by_name, other = Marks.read(model.answer(like.columns())).probabilities[:, 3]
    assert by_name > other


def test_a_name_counts_for_less_beside_more_examples_of_its_label():
    given = labelled()[1]
    given = given[given[:, 0] | ~given[:, 3]]
    draw = np.random.default_rng(0)
    vectors, likeness = draw.standard_normal((len(given), 6)), draw.random((len(given), 4))

    found = pooled({"vector": vectors}, given, likeness)

    examples, worth = given.sum(axis=0), found.coefficients["name"]
    assert (np.argsort(worth, kind="stable") == np.argsort(-examples, kind="stable")).all()
    assert worth.max() > worth.min()


def test_a_text_like_those_that_are_like_a_name_is_of_it():
    features, given = labelled()
    rows = np.flatnonzero(~given[:, 3])
    axes = np.eye(8, dtype=np.float32)
    seen = Features(features.take(rows).bags, axes[[*np.argmax(given[rows], axis=1)]])
    between = np.repeat([axes[4] + axes[5]], 20, axis=0) / np.sqrt(2)
    pool = Features(features_of(["zzz"] * 40).bags, np.concatenate([between, axes[[6] * 20]]))
    names = axes[[0, 1, 2, 4]]

    model = FittedModel(seen, given[rows], NAMES, pool, names, encoder="tiny")

    asked = Features(features_of(["zzz", "zzz"]).bags, axes[[5, 7]])
    near, other = Marks.read(model.answer(asked.columns())).probabilities[:, 3]
    assert near > other


def test_what_labels_say_of_a_word_carries_over_to_words_of_its_topic():
    labels = [["sport"], [], ["sport"], []]
    examples = features_of(["goalkeeper", "senate", "goalkeeper", "senate"])
    others = [f"{number}{number} {number}x" for number in range(100, 140)]
    pool = features_of((["goalkeeper penalty", "senate budget"] * 2 + others) * 5)

    model = FittedModel(examples, matrix_of(labels, ["sport"]), ["sport"], pool)

    unseen = features_of(["penalty", "budget"]).columns()
    of_sport, of_politics = Marks.read(model.answer(unseen)).probabilities[:, 0]
    assert of_sport > of_politics + 0.1


def test_nothing_to_see_cannot_be_learnt():
    blank = features_of(["", ""])

    with pytest.raises(Unprocessable, match="no words"):
        FittedModel(blank, matrix_of([["a"], []], ["a"]), ["a"])


def test_training_is_the_same_each_time(artefact):
    features, given = labelled()

    assert FittedModel(features, given, NAMES).packed().artefact == artefact


def test_a_large_batch_is_answered_in_parts(artefact, monkeypatch):
    seen = features_of(TEXTS).columns()
    whole = Marks.read(StoredModel.of(artefact).answer(seen)).probabilities

    monkeypatch.setattr("labelloop.recipes.several_choices.stored_model._MOST_FLOATS", 100)

    parts = Marks.read(StoredModel.of(artefact).answer(seen)).probabilities
    np.testing.assert_allclose(parts, whole, atol=1e-6)


def test_a_model_with_vectors_refuses_features_without_them():
    features, given = labelled(6)
    artefact = FittedModel(features, given, NAMES).packed().artefact

    with pytest.raises(BadModel, match="vectors of 6 numbers"):
        StoredModel.of(artefact).answer(labelled()[0].columns())


def test_what_does_not_fit_together_is_no_model(artefact):
    stored = dict(np.load(io.BytesIO(artefact)))
    short, infinite = stored["bag"][:-1], np.full_like(stored["idf"], np.inf)

    for bad in (
        changed(artefact, bag=short),
        changed(artefact, idf=infinite),
        changed(artefact, more=infinite),
        with_header(artefact, format=99),
        with_header(artefact, names=[]),
        with_header(artefact, names=[1, 2, 3, 4]),
        artefact[:-100],
    ):
        with pytest.raises(BadModel):
            StoredModel.of(bad)


def test_pickled_objects_are_not_read(artefact):
    with pytest.raises(BadModel):
        StoredModel.of(changed(artefact, idf=np.array([{}], object)))

"""Heads: the served probabilities are scikit-learn's, alone and in batches."""

import json
import random

import numpy as np
import onnx
import pytest

from labelloop.adapters import ridge, sklearn_head
from labelloop.adapters.onnx_head import METADATA, OnnxHead
from labelloop.adapters.sklearn_head import MOST_TERMS, counts_of, frequent_terms, train_head
from labelloop.adapters.two_heads import TwoHeads
from labelloop.domain.features import Features
from labelloop.domain.training import Trained
from labelloop.errors import BadModel, OutOfMemory, Unprocessable
from labelloop.recipes.terms import bags_of
from tests.multilingual import scripts_texts


def labels_for(texts: list[str], classes: int) -> list[str]:
    rng = random.Random(1)
    return [f"class {(len(text) + rng.randrange(2)) % classes}" for text in texts]


def features_of(texts: list[str], dimensions: int = 0) -> Features:
    """Return features of texts; the vectors stand for an encoder's."""
    bags = bags_of(texts)
    if not dimensions:
        return Features(bags)
    by_length = np.random.default_rng(5).standard_normal((50, dimensions))
    vectors = by_length[[len(text) % 50 for text in texts]]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return Features(bags, unit.astype(np.float32))


TEXTS = scripts_texts(400, seed=7)


@pytest.fixture(scope="module", params=[(2, 0), (5, 0), (2, 6), (5, 6)], ids=str)
def trained(request) -> tuple[Trained, int]:
    classes, dimensions = request.param
    features = features_of(TEXTS, dimensions)
    return train_head(features, labels_for(TEXTS, classes), "some encoder"), dimensions


@pytest.fixture(scope="module")
def served(trained) -> OnnxHead:
    return OnnxHead(trained[0].artefact)


@pytest.fixture(scope="module")
def artefact() -> bytes:
    texts = ["good film", "bad film", "lovely", "awful"]
    return train_head(features_of(texts), ["p", "n", "p", "n"]).artefact


def test_texts_in_twelve_scripts_are_predicted_as_scikit_learn_does(trained, served):
    """Many more of them are in tests/reliability/test_parity.py."""
    one, dimensions = trained
    learnt = features_of(TEXTS, dimensions)
    terms = frequent_terms(learnt.bags, MOST_TERMS)
    reference = TwoHeads().fit(
        (counts_of(learnt.bags, terms), learnt.vectors), labels_for(TEXTS, len(one.classes))
    )
    seen = features_of(scripts_texts(1_000), dimensions)

    expected = reference.predict_proba((counts_of(seen.bags, terms), seen.vectors))
    got = served.predict_proba(seen)

    assert np.abs(expected - got).max() < 1e-5
    assert (expected.argmax(axis=1) == got.argmax(axis=1)).all()


def test_a_text_alone_is_predicted_as_in_a_batch(trained, served):
    seen = features_of(scripts_texts(300), trained[1])

    alone = np.concatenate([served.predict_proba(seen.take([i])) for i in range(len(seen))])

    assert np.abs(alone - served.predict_proba(seen)).max() < 1e-6


def test_the_order_of_a_batch_is_kept(trained, served):
    seen = features_of(scripts_texts(300), trained[1])

    backwards = served.predict_proba(seen.take(range(299, -1, -1)))

    assert served.predict_proba(seen)[::-1] == pytest.approx(backwards, abs=1e-6)


def test_a_batch_is_cut_so_that_padding_stays_bounded(trained, served, monkeypatch):
    seen = features_of(scripts_texts(100), trained[1])
    monkeypatch.setattr("labelloop.adapters.onnx_head._MOST_FLOATS", 50)

    cut = served.predict_proba(seen)

    monkeypatch.undo()
    assert cut == pytest.approx(served.predict_proba(seen), abs=1e-6)


def test_no_texts_are_no_rows(trained, served):
    nothing = features_of(TEXTS, trained[1]).take([])

    assert served.predict_proba(nothing).shape == (0, len(served.classes))


def test_a_model_of_vectors_refuses_features_without_them():
    texts = ["a b", "c d", "a", "c"]
    head = OnnxHead(train_head(features_of(texts, 6), ["x", "y", "x", "y"]).artefact)

    for other in (features_of(texts), features_of(texts, 5)):
        with pytest.raises(BadModel, match="vectors of 6"):
            head.predict_proba(other)


def test_a_committee_is_the_bag_and_the_vector(trained, served):
    seen = features_of(TEXTS[20:60], trained[1])

    members = served.committee(seen)

    if not trained[1]:
        assert members is None
    else:
        assert members.shape == (2, 40, len(served.classes))
        assert members.sum(axis=2) == pytest.approx(np.ones((2, 40)), abs=1e-4)
        assert np.abs(members[0] - members[1]).max() > 0.01


def test_an_artefact_names_its_encoder_and_its_classes(trained, served):
    assert served.encoder == "some encoder"
    assert served.classes == trained[0].classes


def test_what_is_said_out_of_fold_does_not_know_the_answer():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefghij"), 5)) for _ in range(300)]
    labels = [str(i) for i in rng.integers(0, 2, 300)]

    trained = train_head(features_of(texts), labels)

    guessed = [trained.classes[i] for i in trained.out_of_fold.argmax(axis=1)]
    assert np.mean(np.array(guessed) == labels) < 0.6


def test_what_is_said_out_of_fold_is_right_where_labels_can_be_learnt():
    texts = [f"{'good' if i % 2 else 'bad'} film {i}" for i in range(40)]
    labels = ["p" if i % 2 else "n" for i in range(40)]
    labels[7] = "n"

    trained = train_head(features_of(texts), labels)

    doubted = trained.out_of_fold[np.arange(40), [trained.classes.index(x) for x in labels]]
    assert doubted.argmin() == 7
    assert trained.out_of_fold.sum(axis=1) == pytest.approx(np.ones(40), abs=1e-5)


def test_many_examples_are_learnt_as_few_are(monkeypatch):
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefghij"), 6)) for _ in range(150)]
    labels = ["with" if "a" in text else "without" for text in texts]
    features = features_of(texts, 6)
    exact = train_head(features, labels)
    monkeypatch.setattr(ridge, "MOST_DUAL", 10)

    primal = train_head(features, labels)

    for_both = [OnnxHead(one.artefact).predict_proba(features) for one in (exact, primal)]
    assert np.abs(for_both[0] - for_both[1]).mean() < 0.05
    assert np.abs(exact.out_of_fold - primal.out_of_fold).mean() < 0.1


def test_landmarks_lend_a_text_what_is_said_of_its_neighbours():
    texts = ["good", "bad", "fine", "poor", "good fine", "bad poor"]
    near = np.repeat(np.eye(2, 8, dtype=np.float32), 3, axis=0)[[0, 3, 1, 4, 2, 5]]
    learnt = Features(bags_of(texts[:2]), near[:2])
    landmarks = Features(bags_of(texts), near)

    trained = train_head(learnt, ["p", "n"], landmarks=landmarks)

    unknown = Features(bags_of(["zzz", "yyy"]), near[:2])
    with_, without = (
        OnnxHead(one.artefact).predict_proba(unknown)
        for one in (trained, train_head(learnt, ["p", "n"]))
    )
    assert trained.facts["landmarks"] == 6
    assert trained.facts["largest_difference"] < 1e-5
    assert np.abs(with_ - without).max() > 1e-4
    assert (with_.argmax(axis=1) == without.argmax(axis=1)).all()


def test_landmarks_are_of_no_use_without_vectors():
    features = features_of(["a b", "c d"])

    assert train_head(features, ["x", "y"], landmarks=features).facts["landmarks"] == 0


NAMES = dict(zip(("m", "n", "p"), np.eye(3, 8, dtype=np.float32), strict=True))


def test_a_class_without_an_example_is_known_by_its_name():
    learnt = Features(bags_of(["good", "bad"]), np.eye(2, 8, dtype=np.float32))

    trained = train_head(learnt, ["m", "n"], names=NAMES)

    unknown = Features(bags_of(["zzz"] * 3), np.eye(3, 8, dtype=np.float32))
    rows = OnnxHead(trained.artefact).predict_proba(unknown)
    assert trained.classes == ["m", "n", "p"]
    assert [trained.classes[i] for i in rows.argmax(axis=1)] == ["m", "n", "p"]
    assert trained.facts["largest_difference"] < 1e-5
    assert trained.out_of_fold.shape == (2, 3)


def test_labels_overrule_names_that_mislead():
    """Each class's name means another one."""
    rng, codes = np.random.default_rng(3), np.arange(60) % 3
    vectors = np.eye(3, 8)[codes] + 0.1 * rng.normal(size=(60, 8))
    features = Features(bags_of([""] * 60), vectors.astype(np.float32))
    labels = [("m", "n", "p")[(code + 1) % 3] for code in codes]

    trained = train_head(features, labels, names=NAMES)

    rows = OnnxHead(trained.artefact).predict_proba(features)
    assert [trained.classes[i] for i in rows.argmax(axis=1)] == labels
    assert trained.facts["sharpness"]["name"] < 12  # as much as before anything was known


def test_names_say_nothing_of_texts_without_vectors():
    features = features_of(["a b", "c d"])

    assert train_head(features, ["m", "n"], names={}).classes == ["m", "n"]


def test_one_example_of_each_class_is_enough_for_a_model():
    texts = [f"topic{i} word{i} thing" for i in range(77)]
    labels = [f"class {i:02}" for i in range(77)]

    trained = train_head(features_of(texts, 6), labels)

    rows = OnnxHead(trained.artefact).predict_proba(features_of(texts, 6))
    assert [trained.classes[i] for i in rows.argmax(axis=1)] == labels
    assert np.isnan(trained.out_of_fold).all()


def test_an_example_that_is_alone_of_its_class_has_no_answer_out_of_fold():
    texts = ["a b", "a c", "d e", "d f", "g"]

    rows = train_head(features_of(texts), ["x", "x", "y", "y", "z"]).out_of_fold

    assert np.isnan(rows).any(axis=1).tolist() == [False, False, False, False, True]


def test_many_classes_leave_room_for_fewer_terms(monkeypatch):
    monkeypatch.setattr(sklearn_head, "_MOST_COEFFICIENTS", 30)

    trained = train_head(features_of(["a b c", "d e f", "g h i"]), ["x", "y", "z"])

    assert trained.facts["terms"] == 10


def test_texts_without_words_cannot_be_learnt_unless_they_have_vectors():
    with pytest.raises(Unprocessable):
        train_head(features_of(["", " "]), ["x", "y"])

    assert train_head(features_of(["", " "], 6), ["x", "y"]).classes == ["x", "y"]


def test_training_is_deterministic():
    texts = scripts_texts(100)
    labels = labels_for(texts, 3)

    first, second = (train_head(features_of(texts, 6), labels) for _ in range(2))

    assert first.artefact == second.artefact


def test_the_graph_is_numeric_only(artefact):
    graph = onnx.load_from_string(artefact).graph

    kinds = {tensor.type.tensor_type.elem_type for tensor in [*graph.input, *graph.output]}
    assert kinds == {onnx.TensorProto.INT64, onnx.TensorProto.FLOAT}
    assert all(node.domain == "" for node in graph.node)


def test_a_graph_that_answers_otherwise_than_scikit_learn_is_not_let_through(monkeypatch):
    monkeypatch.setattr(sklearn_head, "TOLERANCE", -1.0)

    with pytest.raises(BadModel, match="off"):
        train_head(features_of(["a b", "c d"]), ["x", "y"])


def test_no_byte_cut_off_an_artefact_goes_unnoticed(artefact):
    for length in range(0, len(artefact) - 1, 97):
        with pytest.raises(BadModel):
            OnnxHead(artefact[:length])


def changed_model(artefact: bytes, **known) -> bytes:
    model = onnx.load_from_string(artefact)
    metadata = json.loads(model.metadata_props[0].value) | known
    onnx.helper.set_model_props(model, {METADATA: json.dumps(metadata)})
    return model.SerializeToString()


def test_an_artefact_of_another_format_is_refused(artefact):
    with pytest.raises(BadModel, match="format 99"):
        OnnxHead(changed_model(artefact, format=99))


@pytest.mark.parametrize(
    "known",
    [
        {"classes": ["one"]},
        {"terms": None},
        {"classes": ["a", "b", "c"]},
        {"terms": [*range(1, 99)]},
        {"classes": [1, 2]},
    ],
)
def test_an_artefact_whose_metadata_does_not_fit_its_graph_is_refused(artefact, known):
    with pytest.raises(BadModel):
        OnnxHead(changed_model(artefact, **known))


@pytest.mark.parametrize(
    "failure", [MemoryError("std::bad_alloc"), RuntimeError("Exception during loading: bad_alloc")]
)
def test_want_of_memory_is_told_from_a_bad_artefact(artefact, failure, monkeypatch):
    def fail(*_):
        raise failure

    monkeypatch.setattr("labelloop.adapters.onnx_head.ort.InferenceSession", fail)

    with pytest.raises(OutOfMemory):
        OnnxHead(artefact)


def test_weights_that_are_no_numbers_are_refused(artefact):
    model = onnx.load_from_string(artefact)
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            values = np.full_like(onnx.numpy_helper.to_array(tensor), np.nan)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))

    with pytest.raises(BadModel, match="no probabilities"):
        OnnxHead(model.SerializeToString())

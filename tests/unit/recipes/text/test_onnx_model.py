"""Models: the served probabilities are scikit-learn's, alone and in batches."""

import json
from functools import cache

import numpy as np
import onnx
import pytest

from labelloop.errors import BadModel, OutOfMemory
from labelloop.recipes.protocol import Trained
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.known_terms import MOST_TERMS, counts_of, frequent_terms
from labelloop.recipes.text.onnx_model import METADATA, OnnxModel, RunLimits
from labelloop.recipes.text.pooled_experts import PooledExperts
from tests.multilingual import scripts_texts
from tests.unit.recipes.text.examples import features_of, labels_for, train

TEXTS = scripts_texts(240, seed=7)


@cache
def learnt_of(dimensions: int) -> Features:
    """Return the features of `TEXTS`."""
    return features_of(TEXTS, dimensions)


@cache
def seen_of(texts: int, dimensions: int) -> Features:
    """Return the features of other texts."""
    return features_of(scripts_texts(texts), dimensions)


@pytest.fixture(scope="module", params=[(2, 0), (5, 0), (2, 6), (5, 6)], ids=str)
def trained(request) -> tuple[Trained, int]:
    classes, dimensions = request.param
    features = learnt_of(dimensions)
    return train(features, labels_for(TEXTS, classes), encoder="some encoder"), dimensions


@pytest.fixture(scope="module")
def served(trained) -> OnnxModel:
    return OnnxModel(trained[0].artefact)


@pytest.fixture(scope="module")
def artefact() -> bytes:
    texts = ["good film", "bad film", "lovely", "awful"]
    return train(features_of(texts), ["p", "n", "p", "n"]).artefact


def test_texts_in_twelve_scripts_are_predicted_as_scikit_learn_does(trained, served):
    """Many more of them are in tests/reliability/test_parity.py."""
    one, dimensions = trained
    learnt = learnt_of(dimensions)
    terms = frequent_terms(learnt.bags, MOST_TERMS)
    reference = PooledExperts().fit(
        (counts_of(learnt.bags, terms), learnt.vectors),
        labels_for(TEXTS, len(one.out_of_fold.names)),
    )
    seen = seen_of(500, dimensions)

    expected = reference.predict_proba((counts_of(seen.bags, terms), seen.vectors))
    got = served.predict_proba(seen)

    assert np.abs(expected - got).max() < 1e-5
    assert (expected.argmax(axis=1) == got.argmax(axis=1)).all()


def test_a_text_alone_is_predicted_as_in_a_batch(trained, served):
    seen = seen_of(200, trained[1])

    alone = np.concatenate([served.predict_proba(seen.take([i])) for i in range(len(seen))])

    assert np.abs(alone - served.predict_proba(seen)).max() < 1e-6


def test_the_order_of_a_batch_is_kept(trained, served):
    seen = seen_of(200, trained[1])

    backwards = served.predict_proba(seen.take(range(199, -1, -1)))

    assert served.predict_proba(seen)[::-1] == pytest.approx(backwards, abs=1e-6)


def test_a_batch_is_cut_so_that_padding_stays_bounded(trained, served):
    seen = seen_of(100, trained[1])
    small = OnnxModel(trained[0].artefact, RunLimits(floats=50))

    cut = small.predict_proba(seen)

    assert cut == pytest.approx(served.predict_proba(seen), abs=1e-6)


def test_many_terms_are_looked_up_as_few_are(trained, served):
    seen = seen_of(200, trained[1])
    many = OnnxModel(trained[0].artefact, RunLimits(ids=0))

    assert (many.predict_proba(seen) == served.predict_proba(seen)).all()


def test_no_texts_are_no_rows(trained, served):
    nothing = learnt_of(trained[1]).take([])

    assert served.predict_proba(nothing).shape == (0, len(served.names))


def test_a_model_of_vectors_refuses_features_without_them():
    texts = ["a b", "c d", "a", "c"]
    model = OnnxModel(train(features_of(texts, 6), ["x", "y", "x", "y"]).artefact)

    for other in (features_of(texts), features_of(texts, 5)):
        with pytest.raises(BadModel, match="vectors of 6"):
            model.predict_proba(other)


def test_an_artefact_names_its_encoder_and_its_classes(trained, served):
    assert served.encoder == "some encoder"
    assert served.names == trained[0].out_of_fold.names


def test_the_graph_is_numeric_only(artefact):
    graph = onnx.load_from_string(artefact).graph

    kinds = {tensor.type.tensor_type.elem_type for tensor in [*graph.input, *graph.output]}
    assert kinds == {onnx.TensorProto.INT64, onnx.TensorProto.FLOAT}
    assert all(node.domain == "" for node in graph.node)


def test_the_graph_keeps_to_the_standard(trained):
    model = onnx.load_from_string(trained[0].artefact)

    onnx.checker.check_model(model, full_check=True)

    named = [[one.name for one in some] for some in (model.graph.input, model.graph.output)]
    vectors = ["vectors"] if trained[1] else []
    assert named == [["ids", "counts", *vectors], ["probabilities"]]


def test_no_byte_cut_off_an_artefact_goes_unnoticed(artefact):
    for length in range(0, len(artefact) - 1, 97):
        with pytest.raises(BadModel):
            OnnxModel(artefact[:length])


def test_other_releases_of_the_same_format_read_an_artefact(artefact):
    known = json.loads(onnx.load_from_string(artefact).metadata_props[0].value)

    assert {name: type(value) for name, value in known.items()} == {
        "format": int,
        "classes": list,
        "terms": list,
        "encoder": str,
    }


def changed_model(artefact: bytes, **known) -> bytes:
    model = onnx.load_from_string(artefact)
    metadata = json.loads(model.metadata_props[0].value) | known
    onnx.helper.set_model_props(model, {METADATA: json.dumps(metadata)})
    return model.SerializeToString()


def test_an_artefact_of_another_format_is_refused(artefact):
    with pytest.raises(BadModel, match="format 99"):
        OnnxModel(changed_model(artefact, format=99))


@pytest.mark.parametrize(
    "known",
    [
        {"classes": ["one"]},
        {"terms": None},
        {"classes": ["a", "b", "c"]},
        {"terms": [*range(1, 99)]},
        {"classes": [1, 2]},
        {"terms": [1 << 30]},
    ],
)
def test_an_artefact_whose_metadata_does_not_fit_its_graph_is_refused(artefact, known):
    with pytest.raises(BadModel):
        OnnxModel(changed_model(artefact, **known))


@pytest.mark.parametrize(
    "failure", [MemoryError("std::bad_alloc"), RuntimeError("Exception during loading: bad_alloc")]
)
def test_want_of_memory_is_told_from_a_bad_artefact(artefact, failure, monkeypatch):
    def fail(*_):
        raise failure

    monkeypatch.setattr("labelloop.recipes.text.onnx_model.session_of", fail)

    with pytest.raises(OutOfMemory):
        OnnxModel(artefact)


def test_weights_that_are_no_numbers_are_refused(artefact):
    model = onnx.load_from_string(artefact)
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            values = np.full_like(onnx.numpy_helper.to_array(tensor), np.nan)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))

    with pytest.raises(BadModel, match="no probabilities"):
        OnnxModel(model.SerializeToString())

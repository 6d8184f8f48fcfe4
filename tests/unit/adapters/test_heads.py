"""Heads: the served probabilities are scikit-learn's, alone and in batches."""

import json
import random

import numpy as np
import onnx
import pytest

from labelloop.adapters import sklearn_head
from labelloop.adapters.onnx_head import METADATA, OnnxHead
from labelloop.adapters.sklearn_head import SklearnHead, train_head
from labelloop.errors import BadModel, Unprocessable

SCRIPTS = {
    "Latin with accents": ["café crème à la carte", "Straße über Köln", "e\u0301te\u0301 NAÏVE"],
    "Turkish": ["İstanbul'da IŞIK ılık", "DİYARBAKIR iyi ISPARTA"],
    "Greek": ["ΟΔΥΣΣΕΥΣ ὁ σοφός", "οδυσσευς ΣΊΣΥΦΟΣ"],
    "Cyrillic": ["Съешь же ещё этих мягких", "французских булок"],
    "Hebrew": ["שלום עולם טוב מאוד", "סרט רע"],
    "Arabic": ["مرحبا بالعالم الجميل", "فيلم سيئ جدا"],
    "Devanagari": ["नमस्ते दुनिया अच्छा", "बुरी फिल्म थी"],
    "Thai": ["สวัสดีชาวโลก", "หนังแย่มาก"],
    "Chinese": ["今天天气很好", "这部电影不好看"],
    "Japanese": ["とても良い映画でした", "ﾊﾝｶｸ カタカナ ひらがな"],
    "Korean": ["아주 좋은 영화였습니다", "나쁜 영화"],
    "Emoji": ["🙂👍🏽 good", "👎 👨‍👩‍👧‍👦 ☹️"],
}
ODD = [
    "",
    " ",
    "\n\t",
    "\x00",
    "\ud800",
    "a",
    "=",
    "\u200f\u202eabc",
    "x" * 30_000,
    "né " * 350_000,
]


def scripts_texts(count: int, seed: int = 0) -> list[str]:
    """Return texts of one to four pieces of all scripts, with the odd ones among them."""
    rng = random.Random(seed)
    pieces = [piece for texts in SCRIPTS.values() for piece in texts]
    words = [word for piece in pieces for word in piece.split()]
    mixed = [" ".join(rng.choices(words, k=rng.randint(1, 8))) for _ in range(count - len(ODD))]
    return [*ODD, *mixed]


def labels_for(texts: list[str], classes: int) -> list[str]:
    rng = random.Random(1)
    return [f"class {(len(text) + rng.randrange(2)) % classes}" for text in texts]


@pytest.fixture(scope="module", params=[2, 5], ids=["two classes", "five classes"])
def heads(request) -> tuple[SklearnHead, OnnxHead]:
    texts = scripts_texts(400, seed=7)
    head = SklearnHead.fit(texts, labels_for(texts, request.param))
    return head, OnnxHead(head.to_onnx())


@pytest.fixture(scope="module")
def artefact() -> bytes:
    return train_head(["good film", "bad film", "lovely", "awful"], ["p", "n", "p", "n"])[0]


def test_ten_thousand_texts_in_twelve_scripts_are_predicted_as_scikit_learn_does(heads):
    reference, served = heads
    texts = scripts_texts(10_000)

    expected, got = reference.predict_proba(texts), served.predict_proba(texts)

    assert np.abs(expected - got).max() < 1e-5
    assert (expected.argmax(axis=1) == got.argmax(axis=1)).all()


def test_a_text_alone_is_predicted_as_in_a_batch(heads):
    _, served = heads
    texts = scripts_texts(300)

    alone = np.concatenate([served.predict_proba([text]) for text in texts])
    together = served.predict_proba(texts)

    assert np.abs(alone - together).max() < 1e-6
    assert (alone.argmax(axis=1) == together.argmax(axis=1)).all()


def test_the_order_of_a_batch_is_kept(heads):
    _, served = heads
    texts = scripts_texts(300)

    assert served.predict_proba(texts)[::-1] == pytest.approx(
        served.predict_proba(texts[::-1]), abs=1e-6
    )


def test_a_batch_is_cut_so_that_padding_stays_bounded(heads, monkeypatch):
    _, served = heads
    monkeypatch.setattr("labelloop.adapters.onnx_head._MOST_FLOATS", 50)
    texts = scripts_texts(100)

    cut = served.predict_proba(texts)

    monkeypatch.undo()
    assert cut == pytest.approx(served.predict_proba(texts), abs=1e-6)


def test_no_texts_are_no_rows(heads):
    assert heads[1].predict_proba([]).shape == (0, len(heads[1].classes))


def test_a_corpus_of_any_size_is_counted_in_bounded_memory(monkeypatch):
    texts = [" ".join(f"word{i}x{j}" for j in range(50)) + " common" for i in range(40)]
    monkeypatch.setattr(sklearn_head, "_MOST_COUNTED", 500)

    kept = sklearn_head.frequent_terms(texts, 100)

    assert "=common" in kept
    assert len(kept) <= 100
    assert kept == sorted(kept)


def test_a_large_corpus_is_learnt_with_its_frequent_terms(monkeypatch):
    texts = ["good film", "bad film"] * 20
    monkeypatch.setattr(sklearn_head, "_LARGE", 10)
    monkeypatch.setattr(sklearn_head, "MOST_TERMS", 5)

    head = SklearnHead.fit(texts, ["p", "n"] * 20)

    assert len(head.terms) == 5
    assert (
        np.abs(head.predict_proba(texts) - OnnxHead(head.to_onnx()).predict_proba(texts)).max()
        < 1e-5
    )


def test_many_classes_leave_room_for_fewer_terms(monkeypatch):
    monkeypatch.setattr(sklearn_head, "_MOST_WEIGHTS", 30)

    assert len(SklearnHead.fit(["a b c", "d e f", "g h i"], ["x", "y", "z"]).terms) == 10


def test_texts_without_words_cannot_be_learnt():
    with pytest.raises(Unprocessable):
        train_head(["", " "], ["x", "y"])


def test_training_is_deterministic():
    texts = scripts_texts(100)
    labels = labels_for(texts, 3)

    assert train_head(texts, labels)[0] == train_head(texts, labels)[0]


def test_the_graph_is_numeric_only(artefact):
    graph = onnx.load_from_string(artefact).graph

    kinds = {tensor.type.tensor_type.elem_type for tensor in [*graph.input, *graph.output]}
    assert kinds == {onnx.TensorProto.INT64, onnx.TensorProto.FLOAT}
    assert all(node.domain == "" for node in graph.node)


def test_a_graph_that_answers_otherwise_than_scikit_learn_is_not_let_through(monkeypatch):
    monkeypatch.setattr(sklearn_head, "TOLERANCE", -1.0)

    with pytest.raises(BadModel, match="off"):
        train_head(["a b", "c d"], ["x", "y"])


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
    [{"classes": ["one"]}, {"terms": None}, {"classes": ["a", "b", "c"]}, {"classes": [1, 2]}],
)
def test_an_artefact_whose_metadata_does_not_fit_its_graph_is_refused(artefact, known):
    with pytest.raises(BadModel):
        OnnxHead(changed_model(artefact, **known))


def test_weights_that_are_no_numbers_are_refused(artefact):
    model = onnx.load_from_string(artefact)
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            values = np.full_like(onnx.numpy_helper.to_array(tensor), np.nan)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))

    with pytest.raises(BadModel, match="no probabilities"):
        OnnxHead(model.SerializeToString())

"""Encoders: vectors that depend on the text alone, from files that are what they say."""

import json
from dataclasses import replace

import numpy as np
import onnx
import pytest

from labelloop.adapters.encoder_files import MOST_BYTES, EncoderFiles
from labelloop.adapters.onnx_encoder import TOKENS_AT_ONCE, OnnxEncoder
from labelloop.errors import BadModel
from tests import tiny_encoder

ODD = ["", " ", "a", "\x00", "\ud800b", "東京", "🙂", "abc " * 5_000]


@pytest.fixture
def load(store):
    """Put files into the bucket, and load the encoder from there."""

    def load(
        files: dict[str, bytes] | None = None,
        most_bytes: int = MOST_BYTES,
        tokens_at_once: int = TOKENS_AT_ONCE,
    ) -> OnnxEncoder:
        for name, body in (files or tiny_encoder.files()).items():
            store.tamper(f"encoders/tiny/{name}", body)
        stored = replace(EncoderFiles.of(store, "tiny"), most_bytes=most_bytes)
        return OnnxEncoder(stored, tokens_at_once=tokens_at_once)

    return load


def test_any_text_has_a_unit_vector_of_the_same_numbers_alone_and_in_any_batch(load):
    encoder = load()
    texts = [*ODD, *("x" * length + "abc" for length in range(40))]

    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([text]) for text in texts])

    assert together.dtype == np.float32
    assert together.shape == (len(texts), encoder.dimensions)
    assert np.abs(together - alone).max() < 1e-6
    assert encoder.encode(texts[::-1])[::-1] == pytest.approx(together, abs=1e-6)
    lengths = np.linalg.norm(together, axis=1)
    assert lengths == pytest.approx([float(bool(text)) for text in texts], abs=1e-5)


def test_no_texts_are_no_vectors(load):
    assert load().encode([]).shape == (0, tiny_encoder.DIMENSIONS)


def test_texts_of_one_length_share_a_call_and_no_call_holds_too_many_tokens(load, monkeypatch):
    encoder = load(tokens_at_once=8)
    calls: list[tuple[int, ...]] = []
    run = encoder._run

    def remember(ids):
        calls.append(ids.shape)
        return run(ids)

    monkeypatch.setattr(encoder, "_run", remember)

    encoder.encode(["ab", "abc", "cd", "ef", "xyz", "gh", "ij"])

    assert calls == [(4, 2), (1, 2), (2, 3)]


def test_only_the_first_tokens_of_a_text_count(load):
    encoder = load()

    one, other = encoder.encode(["a" * 16 + "b", "a" * 16 + "c" * 100_000])

    assert (one == other).all()


@pytest.mark.parametrize("pools", [True, False])
def test_a_graph_may_answer_texts_or_tokens_and_take_masks(load, pools):
    every = ("input_ids", "attention_mask", "token_type_ids")
    expected = load().encode(["abc", "z"])

    got = load(tiny_encoder.files(tiny_encoder.graph(pools, every))).encode(["abc", "z"])

    assert got == pytest.approx(expected, abs=1e-6)


def test_the_name_tells_files_apart(load, store):
    first = load().name
    again = load().name
    other = load(tiny_encoder.files(max_tokens=8)).name

    assert first == again != other
    assert first.startswith("tiny-")


@pytest.mark.parametrize("missing", ["encoder.json", "model.onnx", "tokenizer.json"])
def test_a_missing_file_is_named(load, store, missing):
    files = tiny_encoder.files()
    del files[missing]

    with pytest.raises(BadModel, match=missing):
        load(files)


@pytest.mark.parametrize(
    "described",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        json.dumps({"model_sha256": "", "tokenizer_sha256": "", "dimensions": "8"}).encode(),
    ],
    ids=range(6),
)
def test_a_description_that_cannot_be_read_is_refused(load, described):
    with pytest.raises(BadModel, match=r"encoder\.json cannot be read"):
        load(tiny_encoder.files() | {"encoder.json": described})


@pytest.mark.parametrize("changes", [{"dimensions": 0}, {"max_tokens": 10**9}])
def test_a_description_out_of_its_limits_is_refused(load, changes):
    with pytest.raises(BadModel, match="not in"):
        load(tiny_encoder.files(**changes))


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json"])
def test_a_file_with_another_checksum_is_refused(load, file):
    files = tiny_encoder.files()

    with pytest.raises(BadModel, match="not the one"):
        load(files | {file: files[file] + b" "})


def test_a_file_that_is_too_large_is_refused(load):
    with pytest.raises(BadModel, match="larger"):
        load(most_bytes=10)


def test_vectors_of_another_length_than_described_are_refused(load):
    with pytest.raises(BadModel, match="does not run"):
        load(tiny_encoder.files(dimensions=9))


def test_weights_outside_of_the_model_are_not_read(load, tmp_path, monkeypatch):
    model = tiny_encoder.graph()
    weights = model.graph.initializer[0]
    (tmp_path / "weights").write_bytes(weights.raw_data)
    weights.ClearField("raw_data")
    weights.data_location = onnx.TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="weights")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BadModel, match="does not run"):
        load(tiny_encoder.files(model))


def test_without_the_layer_the_error_says_so(monkeypatch):
    monkeypatch.setattr("sys.path", [])

    with pytest.raises(BadModel, match="EncoderLayer"):
        EncoderFiles.built_in()

"""Encoders: vectors that depend on the text alone, from files that are what they say."""

import json
from dataclasses import replace
from hashlib import sha256

import numpy as np
import onnx
import pytest

from labelloop.adapters.encoder_files import MOST_BYTES, MOST_TUNED, EncoderFiles
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


@pytest.fixture
def worded() -> dict[str, bytes]:
    """The files of an encoder that knows words: the state of a token is that of its letter."""
    files = tiny_encoder.files()
    body = tiny_encoder.graph(pools=False).SerializeToString()
    described = json.loads(files["encoder.json"]) | {"words_sha256": sha256(body).hexdigest()}
    return files | {"words.onnx": body, "encoder.json": json.dumps(described).encode()}


def test_a_word_is_the_mean_of_its_tokens_alone_and_in_any_batch(load, worded):
    encoder = load(worded)
    letters = {text: encoder.words([text], [[(0, 1)]])[0] for text in "abc"}

    found = encoder.words(["ab c", "cb", "", "a"], [[(0, 2), (3, 4)], [(0, 2)], [], [(0, 1)]])

    expected = [letters["a"] + letters["b"], 2 * letters["c"], letters["c"] + letters["b"]]
    expected.append(2 * letters["a"])
    assert 2 * found == pytest.approx(np.array(expected), abs=1e-6)
    assert (encoder.words(["a"], [[(0, 1)]]) == found[3]).all()


def test_words_that_are_not_read_are_zeros(load, worded):
    found = load(worded).words(["a" * 16 + " b", "\ud800a"], [[(0, 16), (17, 18)], [(1, 2)]])

    assert found.any(axis=1).tolist() == [True, False, True]
    assert load(worded).words([], []).shape == (0, tiny_encoder.DIMENSIONS)


def test_an_encoder_without_words_says_so_and_has_the_same_name(load, worded):
    plain = load()

    assert plain.words(["ab c"], [[(0, 2), (3, 4)]]).shape == (2, 0)
    assert plain.name == load(worded).name


@pytest.mark.parametrize("broken", [b"no graph", tiny_encoder.graph().SerializeToString()])
def test_a_graph_that_gives_no_states_is_refused_when_words_are_asked_for(load, worded, broken):
    described = json.loads(worded["encoder.json"]) | {"words_sha256": sha256(broken).hexdigest()}
    changed = {"words.onnx": broken, "encoder.json": json.dumps(described).encode()}
    encoder = load(worded | changed)

    with pytest.raises(BadModel, match=r"words\.onnx"):
        encoder.words(["a"], [[(0, 1)]])


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


def test_without_a_description_there_is_no_encoder(load):
    """It is stored last, so an upload that was cut off is none."""
    files = tiny_encoder.files()
    del files["encoder.json"]

    with pytest.raises(BadModel, match="there is no encoder tiny"):
        load(files)


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json"])
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


def tuned(body: bytes, **changes: str) -> dict[str, bytes]:
    """The files of an encoder that was tuned to what the body says."""
    described = tiny_encoder.files(None, tuned_sha256=sha256(body).hexdigest(), **changes)
    return described | {"tuned.json": body}


def test_an_encoder_tells_which_texts_it_was_tuned_to_and_has_the_same_name(load):
    digests = ["00ff00ff00ff00ff", "a1a1a1a1a1a1a1a1"]

    files = EncoderFiles.held("tiny", tuned(json.dumps(digests).encode()))

    assert files.tuned_to() == frozenset(digests)
    assert files.name == load().name
    assert "tuned.json" in files.contents()
    assert EncoderFiles.held("tiny", tiny_encoder.files()).tuned_to() == frozenset()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b"{}",
        b"[1]",
        b'["00ff"]',
        b'["00FF00FF00FF00FF"]',
        b'["a film that nobody shall read"]',
        b'["a1a1a1a1a1a1a1a1", "00ff00ff00ff00ff"]',
        b'["a1a1a1a1a1a1a1a1", "a1a1a1a1a1a1a1a1"]',
        json.dumps([f"{n:016x}" for n in range(MOST_TUNED + 1)]).encode(),
    ],
    ids=lambda said: said[:20],
)
def test_a_list_of_another_form_is_refused(said):
    with pytest.raises(BadModel, match=r"tuned\.json is no list of digests, ascending"):
        EncoderFiles.held("tiny", tuned(said)).tuned_to()


def test_a_list_that_is_missing_too_large_or_another_one_is_refused():
    files = tuned(b"[]")

    for changed, why in [(None, "missing"), (b"[ ]", "not the one"), (b" " * 3_000_000, "larger")]:
        with pytest.raises(BadModel, match=why):
            replace(
                EncoderFiles.held("tiny", files), _read=(files | {"tuned.json": changed}).get
            ).tuned_to()

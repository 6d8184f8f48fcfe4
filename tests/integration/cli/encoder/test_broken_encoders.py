"""Broken encoders: each is refused with the reason, and nothing is stored of it."""

import json
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from labelloop.adapters.sandbox import SandboxLimits
from labelloop.adapters.sentence_transformers import Given
from labelloop.cli.check_encoder import check_encoder
from labelloop.cli.encoder_source import Hub, opened
from labelloop.errors import BadModel
from tests import tiny_encoder
from tests.encoder_exports import MODULES, POOLING, exported, graph_of, states, written

MODEL = "onnx/model.onnx"
AXIS = {"axis": np.array([1])}


def op(kind: str, *inputs: str, to: str = "last_hidden_state", **attributes: Any) -> Any:
    return helper.make_node(kind, list(inputs), [to], **attributes)


def of_states(kind: str, *inputs: str, **options: Any) -> bytes:
    """Return a graph whose states are what an operator makes of the letters' rows."""
    return states(op(kind, "x", *inputs), **options).SerializeToString()


def giving(*nodes: Any, shape: list[Any], name: str = "y", **options: Any) -> bytes:
    look = helper.make_node("Gather", ["table", "input_ids"], ["x"])
    return graph_of([look, *nodes], {name: shape}, **options).SerializeToString()


def wanting(*names: str, **options: Any) -> bytes:
    inputs = {name: ["n", "m"] for name in names}
    first = op("Gather", "table", names[0])
    return graph_of(
        [first], {"last_hidden_state": ["n", "m", "d"]}, inputs=inputs, **options
    ).SerializeToString()


def apart() -> bytes:
    graph = states()
    weights = graph.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="model.onnx_data")
    return graph.SerializeToString()


def vocabulary(size: int) -> bytes:
    made = Tokenizer(WordLevel({f"w{n}": n for n in range(size)}, unk_token="w0"))
    return made.to_str().encode()


def table(value: float) -> np.ndarray:
    return np.full((27, 8), value, np.float32)


def some(value: float) -> np.ndarray:
    """Return a table in which a few letters have this in their rows."""
    rows = np.random.default_rng(0).normal(size=(27, 8)).astype(np.float32)
    rows[[5, 20]] = value
    return rows


GRAPHS: dict[str, tuple[bytes, str]] = {
    "an empty file": (b"", "it is empty"),
    "words": (b"this is no graph", "no ONNX"),
    "a page": (b"<!doctype html>", "a page"),
    "a pointer of Git LFS": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    "a pickle": (pickle.dumps({"weights": 1}), "pickle"),
    "a zip": (b"PK\x03\x04", "zip"),
    "half a file": (states().SerializeToString()[:-50], "no ONNX file"),
    "no graph": (onnx.ModelProto(ir_version=8).SerializeToString(), "no graph"),
    "an opset of the future": (states(opset=99).SerializeToString(), "opset is 99"),
    "an opset of the past": (states(opset=5).SerializeToString(), "opset is 5"),
    "an operator of its own": (
        states(op("Magic", "x", domain="mine")).SerializeToString(),
        "operators of its own",
    ),
    "an unknown operator": (of_states("Magic"), "no operator Magic"),
    "weights apart": (apart(), "weights in another file"),
    "inputs of an image": (wanting("pixel_values"), "the graph wants pixel_values"),
    "inputs of another name": (wanting("ids"), "wants input_ids"),
    "one input too many": (wanting("input_ids", "position_ids"), "wants input_ids"),
    "inputs of int32": (
        wanting("input_ids", types=(TensorProto.INT32, TensorProto.FLOAT)),
        "not all int64",
    ),
    "inputs of one shape": (
        graph_of(
            [op("Gather", "table", "input_ids")],
            {"last_hidden_state": [1, 9, 8]},
            inputs={"input_ids": [1, 9]},
        ).SerializeToString(),
        "does not run on two texts",
    ),
    "one text at a time": (
        of_states("Reshape", "shape", more={"shape": np.array([1, 3, 8])}),
        "does not run",
    ),
    "one number in all": (
        giving(op("ReduceMean", "x", to="y", keepdims=0), shape=[]),
        "no output has vectors",
    ),
    "a number a token": (
        giving(op("ReduceMean", "x", to="y", axes=[2], keepdims=0), shape=["n", "m"]),
        "as long as the text",
    ),
    "four dimensions": (
        giving(op("Unsqueeze", "x", "axis", to="y"), shape=["n", "k", "m", "d"], more=AXIS),
        "no output has vectors",
    ),
    "tokens before texts": (
        giving(op("Transpose", "x", to="y", perm=[1, 0, 2]), shape=["m", "n", "d"]),
        "no output has vectors",
    ),
    "states without a place": (
        giving(op("Transpose", "x", to="y", perm=[0, 2, 1]), shape=["n", "d", "m"]),
        "as long as the text",
    ),
    "whole numbers": (
        giving(
            helper.make_node("Cast", ["x"], ["y"], to=7),
            shape=["n", "m", "d"],
            types=(TensorProto.INT64, TensorProto.INT64),
        ),
        "no output has vectors",
    ),
    "too many dimensions": (
        states(table=np.zeros((27, 5_000), np.float32)).SerializeToString(),
        "no output has vectors",
    ),
    "NaN": (states(table=table(np.nan)).SerializeToString(), "not finite"),
    "NaN for some letters": (states(table=some(np.nan)).SerializeToString(), "not finite"),
    "infinite": (states(table=table(np.inf)).SerializeToString(), "not finite"),
    "overflowing": (states(table=some(3e38)).SerializeToString(), "not finite"),
    "zeros": (states(table=table(0)).SerializeToString(), "zero"),
    "one vector for all": (states(table=table(1)).SerializeToString(), "no closer than others"),
    "noise": (
        states(
            op("RandomNormalLike", "x", to="noise"), op("Add", "x", "noise")
        ).SerializeToString(),
        "another vector each time",
    ),
    "noise alone": (of_states("RandomNormalLike"), "another vector each time"),
    "a smaller vocabulary": (
        states(
            table=np.random.default_rng(0).normal(size=(9, 8)).astype(np.float32)
        ).SerializeToString(),
        "does not know",
    ),
    "lengths alone": (
        states(
            op("Shape", "x", to="shape", start=1, end=2),
            helper.make_node("Cast", ["shape"], ["length"], to=1),
            op("Mul", "x", "none", to="nothing"),
            op("Add", "nothing", "length"),
            more={"none": np.float32(0)},
        ).SerializeToString(),
        "no closer than others",
    ),
}
FILES: dict[str, tuple[dict[str, Any], str]] = {
    "no graph": ({MODEL: None}, "no ONNX graph"),
    "weights of torch alone": ({MODEL: None, "pytorch_model.bin": b"x"}, "no ONNX graph"),
    "no tokenizer": ({"tokenizer.json": None}, "no tokenizer.json"),
    "a slow tokenizer": ({"tokenizer.json": None, "vocab.txt": "a"}, "no tokenizer.json"),
    "a tokenizer of words": ({"tokenizer.json": "words"}, "tokenizer.json can't be read"),
    "half a tokenizer": ({"tokenizer.json": tiny_encoder.tokenizer()[:99]}, "can't be read"),
    "a tokenizer of other things": ({"tokenizer.json": {"model": 1}}, "can't be read"),
    "a tokenizer of bytes": ({"tokenizer.json": b"\xff\xfe"}, "can't be read"),
    "a tokenizer of another model": ({"tokenizer.json": vocabulary(5_000)}, "does not know"),
    "a tokenizer of a smaller model": (
        {"config.json": {"vocab_size": 30_000}},
        "the tokenizer knows 27 tokens and the model 30,000",
    ),
    "a tokenizer without tokens": (
        {"tokenizer.json": vocabulary(1), "config.json": None},
        "no closer than others",
    ),
    "weights beside the graph": ({"onnx/model.onnx_data": b"x" * 99}, "no graph fits"),
    "graphs of no known name": (
        {MODEL: None, "one.onnx": b"x", "two.onnx": b"y"},
        "several graphs: one.onnx, two.onnx",
    ),
    "pooling by the largest": (
        {"1_Pooling/config.json": {"pooling_mode_max_tokens": True}},
        "pooling_mode_max_tokens",
    ),
    "pooling in two ways": (
        {"1_Pooling/config.json": POOLING | {"pooling_mode_cls_token": True}},
        "mean and cls are known",
    ),
    "pooling that is not said": ({"1_Pooling/config.json": None}, "no file says how"),
    "pooling of words": ({"1_Pooling/config.json": "mean"}, "can't be read as JSON"),
    "a dense layer on top": (
        {"modules.json": [*MODULES, {"type": "sentence_transformers.models.Dense"}]},
        "Dense",
    ),
    "a config of words": ({"config.json": "words"}, "can't be read as JSON"),
    "a config of a list": ({"config.json": []}, "no JSON object"),
    "a config without an end": ({"config.json": "[" * 100_000}, "can't be read as JSON"),
    "our description of other files": (
        {"encoder.json": tiny_encoder.files()["encoder.json"], "model.onnx": b"x"},
        "not the one",
    ),
    "our description, damaged": ({"encoder.json": "{}"}, "encoder.json cannot be read"),
}
OPTIONS: dict[str, tuple[list[str], str]] = {
    "a file that is not there": (["--model", "other.onnx"], "there is no other.onnx"),
    "an output that is not there": (["--output", "other"], "there is no output other"),
    "a pooling that is none": (["--pooling", "max"], "expected mean, cls or pooled"),
    "states taken for vectors": (["--pooling", "pooled"], "no vectors of texts"),
}


@pytest.fixture
def refused(run, bucket, at_once) -> Callable[..., str]:
    """Add an encoder that is broken; return the error."""

    def refused(folder: Any, *options: str) -> str:
        told = run("add", "mine", "--from", str(folder), *options, exit_code=1)
        assert list(bucket.list("encoders/")) == []
        return str(told["error"])

    return refused


@pytest.mark.parametrize("broken", GRAPHS)
def test_a_broken_graph_is_refused(refused, export, broken):
    body, says = GRAPHS[broken]

    assert says in refused(export(**{MODEL: body}))


def test_one_that_knows_none_of_the_sentences_is_taken_by_force(run, bucket, at_once, export):
    """It may be of another language, or of proteins: people know better than ten sentences."""
    folder = export(**{MODEL: GRAPHS["one vector for all"][0]})

    refused = run("add", "mine", "--from", str(folder), exit_code=1)
    assert "--force" in refused["fix"]
    taken = run("add", "mine", "--from", str(folder), "--force")

    assert taken["stored"]
    assert taken["doubt"] == refused["error"]
    assert list(bucket.list("encoders/mine/"))


@pytest.mark.parametrize("broken", ["NaN", "zeros", "noise"])
def test_nothing_forces_vectors_that_can_not_be_used(refused, export, broken):
    body, says = GRAPHS[broken]

    assert says in refused(export(**{MODEL: body}), "--force")


@pytest.mark.parametrize("broken", FILES)
def test_broken_files_are_refused(refused, export, broken):
    files, says = FILES[broken]

    assert says in refused(export(**files))


@pytest.mark.parametrize("broken", OPTIONS)
def test_options_that_do_not_fit_are_refused(refused, export, broken):
    options, says = OPTIONS[broken]

    assert says in refused(export(), *options)


def test_a_model_of_two_gigabytes_is_refused_before_it_is_read(refused, export):
    folder = export()
    with (folder / MODEL).open("r+b") as file:
        file.truncate(2_000_000_000)  # a file with holes

    assert "no graph fits (onnx/model.onnx 2,000 MB" in refused(folder)
    assert "2,000 MB" in refused(folder, "--model", MODEL)


def test_one_with_fewer_places_than_its_files_say_is_refused(refused, export):
    """All of the ten sentences are shorter, and the texts of some project are not."""
    graph = states(
        op("Shape", "input_ids", to="length", start=1, end=2),
        op("Slice", "places", "first", "length", "first", to="place"),
        op("Add", "x", "place"),
        more={"places": np.zeros((60, 8), np.float32), "first": np.array([0])},
    )

    folder = export(graph, sentence_bert_config__json={"max_seq_length": 64})

    assert "does not take a text of 64 tokens" in refused(folder)


def looping() -> onnx.ModelProto:
    """Return a graph that goes round for hours."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Identity", ["s"], ["t"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("s", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("t", TensorProto.FLOAT, None),
        ],
    )
    loop = helper.make_node("Loop", ["many", "yes", "x"], ["last_hidden_state"], body=body)
    return states(loop, more={"many": np.int64(10**14), "yes": np.bool_(True)})


def swelling() -> onnx.ModelProto:
    """Return a graph that takes gigabytes for a text."""
    nodes = [
        helper.make_node("Expand", ["one", "large"], ["much"]),
        helper.make_node("ReduceSum", ["much"], ["sum"], keepdims=0),
        helper.make_node("Add", ["x", "sum"], ["last_hidden_state"]),
    ]
    more = {"one": np.ones(1, np.float32), "large": np.array([4_000_000_000])}
    return states(*nodes, more=more)


@pytest.mark.parametrize(
    ("graph", "says"), [(looping, "did not end within 6 s"), (swelling, "memory")]
)
def test_what_never_ends_or_takes_all_memory_ends_another_process(tmp_path, graph, says):
    folder = written(tmp_path, exported(graph()))

    with opened(str(folder), Given(), Hub("https://hub.example.com")) as files:
        check = partial(check_encoder, limits=SandboxLimits(1_500, 6))
        with pytest.raises(BadModel, match=says):
            check(files.folder, "mine", files.described)


def test_a_sound_one_is_found_to_be_by_that_process_too(tmp_path):
    folder = written(tmp_path, exported())

    with opened(str(folder), Given(), Hub("https://hub.example.com")) as files:
        found = check_encoder(files.folder, "mine", files.described, ["a text"])

    assert json.loads(json.dumps(found.description)) == found.description
    assert found.peak_mb > 10


def test_one_that_fits_into_no_function_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("labelloop.cli.check_encoder.FUNCTION_MB", 360)
    folder = written(tmp_path, exported())

    with (
        opened(str(folder), Given(), Hub("https://hub.example.com")) as files,
        pytest.raises(BadModel, match="MB of memory; the functions"),
    ):
        check_encoder(files.folder, "mine", files.described)

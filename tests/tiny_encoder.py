"""An encoder of a few bytes, made to order: each letter has a direction, a text is their mean."""

import json
from functools import cache
from hashlib import sha256
from typing import Any
from zlib import crc32

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIMENSIONS = 8
WORD_DIMENSIONS = 48


@cache
def tokenizer() -> bytes:
    names = ["[UNK]", *LETTERS]
    made = Tokenizer(WordLevel({name: id_ for id_, name in enumerate(names)}, unk_token="[UNK]"))
    made.pre_tokenizer = Split(Regex("."), "isolated")
    return made.to_str().encode()


def graph(pools: bool = True, inputs: tuple[str, ...] = ("input_ids",)) -> onnx.ModelProto:
    """Return the graph: to one vector for each text, or, without pooling, for each token."""
    table = np.random.default_rng(0).normal(size=(len(LETTERS) + 1, DIMENSIONS))
    constants = [
        numpy_helper.from_array(table.astype(np.float32), "table"),
        numpy_helper.from_array(np.array([1]), "tokens"),
    ]
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["states"])]
    if pools:
        nodes.append(helper.make_node("ReduceMean", ["states", "tokens"], ["mean"], keepdims=0))
    texts: list[str | int | None] = ["n"]
    output, shape = ("mean", texts) if pools else ("states", [*texts, "m"])
    made = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "m"]) for name in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [*shape, DIMENSIONS])],
        constants,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def files(model: onnx.ModelProto | None = None, **changes: Any) -> dict[str, bytes]:
    """Return the files of an encoder, as they lie in a bucket."""
    body = (model or graph()).SerializeToString()
    known = {
        "name": "tiny",
        "model_sha256": sha256(body).hexdigest(),
        "tokenizer_sha256": sha256(tokenizer()).hexdigest(),
        "dimensions": DIMENSIONS,
        "max_tokens": 16,
    }
    described = json.dumps(known | changes).encode()
    return {"encoder.json": described, "model.onnx": body, "tokenizer.json": tokenizer()}


class CountingEncoder:
    """Encodes a text by its length, and counts what it is asked."""

    name = "counting-1"
    dimensions = 2

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Any) -> NDArray[np.float32]:
        self.texts += texts
        angles = np.array([len(text) / 100 for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    def words(self, texts: Any, words: Any) -> NDArray[np.float32]:
        """Tell words apart, and whether they stand early in their text."""
        rows = []
        for text, spans in zip(texts, words, strict=True):
            for place, (start, end) in enumerate(spans):
                row = np.zeros(WORD_DIMENSIONS, np.float32)
                row[
                    crc32(text[start:end].encode("utf-8", "surrogatepass")) % (WORD_DIMENSIONS - 1)
                ] = 1
                row[-1] = 1 / (1 + place)
                rows.append(row)
        return np.array(rows, np.float32).reshape(-1, WORD_DIMENSIONS)

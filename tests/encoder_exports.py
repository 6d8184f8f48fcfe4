"""Folders as sentence-transformers and the hub write them, with an encoder of a few bytes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests import tiny_encoder

CARD = """---
license: mit
language:
- en
- sl
---
# Tiny
"""
POOLING = {"word_embedding_dimension": 8, "pooling_mode_mean_tokens": True}
MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {
        "idx": 2,
        "name": "2",
        "path": "2_Normalize",
        "type": "sentence_transformers.models.Normalize",
    },
]


def exported(graph: onnx.ModelProto | None = None, **files: Any) -> dict[str, bytes]:
    """Return the files of an export: `files` by name, dots written as `__`; None leaves one out."""
    made = graph or tiny_encoder.graph(pools=False, inputs=("input_ids", "attention_mask"))
    contents: dict[str, Any] = {
        "onnx/model.onnx": made.SerializeToString(),
        "tokenizer.json": tiny_encoder.tokenizer(),
        "modules.json": MODULES,
        "1_Pooling/config.json": POOLING,
        "sentence_bert_config.json": {"max_seq_length": 16, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": {"query": "query: "}},
        "config.json": {"vocab_size": 27, "max_position_embeddings": 512},
        "README.md": CARD,
    }
    return {name: _bytes(body) for name, body in (contents | files).items() if body is not None}


def _bytes(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files into a folder; return it."""
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return folder


def graph_of(
    nodes: list[onnx.NodeProto],
    outputs: Mapping[str, list[Any]],
    table: np.ndarray | None = None,
    inputs: Mapping[str, Any] = {"input_ids": ["n", "m"]},
    types: tuple[int, int] = (TensorProto.INT64, TensorProto.FLOAT),
    more: Mapping[str, Any] = {},
    opset: int = 17,
) -> onnx.ModelProto:
    """Return a graph of `nodes` over a `table` of a row for each letter."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(27, 8)).astype(np.float32) if table is None else table
    constants = {"table": rows, **more}
    made = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info(name, types[0], shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, types[1], shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def states(*nodes: onnx.NodeProto, output: str = "last_hidden_state", **options: Any) -> Any:
    """Return a graph that looks letters up as `x`, then does more; its output has token states."""
    first = helper.make_node("Gather", ["table", "input_ids"], ["x" if nodes else output])
    return graph_of([first, *nodes], {output: ["n", "m", "d"]}, **options)

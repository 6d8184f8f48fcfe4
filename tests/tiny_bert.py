"""A BERT of some kilobytes with random weights, and a folder as sentence-transformers writes it."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests import tiny_encoder
from tests.encoder_exports import MODULES, POOLING, written

WIDTH, HEADS, INNER, WORDS, PLACES = 8, 2, 12, 30, 40
CONFIG: dict[str, Any] = {
    "hidden_size": WIDTH,
    "num_attention_heads": HEADS,
    "num_hidden_layers": 2,
    "layer_norm_eps": 1e-12,
}


def checkpoint() -> dict[str, Any]:
    """Return random weights, by the names of a BERT checkpoint."""
    rng = np.random.default_rng(3)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (WORDS, WIDTH),
        "embeddings.position_embeddings.weight": (PLACES, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
    }
    linear = {"intermediate.dense": (INNER, WIDTH), "output.dense": (WIDTH, INNER)}
    square = ("self.query", "self.key", "self.value", "output.dense")
    linear |= {f"attention.{name}": (WIDTH, WIDTH) for name in square}
    norms = ["embeddings.LayerNorm"]
    for layer in range(CONFIG["num_hidden_layers"]):
        name = f"encoder.layer.{layer}."
        norms += [f"{name}attention.output.LayerNorm", f"{name}output.LayerNorm"]
        for part, shape in linear.items():
            shapes |= {f"{name}{part}.weight": shape, f"{name}{part}.bias": shape[:1]}
    for norm in norms:
        shapes |= {f"{norm}.weight": (WIDTH,), f"{norm}.bias": (WIDTH,)}
    return {name: rng.normal(size=shape).astype("<f4") for name, shape in shapes.items()}


def safetensors(weights: dict[str, Any]) -> bytes:
    described: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, values in weights.items():
        places = [len(body), len(body) + values.nbytes]
        described[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": places}
        body += values.tobytes()
    head = json.dumps(described).encode()
    return len(head).to_bytes(8, "little") + head + body


def sound() -> dict[str, Any]:
    """Return weights whose vectors are close for texts of the same letters, as an encoder's are."""
    weights = checkpoint()
    for name, values in weights.items():
        if "LayerNorm" in name:
            values[:] = name.endswith("weight")
        elif "word_embeddings" not in name:
            values *= 0.05
    return weights


def folder(path: Path, **changes: Any) -> Path:
    """Write the folder; `changes` are to config.json."""
    config = CONFIG | {
        "model_type": "bert",
        "hidden_act": "gelu",
        "vocab_size": WORDS,
        "intermediate_size": INNER,
        "max_position_embeddings": PLACES,
        "type_vocab_size": 2,
    }
    files = {
        "config.json": json.dumps(config | changes).encode(),
        "model.safetensors": safetensors(sound()),
        "tokenizer.json": tiny_encoder.tokenizer(),
        "tokenizer_config.json": json.dumps(
            {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[UNK]"}
        ).encode(),
        "modules.json": json.dumps(MODULES).encode(),
        "1_Pooling/config.json": json.dumps(POOLING).encode(),
    }
    return written(path, files)

"""A tuned encoder as the functions load it: the layer's own graph, with other weights."""

import json
from hashlib import sha256
from typing import Final

import onnx

from labelloop.adapters.encoder_files import EncoderFiles, Reading
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.adapters.sentence_transformers import TOKENIZER
from labelloop.cli.tuning.bert import bert
from labelloop.cli.tuning.checkpoint import Checkpoint
from labelloop.errors import Rejected

NAME: Final = "tuned"


def encoder_files(start: Checkpoint, weights: bytes) -> dict[str, bytes]:
    """Return the files of an encoder with these weights, and all else as `start` has it.

    Without words.onnx: only spans are learnt from that, and tuning is for choices.
    """
    try:
        made = bert(weights, dict(start.config), start.described.max_tokens)
    except KeyError as exc:
        raise Rejected(f"the weights are not a BERT's: {exc} is missing") from None
    onnx.checker.check_model(made, full_check=True)
    model = made.SerializeToString(deterministic=True)
    described = {
        "name": NAME,
        "model_sha256": sha256(model).hexdigest(),
        "tokenizer_sha256": sha256(start.tokenizer).hexdigest(),
        "dimensions": start.config["hidden_size"],
        "max_tokens": start.described.max_tokens,
        **Reading(prefix=start.described.prefix).to_json(),
    }
    body = json.dumps(described, indent=1).encode() + b"\n"
    return {"model.onnx": model, TOKENIZER: start.tokenizer, "encoder.json": body}


def encoder_of(start: Checkpoint, weights: bytes, threads: int) -> OnnxEncoder:
    """Return the encoder with these weights, ready to encode."""
    return OnnxEncoder(EncoderFiles.held(NAME, encoder_files(start, weights)), threads)

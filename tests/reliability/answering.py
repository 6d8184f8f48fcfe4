"""A process that loads a version and an encoder, and prints what they answer: see test_locales."""

import json
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.onnx_model import OnnxModel
from labelloop.recipes.text.terms import bags_of
from tests.multilingual import scripts_texts

TEXTS = scripts_texts(200)


def answer(artefact: bytes) -> dict[str, str]:
    """Return the digests of all texts' terms, vectors and probabilities, and of the names."""
    model, encoder = OnnxModel(artefact), OnnxEncoder(EncoderFiles.built_in())
    features = Features(bags_of(TEXTS), encoder.encode(TEXTS))
    assert features.vectors is not None
    return {
        "terms": _digest(features.bags.ids),
        "vectors": _digest(features.vectors),
        "probabilities": _digest(model.predict_proba(features)),
        "names": sha256(json.dumps(model.names).encode()).hexdigest(),
    }


def _digest(numbers: np.ndarray) -> str:
    return sha256(numbers.tobytes()).hexdigest()


if __name__ == "__main__":
    _artefact, _layer = sys.argv[1:]
    sys.path.append(_layer)
    print(json.dumps(answer(Path(_artefact).read_bytes())))

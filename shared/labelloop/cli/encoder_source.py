"""Where an encoder comes from: a folder, or a model on a hub. Both end as a folder to check."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from labelloop.adapters.encoder_files import (
    MOST_BYTES,
    TUNED,
    TUNED_DIGEST,
    EncoderFiles,
    Reading,
)
from labelloop.adapters.hub import HubModel
from labelloop.adapters.sentence_transformers import (
    TOKENIZER,
    Described,
    Given,
    Source,
    card_of,
    described,
)
from labelloop.cli.network import pool_for
from labelloop.errors import Rejected

_HUB: Final = "hub:"
DOWNLOADS: Final = Path.home() / ".cache" / "labelloop" / "hub"
_MOST_FILES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Hub:
    """Where models are downloaded from, and by which token."""

    url: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """An encoder's files in a folder of their own, and what is known of it."""

    folder: Path
    described: Described
    model_bytes: int

    def tuned(self) -> tuple[dict[str, str], dict[str, bytes]]:
        """Return which texts it was tuned to: for its description, and as a file. Mostly empty."""
        path = self.folder / TUNED
        if not path.is_file():
            return {}, {}
        body = path.read_bytes()
        return {TUNED_DIGEST: sha256(body).hexdigest()}, {TUNED: body}


@contextmanager
def opened(source: str, given: Given, hub: Hub) -> Iterator[Opened]:
    """Return an encoder's files, as model.onnx and tokenizer.json in a folder that goes again."""
    with TemporaryDirectory(prefix="labelloop-encoder-") as temporary:
        folder = Path(temporary)
        if source.startswith(_HUB):
            found = _from_hub(source.removeprefix(_HUB), given, hub, folder)
        else:
            found = _from_folder(Path(source), given, folder)
        yield Opened(folder, found, (folder / "model.onnx").stat().st_size)


def _from_hub(name: str, given: Given, hub: Hub, folder: Path) -> Described:
    model = HubModel.found(hub.url, name, pool_for(hub.url), hub.token)
    source = Source({file.name: file.size for file in model.files.values()}, model.read)
    found = described(source, given, MOST_BYTES)
    (folder / TOKENIZER).write_bytes(model.read(TOKENIZER))
    _demand_small(found.model, source.sizes[found.model])
    path = model.download(found.model, DOWNLOADS)
    shutil.move(path, folder / "model.onnx")
    return found


def _from_folder(place: Path, given: Given, folder: Path) -> Described:
    if not place.is_dir():
        raise Rejected(f"there is no folder {place}", "name one, or a model as hub:org/name")
    files = (path for path in place.rglob("*") if path.is_file())
    sizes = {
        path.relative_to(place).as_posix(): path.stat().st_size
        for _, path in zip(range(_MOST_FILES), files, strict=False)
    }
    source = Source(sizes, lambda name: (place / name).read_bytes())
    is_ours = "encoder.json" in sizes
    found = _ours(source, place, folder) if is_ours else described(source, given, MOST_BYTES)
    _demand_small(found.model, sizes[found.model])
    shutil.copyfile(place / found.model, folder / "model.onnx")
    shutil.copyfile(place / TOKENIZER, folder / TOKENIZER)
    return found


def _ours(source: Source, place: Path, folder: Path) -> Described:
    """Return what an encoder.json says: of a folder that this project wrote.

    Which texts the encoder was tuned to is copied, if it was to any.
    """
    files = EncoderFiles.in_folder(place.name, place)
    for file in ("model.onnx", TOKENIZER):
        files.read(file)  # BadModel if it is another one
    if tuned_to := files.tuned_to():
        (folder / TUNED).write_text(json.dumps(sorted(tuned_to), indent=0) + "\n")
    reading: Reading = files.reading
    languages, licence = card_of(source)
    return Described(
        model="model.onnx",
        pooling=reading.pooling or "mean",
        prefix=reading.prefix,
        max_tokens=files.max_tokens,
        output=reading.output,
        vocabulary=0,
        prompts={},
        languages=languages,
        licence=licence,
    )


def _demand_small(name: str, size: int) -> None:
    if size > MOST_BYTES:
        raise Rejected(
            f"{name} has {size / 1e6:,.0f} MB; an encoder may have {MOST_BYTES / 1e6:,.0f}",
            "take a smaller one, or a quantised export: onnx/model_quantized.onnx",
        )

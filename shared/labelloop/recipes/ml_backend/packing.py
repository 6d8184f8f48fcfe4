"""A backend's state as bytes, and back: what it stored, and the files in its `MODEL_DIR`."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from labelloop.errors import BadModel, BadRecipe

MOST_MB: Final = 100  # of files: a function unpacks them while somebody waits
_FACTS: Final = "backend.json"
_FILES: Final = "files/"
_DATE: Final = (1980, 1, 1, 0, 0, 0)  # equal files, equal bytes
_MEGABYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a version. `usual`: its mean hit out of fold, for answers without a score.

    `values`: what `set` stored; `names`: the parts that the label config offered.
    """

    recipe: str
    label_config: str
    names: tuple[str, ...]
    usual: float
    values: Mapping[str, str]


def packed(facts: Facts, folder: Path) -> bytes:
    """Return them as an archive; BadRecipe for files that are too large."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    size = sum(path.stat().st_size for path in files)
    if size > MOST_MB * _MEGABYTE:
        raise BadRecipe(
            f"it writes {size // _MEGABYTE:,} MB into MODEL_DIR, and {MOST_MB} are the most: a"
            " function that is a container holds more"
        )
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(_fields(facts), sort_keys=True)
        archive.writestr(zipfile.ZipInfo(_FACTS, _DATE), text)
        for path in files:
            name = _FILES + path.relative_to(folder).as_posix()
            archive.writestr(zipfile.ZipInfo(name, _DATE), path.read_bytes())
    return body.getvalue()


def unpacked(artefact: bytes, recipe: str, folder: Path) -> Facts:
    """Write a version's files into a folder, and return what is known of it; BadModel."""
    try:
        with zipfile.ZipFile(io.BytesIO(artefact)) as archive:
            facts = _read(json.loads(archive.read(_FACTS)))
            for one in archive.infolist():
                if one.filename.startswith(_FILES):
                    _write(folder, one.filename.removeprefix(_FILES), archive.read(one))
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as exc:
        raise BadModel(f"no model of the recipe {recipe}") from exc
    if facts.recipe != recipe:
        raise BadModel(f"a model of the recipe {facts.recipe}")
    return facts


def _fields(facts: Facts) -> dict[str, Any]:
    return {
        "recipe": facts.recipe,
        "label_config": facts.label_config,
        "names": list(facts.names),
        "usual": facts.usual,
        "values": dict(facts.values),
    }


def _read(stored: Any) -> Facts:
    values = {str(name): str(value) for name, value in stored["values"].items()}
    names, usual = tuple(map(str, stored["names"])), float(stored["usual"])
    return Facts(str(stored["recipe"]), str(stored["label_config"]), names, usual, values)


def _write(folder: Path, name: str, body: bytes) -> None:
    if ".." in PurePosixPath(name).parts or name.startswith("/"):
        raise BadModel(f"the file {name!r} is outside of its folder")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)

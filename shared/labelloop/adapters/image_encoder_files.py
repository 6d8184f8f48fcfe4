"""The files of an image encoder, in the layer or in the bucket. Imports little: names are compared.

encoder.json      {"name", "model_sha256", "dimensions", "size", "mean", "deviation"}
model.onnx        from images, shape (images, 3, size, size), to vectors, shape (images, dimensions)

`mean` and `deviation`: three numbers, for red, green and blue from 0 to 1; the graph gets colours
less the mean, divided by the deviation.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from labelloop.adapters.encoder_files import (
    MOST_DIMENSIONS,
    Read,
    checked,
    folder_on_path,
    from_folder,
    from_store,
    stored,
    whole,
)
from labelloop.errors import BadModel
from labelloop.ports import ObjectStore

BUILT_IN: Final = "efficientnet"
_LARGEST: Final = 1_024  # pixels on a side


@dataclass(frozen=True)
class ImageEncoderFiles:
    """The files of one image encoder. Raises BadModel for a missing file or a wrong digest."""

    name: str
    dimensions: int
    size: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    _digest: str
    _read: Read

    @classmethod
    def built_in(cls) -> Self:
        """Return the layer's files: those in the first folder `image_encoder` on `sys.path`."""
        folder = folder_on_path("image_encoder")
        if folder is None:
            raise BadModel("there is no image encoder here: the function lacks ImageEncoderLayer")
        return cls.in_folder(BUILT_IN, folder)

    @classmethod
    def in_folder(cls, name: str, folder: Path) -> Self:
        """Return the files in a folder."""
        return cls._described(name, from_folder(folder))

    @classmethod
    def of(cls, store: ObjectStore, name: str) -> Self:
        """Return the files in the bucket under encoders/<name>/."""
        return cls._described(name, stored(store, name, f"there is no image encoder {name}"))

    @classmethod
    def _described(cls, name: str, read: Read) -> Self:
        body = read("encoder.json")
        if body is None:
            raise BadModel(f"image encoder {name}: encoder.json is missing")
        try:
            described = json.loads(body)
            digest = str(described["model_sha256"])
            dimensions = whole(described["dimensions"], 1, MOST_DIMENSIONS)
            size = whole(described["size"], 8, _LARGEST)
            mean, deviation = _colours(described["mean"]), _colours(described["deviation"])
            if min(deviation) <= 0:
                raise ValueError("a deviation is not above 0")
        except (KeyError, TypeError, ValueError, RecursionError) as exc:
            reason = f"{type(exc).__name__}: {exc}"
            raise BadModel(f"image encoder {name}: encoder.json cannot be read: {reason}") from exc
        facts = json.dumps([digest, dimensions, size, mean, deviation])
        full_name = f"{name}-{sha256(facts.encode()).hexdigest()[:12]}"
        return cls(full_name, dimensions, size, mean, deviation, digest, read)

    def model(self) -> bytes:
        """Return the bytes of model.onnx."""
        return checked(self._read, "model.onnx", self._digest, f"image encoder {self.name}")


def sees_images(store: ObjectStore, name: str) -> bool:
    """Say whether an encoder is one of images, by its name and what the bucket says of it."""
    if name == BUILT_IN:
        return True
    try:
        described = json.loads(from_store(store, name)("encoder.json") or b"{}")
    except (ValueError, RecursionError):
        return False
    return isinstance(described, dict) and is_of_images(described)


def is_of_images(described: Mapping[str, Any]) -> bool:
    """Say whether what an encoder.json holds describes an encoder of images, not of texts."""
    return "deviation" in described


def _colours(value: Any) -> tuple[float, ...]:
    numbers = tuple(float(number) for number in value)
    if len(numbers) != 3 or not all(-10 < number < 10 for number in numbers):
        raise ValueError(f"{value!r} are no three numbers")
    return numbers

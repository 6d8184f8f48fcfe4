"""Find out how images are prepared for a graph: by its input, and by what is said of it.

Everything that does not fit is a BadModel with what to do in `fix`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from labelloop.errors import BadModel
from labelloop.recipes.imported.package import IMAGE, Fed
from labelloop.recipes.imported.pixels import BGR, GREY, RGB, USUAL_SIDE, Pixels

_CHANNELS: Final = (1, 3)
_PLACES: Final = ("short", "share", "order", "resample")
_NUMBERS: Final = ("scale", "mean", "deviation")


def pixels_of(inputs: Sequence[Fed], wanted: Mapping[str, Any]) -> Pixels | None:
    """Return how images are prepared, None for a model that reads none. `wanted`: see `Pixels`.

    What is not named is as the input has it, else 224 pixels on a side, the whole image, red green
    blue, from 0 to 1; whole numbers of 8 bits get colours as they are.
    """
    image = next((fed for fed in inputs if fed.role == IMAGE), None)
    if image is None:
        return None
    _, *places = image.shape
    is_last = places[0] not in _CHANNELS and 0 < places[2] <= max(_CHANNELS) + 1
    channels, height, width = (places[2], *places[:2]) if is_last else places
    _check_channels(image, channels, wanted)
    is_grey = channels == 1 or (not channels and wanted.get("order") == GREY)
    _check_size(image, height, width, wanted)
    sides = {
        "height": height or wanted.get("height") or USUAL_SIDE,
        "width": width or wanted.get("width") or USUAL_SIDE,
    }
    each = 1 if is_grey else 3
    usual = {
        "order": GREY if is_grey else RGB,
        "scale": 1.0 if image.type == "uint8" else 1 / 255,
        "mean": (0.0,) * each,
        "deviation": (1.0,) * each,
    }
    # A graph of whole numbers scales them itself.
    prepared = _PLACES if image.type == "uint8" else (*_PLACES, *_NUMBERS)
    said = {name: wanted[name] for name in prepared if name in wanted}
    return Pixels.of({**usual, **said, **sides, "is_last": is_last})


def _check_channels(image: Fed, channels: int, wanted: Mapping[str, Any]) -> None:
    if channels not in (0, *_CHANNELS):
        raise BadModel(
            f"the input {image.name!r} takes {channels} channels, and an image has 3, or 1 if grey",
            "export it for images: float[n, 3, height, width], or [n, height, width, 3]",
        )
    named = {RGB: 3, BGR: 3, GREY: 1}.get(str(wanted.get("order", "")))
    if named and channels not in (0, named):
        raise BadModel(
            f"the input {image.name!r} takes {channels} channels, and {named} are named",
            "name those that it has: --channels rgb, bgr or grey",
        )


def _check_size(image: Fed, height: int, width: int, wanted: Mapping[str, Any]) -> None:
    named = wanted.get("height", height), wanted.get("width", width)
    if any(has not in (0, said) for has, said in zip((height, width), named, strict=True)):
        raise BadModel(
            f"the input {image.name!r} takes images of {width} x {height}, and {named[1]} x "
            f"{named[0]} is named",
            f"name the size that it takes: --image-size {width or named[1]}x{height or named[0]}",
        )

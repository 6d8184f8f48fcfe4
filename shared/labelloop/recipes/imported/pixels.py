"""From the small copy of an image to the numbers that a graph reads.

Copies come from `Tools.copies`: their size is limited, and no stranger made them.
"""

import io
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.errors import BadModel

if TYPE_CHECKING:
    from PIL.Image import Image

RGB: Final = "rgb"
BGR: Final = "bgr"
GREY: Final = "grey"
ORDERS: Final = (RGB, BGR, GREY)
MOST_SIDE: Final = 512  # pixels that a graph may read on a side
USUAL_SIDE: Final = 224  # where a graph reads any
_MOST_SHORT: Final = 2 * MOST_SIDE
BILINEAR: Final = 2  # Pillow's number
_RESAMPLES: Final = range(6)  # Pillow's numbers
_MOST_BYTES: Final = 2_000_000  # of a copy
_ODD: Final = ((1, 1), (300, 2), (64, 64))  # width and height
_SCALES: Final = {1 / 255: "colours from 0 to 1", 1.0: "colours from 0 to 255"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """How an image is made numbers: (colour * scale - mean) / deviation, colours from 0 to 255.

    `height`, `width`: what the graph reads. `short`: the shorter side that an image is scaled to
    before that is cut out of its middle; 0: it is scaled as a whole, or the middle `share` of each
    of its sides is. `order`: of the channels, of
    `ORDERS`; `is_last`: whether they are the last dimension. `mean`, `deviation`: a number for each
    channel, in that order. `resample`: how it is scaled, by Pillow's number.
    """

    height: int
    width: int
    short: int = 0
    share: float = 1.0
    order: str = RGB
    is_last: bool = False
    scale: float = 1 / 255
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)
    resample: int = BILINEAR

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return what is described; BadModel with what to do if it can't be done."""
        known = {each.name for each in fields(cls)}
        try:
            named = {name: value for name, value in stored.items() if name in known}
            for name in ("mean", "deviation"):
                if name in named:
                    named[name] = tuple(float(number) for number in named[name])
            made = cls(**named)
            made._check()
        except (TypeError, ValueError) as exc:
            raise BadModel(f"how its images are prepared can't be read: {exc}") from exc
        return made

    @property
    def channels(self) -> int:
        """How many numbers there are for a place: 3, or 1 for grey."""
        return 1 if self.order == GREY else 3

    @property
    def numbers(self) -> int:
        """How many numbers an image becomes."""
        return self.height * self.width * self.channels

    def __str__(self) -> str:
        """Return it as people read it."""
        size = f"{self.width} x {self.height}"
        whole = "the whole" if self.share == 1 else f"the middle {self.share:.1%}"
        cut = f"the middle of {self.short} on the shorter side" if self.short else whole
        scale = _SCALES.get(self.scale, f"colours * {self.scale:g}")
        parts = [f"{size} of {cut}", self.order, scale]
        if any(self.mean) or set(self.deviation) != {1.0}:
            parts.append(f"mean {_listed(self.mean)}, deviation {_listed(self.deviation)}")
        return ", ".join(parts)

    def _check(self) -> None:
        if not (min(self.height, self.width) >= 1 and max(self.height, self.width) <= MOST_SIDE):
            raise BadModel(
                f"it reads images of {self.width:,} x {self.height:,} pixels, and {MOST_SIDE} on a "
                "side is the most",
                "export it for smaller images: most classifiers read 224 x 224",
            )
        if self.short and not max(self.height, self.width) <= self.short <= _MOST_SHORT:
            raise BadModel(
                f"its images are cut out of {self.short} pixels, and it reads {self.width} x "
                f"{self.height}",
                f"name the shorter side to scale to, up to {_MOST_SHORT}, or none: --crop-from",
            )
        if not 0 < self.share <= 1 or (self.short and self.share != 1):
            raise BadModel(f"no middle is {self.share:g} of an image", "name --crop-from")
        if self.order not in ORDERS:
            raise BadModel(f"no image has the channels {self.order!r}", "--channels rgb, bgr, grey")
        counts = {len(self.mean), len(self.deviation)}
        numbers = (self.scale, *self.mean, *self.deviation)
        are_finite = all(abs(number) < 1e9 for number in numbers)
        if counts != {self.channels} or not are_finite or min(map(abs, self.deviation)) == 0:
            raise BadModel(
                f"a mean and a deviation other than 0 are a number for each of {self.channels} "
                "channels",
                "name as many: --mean 0.5,0.5,0.5 --deviation 0.5,0.5,0.5",
            )
        if self.resample not in _RESAMPLES:
            raise BadModel(f"nothing is known to scale by {self.resample!r}", "resample: 0 to 5")

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return asdict(self)


def batch_of(images: Sequence[NDArray[np.uint8]], by: Pixels, dtype: Any) -> NDArray[Any]:
    """Return what a graph reads, from images as `read` returns them, shape as its input has it."""
    colours: NDArray[Any] = np.stack(images)
    if dtype != np.uint8:
        mean, deviation = np.array(by.mean, np.float32), np.array(by.deviation, np.float32)
        colours = (colours * np.float32(by.scale) - mean) / deviation
    placed = colours if by.is_last else colours.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(placed, dtype)


def read(copy: Any, by: Pixels) -> NDArray[np.uint8] | None:
    """Return a copy scaled and in the channels' order, shape (height, width, channels).

    None for what is no copy. BadModel without the library that reads images.
    """
    pillow = _pillow()
    try:
        body = b64decode(str(copy).partition(",")[2])
        if len(body) > _MOST_BYTES:
            return None
        with pillow.open(io.BytesIO(body), "r", ("PNG", "JPEG")) as image:
            return _scaled(image.convert("L" if by.order == GREY else "RGB"), by)
    except Exception:  # Pillow raises a dozen types for what was damaged
        return None


def _scaled(image: "Image", by: Pixels) -> NDArray[np.uint8]:
    wide, high = image.width * by.share, image.height * by.share
    if by.short:
        of = min(image.size) / by.short  # pixels of the image for one of the scaled one
        wide, high = min(by.width * of, image.width), min(by.height * of, image.height)
    left, top = (image.width - wide) / 2, (image.height - high) / 2
    box = (left, top, left + wide, top + high)
    scaled = np.asarray(image.resize((by.width, by.height), by.resample, box), np.uint8)
    if by.order == GREY:
        return scaled[:, :, None]
    return scaled[:, :, ::-1] if by.order == BGR else scaled


def odd_copies() -> list[str]:
    """Return copies of odd images: of one pixel, very wide, of noise."""
    pillow, random, copies = _pillow(), np.random.default_rng(0), []
    for width, height in _ODD:
        body = io.BytesIO()
        noise = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
        pillow.fromarray(noise).save(body, "PNG")
        copies.append(f"data:image/png;base64,{b64encode(body.getvalue()).decode()}")
    return copies


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as exc:
        raise BadModel(
            "it reads images, and the library Pillow is not here: the image encoder's layer has it",
            "deploy with ImageEncoder=efficientnet, or any other than none",
        ) from exc
    return Image


def _listed(numbers: Sequence[float]) -> str:
    return json.dumps([round(number, 4) for number in numbers])

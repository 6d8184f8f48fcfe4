"""From the bytes of an image file to pixels, or to a small copy. All files of strangers come here.

Only formats that browsers show are read, and none that Pillow hands to another program. Images come
from strangers: their size is checked by their headers before anything is decoded. (Not TIFF: its
tiles may be larger than its header says.)
"""

import io
import warnings
from base64 import b64encode
from collections.abc import Callable
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from labelloop.errors import Unreadable

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MOST_PIXELS: Final = 40_000_000  # of a JPEG, which is decoded at a fraction of its size
MOST_DECODED: Final = 16_000_000  # of others: up to 24 bytes each, with what transparency takes
_SCAN: Final = b"\xff\xda"
_MOST_SCANS: Final = 100  # of a progressive JPEG: each goes over all pixels
_DEEP: Final = ("I", "I;16", "I;16L", "I;16B", "F")  # grey of more than 8 bits


COPIED_PIXELS: Final = 320 * 320  # of a copy: what most classifiers read, and a bit more
_COPIED_SIDE: Final = 2_048  # of one that is very long
_EXACT_PIXELS: Final = 128 * 128  # up to which a copy is exact
_QUALITY: Final = 85


def pixels_of(body: bytes, size: int) -> NDArray[np.float32]:
    """Return an image's colours, 0 to 1, shape (3, size, size): red, green, blue; the first frame.

    It is turned upright as Label Studio shows it (EXIF), put on white where it is transparent, and
    scaled to a square as a whole, so that nothing at its edges is lost. Unreadable says why not.
    """
    scaled = _scaled(body, lambda width, height: (size, size))
    return np.asarray(scaled, np.float32).transpose(2, 0, 1) / np.float32(255)


def copy_of(body: bytes) -> str:
    """Return a small copy of an image as a data: URI: upright and opaque, its sides in proportion.

    It has at most `COPIED_PIXELS`; PNG if it is small, else JPEG. Unreadable says why not. The same
    file gives the same copy.
    """
    image, copy = _scaled(body, _copied_size), io.BytesIO()
    kind = "png" if image.width * image.height <= _EXACT_PIXELS else "jpeg"
    image.save(copy, kind, quality=_QUALITY)
    return f"data:image/{kind};base64,{b64encode(copy.getvalue()).decode()}"


def _copied_size(width: int, height: int) -> tuple[int, int]:
    by = min(1.0, sqrt(COPIED_PIXELS / (width * height)), _COPIED_SIDE / max(width, height))
    return max(1, int(by * width)), max(1, int(by * height))


def _scaled(body: bytes, size_of: Callable[[int, int], tuple[int, int]]) -> Image.Image:
    """Return the first frame, upright and opaque, in the size for its width and height."""
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(body), "r", _FORMATS) as image,
        ):
            most = MOST_PIXELS if image.format == "JPEG" else MOST_DECODED
            if image.width * image.height > most:
                raise Unreadable(f"more than {most:,} pixels")
            if image.format == "JPEG" and body.count(_SCAN) > _MOST_SCANS:
                raise Unreadable(f"a JPEG of more than {_MOST_SCANS} scans")
            width, height = size_of(image.width, image.height)
            # A JPEG is decoded at a fraction of its size.
            image.draft("RGB", (2 * width, 2 * height))
            shown = _opaque(ImageOps.exif_transpose(image))
            return shown.resize(size_of(shown.width, shown.height), Image.Resampling.BICUBIC)
    except Unreadable:
        raise
    except MemoryError:
        raise Unreadable("too large to decode") from None
    except Exception as exc:  # Pillow raises a dozen types for a damaged file
        raise Unreadable(f"not an image that can be read ({type(exc).__name__})") from exc


def _opaque(image: Image.Image) -> Image.Image:
    """Return an image in red, green and blue."""
    if image.mode in _DEEP:
        values = np.asarray(image, np.float32)
        low, high = float(values.min()), float(values.max())
        values = (values - low) * (255 / max(high - low, 1e-9))
        return Image.fromarray(values.astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")

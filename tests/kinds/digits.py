"""Digits that people wrote, 8 x 8 pixels of scikit-learn's own set: which one is it?"""

from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from tests.kinds.example import Example
from tests.tiny_images import inline

NAMES = ("zero", "one", "seven")
_DIGITS = (0, 1, 7)
CONFIG = """<View>
  <Image name="image" value="$image"/>
  <Choices name="digit" toName="image">
    <Choice value="zero"/><Choice value="one"/><Choice value="seven"/>
  </Choices>
</View>"""


@cache
def written() -> tuple[NDArray[np.uint8], list[str]]:
    """Return images, shape (n, 8, 8, 1), and what each shows."""
    known = load_digits()
    rows = [row for row, digit in enumerate(known.target) if digit in _DIGITS]
    images = np.round(known.images[rows] * 255 / 16).astype(np.uint8)[:, :, :, None]
    return images, [NAMES[_DIGITS.index(int(known.target[row]))] for row in rows]


def file_of(image: NDArray[np.uint8]) -> bytes:
    """Return an image as a PNG file."""
    body = BytesIO()
    Image.fromarray(image[:, :, 0]).save(body, "PNG")
    return body.getvalue()


def _tasks() -> list[dict[str, Any]]:
    images, names = written()
    pairs = zip(images[:120], names[:120], strict=True)
    return [{"image": inline(file_of(image)), "shows": name} for image, name in pairs]


def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the result as the editor saves it."""
    return [
        {
            "value": {"choices": [data["shows"]]},
            "id": "digit",
            "from_name": "digit",
            "to_name": "image",
            "type": "choices",
            "origin": "manual",
        }
    ]


EXAMPLE = Example("image_choices", CONFIG, _tasks(), answer)

"""Images of a few pixels, made to order, and an image encoder of a few bytes for them."""

import io
import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from PIL import Image

from labelloop.adapters.fetching import Fetcher
from labelloop.adapters.guarded_https import GuardedHttps, Hosts
from labelloop.adapters.image_decoding import copy_of
from labelloop.adapters.image_encoder_files import ImageEncoderFiles
from labelloop.adapters.onnx_image_encoder import OnnxImageEncoder
from labelloop.errors import Unreadable
from labelloop.recipes.tools import Images, Toolbox
from tests.tiny_encoder import CountingEncoder

COLOURS = {"red": (220, 40, 30), "green": (40, 190, 60), "blue": (30, 60, 210)}
SIZE, DIMENSIONS = 8, 12
UPLOAD, FILE = "/data/upload/44/1b35778d-", "https://files.example.com/"


def picture(colour: str, number: int, kind: str = "PNG") -> bytes:
    """Return the file of an image that is mostly of a colour, each number another one."""
    noise = np.random.default_rng(number).integers(-60, 60, (SIZE, SIZE, 3))
    pixels = np.clip(np.array(COLOURS[colour]) + noise, 0, 255).astype(np.uint8)
    body = io.BytesIO()
    Image.fromarray(pixels).save(body, kind)
    return body.getvalue()


def inline(body: bytes, kind: str = "png") -> str:
    """Return a file as the data: URI that people paste into tasks."""
    return f"data:image/{kind};base64,{b64encode(body).decode()}"


def fetch(addresses: Sequence[str]) -> list[bytes | Unreadable]:
    """Return what is at each address: of a data: URI, or the picture that a file is named after."""
    return [_file_or_reason(address) for address in addresses]


def _file_or_reason(address: str) -> bytes | Unreadable:
    try:
        return _file(address)
    except (KeyError, ValueError):
        return Unreadable("no picture has this name")


def _file(address: str) -> bytes | Unreadable:
    name = address.removeprefix(UPLOAD).removeprefix(FILE)
    if name == address:
        return Fetcher(GuardedHttps(Hosts()))([address])[0]
    colour, _, number = name.removesuffix(".png").partition("-")
    return picture(colour, int(number)) if colour in COLOURS else Unreadable("answered 404")


def graph() -> onnx.ModelProto:
    """Return the graph: to the mean colours of an image's four quarters."""
    pool = helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[4, 4], strides=[4, 4])
    made = helper.make_graph(
        [pool, helper.make_node("Flatten", ["y"], ["vectors"])],
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", DIMENSIONS])],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def files(model: onnx.ModelProto | None = None, **changes: Any) -> dict[str, bytes]:
    """Return the files of an image encoder, as they lie in a bucket."""
    body = (model or graph()).SerializeToString()
    known = {
        "name": "tiny",
        "model_sha256": sha256(body).hexdigest(),
        "dimensions": DIMENSIONS,
        "size": SIZE,
        "mean": [0.5, 0.5, 0.5],
        "deviation": [0.5, 0.5, 0.5],
    }
    return {"encoder.json": json.dumps(known | changes).encode(), "model.onnx": body}


@cache
def encoder() -> OnnxImageEncoder:
    """Return the encoder, loaded."""
    return OnnxImageEncoder(ImageEncoderFiles._described("tiny", files().get))


def toolbox(has_encoder: bool = False, copy: Callable[[bytes], str] = copy_of) -> Toolbox:
    """Return what a stack offers that sees images, beside an encoder of texts or without one."""
    images = Images(encoder().name, encoder, fetch, copy)
    if not has_encoder:
        return Toolbox(images=images)
    return Toolbox(CountingEncoder.name, CountingEncoder, images)

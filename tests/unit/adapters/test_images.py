"""Image files become pixels as Label Studio shows them, and pixels become vectors."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from labelloop.adapters import image_decoding
from labelloop.adapters.image_decoding import pixels_of
from labelloop.adapters.image_encoder_files import ImageEncoderFiles
from labelloop.adapters.onnx_image_encoder import OnnxImageEncoder
from labelloop.errors import BadModel, Unreadable
from tests.fakes import MemoryStore
from tests.tiny_images import COLOURS, DIMENSIONS, encoder, files, graph, picture


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    body = io.BytesIO()
    image.save(body, kind, **options)
    return body.getvalue()


def half_and_half(size=(64, 48)) -> Image.Image:
    """Return an image whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, "blue")
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    return image


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_the_formats_that_browsers_show_are_read(kind):
    pixels = pixels_of(saved(half_and_half(), kind), 8)

    assert pixels.shape == (3, 8, 8)
    np.testing.assert_allclose(pixels[:, 4, 1], [1, 0, 0], atol=0.05)
    np.testing.assert_allclose(pixels[:, 4, 6], [0, 0, 1], atol=0.05)


def test_an_image_is_turned_as_its_exif_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter: the left half is above
    pixels = pixels_of(saved(half_and_half(), "JPEG", exif=exif), 8)

    np.testing.assert_allclose(pixels[:, 1, 4], [1, 0, 0], atol=0.05)
    np.testing.assert_allclose(pixels[:, 6, 4], [0, 0, 1], atol=0.05)


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGBA", (4, 4), (255, 0, 0, 0)),
        Image.new("LA", (4, 4), (0, 0)),
    ],
    ids=lambda image: image.mode,
)
def test_what_is_transparent_is_white(image):
    np.testing.assert_allclose(pixels_of(saved(image), 8), 1.0, atol=0.01)


def test_deep_grey_keeps_its_contrast():
    rows = np.linspace(1_000, 1_400, 64, dtype=np.uint16).reshape(8, 8)
    pixels = pixels_of(saved(Image.fromarray(rows)), 8)

    assert pixels.min() < 0.1
    assert pixels.max() > 0.9


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg/>",
        b"%PDF-1.7",
        saved(half_and_half())[:60],
        saved(half_and_half(), "JPEG")[:200],
        b"GIF89a",
        saved(half_and_half(), "TIFF"),
    ],
    ids=range(7),
)
def test_what_is_no_image_is_unreadable(body):
    with pytest.raises(Unreadable, match="not an image"):
        pixels_of(body, 8)


def test_an_image_of_too_many_pixels_is_not_decoded(monkeypatch):
    """9,000 by 9,000 of them, by its header: 81 million take 240 MB."""
    head = struct.pack(">IIBBBBB", 9_000, 9_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    bomb += struct.pack(">I", zlib.crc32(chunk)) + struct.pack(">I", 0) + b"IDAT"
    monkeypatch.setattr(image_decoding, "_opaque", pytest.fail)

    with pytest.raises(Unreadable, match="pixels"):
        pixels_of(bomb, 8)


def test_a_jpeg_of_very_many_scans_is_not_decoded():
    body = saved(half_and_half(), "JPEG", progressive=True)

    assert pixels_of(body, 8).shape == (3, 8, 8)
    with pytest.raises(Unreadable, match="scans"):
        pixels_of(body + b"\xff\xda" * 100, 8)


# -- the encoder -------------------------------------------------------------------------------


def stored(**changes: bytes) -> MemoryStore:
    store = MemoryStore()
    for name, body in (files() | changes).items():
        store.create(f"encoders/mine/{name}", body)
    return store


def test_an_encoder_of_ones_own_lies_in_the_bucket():
    found = OnnxImageEncoder(ImageEncoderFiles.of(stored(), "mine"))

    vector = found.encode(picture("red", 1))

    assert found.name.startswith("mine-")
    assert vector.shape == (DIMENSIONS,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_images_that_are_alike_have_vectors_that_are_close():
    vectors = {c: [encoder().encode(picture(c, n)) for n in (1, 2)] for c in COLOURS}

    assert all(one @ other > 0.9 for one, other in vectors.values())
    assert vectors["red"][0] @ vectors["blue"][0] < 0.5


@pytest.mark.parametrize(
    "changes",
    [
        {"encoder.json": b"{}"},
        {"encoder.json": b"no JSON"},
        {"encoder.json": files(size=7)["encoder.json"]},
        {"encoder.json": files(mean=[0.5])["encoder.json"]},
        {"encoder.json": files(deviation=[0.5, 0, 0.5])["encoder.json"]},
        {"encoder.json": files(dimensions=13)["encoder.json"]},
        {"model.onnx": b"another"},
        {"encoder.json": files(model_sha256="0" * 64)["encoder.json"]},
    ],
    ids=range(8),
)
def test_an_encoder_that_cannot_be_used_is_refused(changes):
    with pytest.raises(BadModel, match="mine"):
        OnnxImageEncoder(ImageEncoderFiles.of(stored(**changes), "mine"))


def test_a_graph_that_is_none_is_refused():
    broken = graph()
    del broken.graph.node[1]
    found = ImageEncoderFiles.of(stored(**files(broken)), "mine")

    with pytest.raises(BadModel):
        OnnxImageEncoder(found)


def test_a_name_changes_with_whatever_changes_vectors():
    names = {
        ImageEncoderFiles.of(stored(**files(**changes)), "mine").name
        for changes in ({}, {"mean": [0, 0, 0]}, {"size": 16}, {"deviation": [1, 1, 1]})
    }

    assert len(names) == 4


def test_a_function_without_the_layer_says_so():
    with pytest.raises(BadModel, match="ImageEncoderLayer"):
        ImageEncoderFiles.built_in()

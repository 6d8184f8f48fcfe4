"""Images as a graph reads them: how large, which part, in which order, and how scaled."""

import io
import json
from base64 import b64decode, b64encode
from typing import Any

import numpy as np
import pytest
from PIL import Image

from labelloop.adapters.image_decoding import COPIED_PIXELS, copy_of
from labelloop.adapters.onnx_file import Slot
from labelloop.cli.image_processor import named, prepared_by
from labelloop.errors import BadModel, BadSettings, Unreadable
from labelloop.recipes.imported.image_input import pixels_of
from labelloop.recipes.imported.matching import Named, inputs_of
from labelloop.recipes.imported.pixels import Pixels, batch_of, odd_copies, read

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def file_of(pixels, kind="PNG", **how):
    body = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(body, kind, **how)
    return body.getvalue()


def halves(width=8, height=4):
    """A red half beside a blue one."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = (200, 10, 0)
    pixels[:, width // 2 :] = (0, 20, 100)
    return pixels


def copy(pixels):
    return f"data:image/png;base64,{b64encode(file_of(pixels)).decode()}"


def seen(one, by) -> Any:
    found = read(one, by)
    assert found is not None
    return found


def fed(*shape, kind="float", wanted=None):
    inputs = inputs_of([Slot("x", kind, shape)], Named(), has_tokenizer=False)
    return pixels_of(inputs, wanted or {})


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (("n", 3, 32, 64), (32, 64, "rgb", False)),
        (("n", 32, 64, 3), (32, 64, "rgb", True)),
        (("n", 1, 28, 28), (28, 28, "grey", False)),
        ((1, 28, 28, 1), (28, 28, "grey", True)),
        (("n", 3, "height", "width"), (224, 224, "rgb", False)),
        (("batch", "channels", "height", "width"), (224, 224, "rgb", False)),
        (("n", "height", "width", 3), (224, 224, "rgb", True)),
    ],
)
def test_an_input_says_how_large_images_are_and_where_their_channels(shape, expected):
    pixels = fed(*shape)

    assert (pixels.height, pixels.width, pixels.order, pixels.is_last) == expected
    assert pixels.scale == 1 / 255
    assert len(pixels.mean) == len(pixels.deviation) == pixels.channels


@pytest.mark.parametrize(
    ("shape", "wanted", "says"),
    [
        (("n", 4, 32, 32), {}, "4 channels"),
        (("n", 2, 32, 32), {}, "2 channels"),
        (("n", 32, 32, 4), {}, "4 channels"),
        (("n", 3, 32, 32), {"order": "grey"}, "takes 3 channels, and 1"),
        (("n", 3, 4_096, 4_096), {}, "4,096 x 4,096 pixels, and 512 on a side"),
        (("n", 3, "h", "w"), {"height": 10**9, "width": 1}, "512 on a side"),
        (("n", 3, 32, 32), {"height": 64, "width": 64}, "images of 32 x 32, and 64 x 64"),
        (("n", 3, 32, 32), {"short": 16}, "cut out of 16"),
        (("n", 3, 32, 32), {"short": 10**9}, "cut out of"),
        (("n", 3, 32, 32), {"mean": (0.5,)}, "each of 3"),
        (("n", 3, 32, 32), {"deviation": (1, 0, 1)}, "other than 0"),
        (("n", 3, 32, 32), {"scale": float("nan")}, "a mean and a deviation"),
        (("n", 3, 32, 32), {"resample": 9}, "scale by 9"),
        (("n", 3, 32, 32), {"order": "cmyk"}, "no image has the channels 'cmyk'"),
        ((8, 3, 32, 32), {}, "always takes 8 tasks"),
    ],
)
def test_what_no_image_can_be_made_into_is_refused(shape, wanted, says):
    with pytest.raises(BadModel, match=says) as refused:
        fed(*shape, wanted=wanted)

    assert refused.value.fix


def test_a_graph_of_whole_numbers_gets_colours_as_they_are():
    wanted = prepared_by({"size": 8, **IMAGENET})
    pixels = fed("n", 3, 8, 8, kind="uint8", wanted=wanted)

    image = seen(copy(halves(8, 8)), pixels)

    batch = batch_of([image], pixels, np.uint8)
    assert batch.dtype == np.uint8
    assert batch.shape == (1, 3, 8, 8)
    assert batch[0, :, 0, 0].tolist() == [200, 10, 0]


def test_colours_are_scaled_and_less_a_mean_and_in_either_order():
    wanted = {"mean": (0.5, 0.25, 0.0), "deviation": (0.5, 2.0, 1.0)}
    straight, turned = (
        fed("n", 4, 8, 3, wanted=wanted | {"order": order}) for order in ("rgb", "bgr")
    )

    (first, other) = (
        batch_of([seen(copy(halves()), by)], by, np.float32)[0, 0, 0] for by in (straight, turned)
    )

    assert first == pytest.approx([(200 / 255 - 0.5) / 0.5, (10 / 255 - 0.25) / 2, 0])
    assert other == pytest.approx([-1, (10 / 255 - 0.25) / 2, 200 / 255])


def test_the_middle_is_cut_out_as_after_scaling():
    wide = np.tile(np.arange(0, 240, 2).astype(np.uint8)[None, :, None], (40, 1, 3))
    by = fed("n", 3, 20, 20, wanted={"short": 24})

    found = seen(copy(wide), by).astype(int)

    whole = Image.fromarray(wide).resize((72, 24), Image.Resampling.BILINEAR)
    expected = np.asarray(whole.crop((26, 2, 46, 22)), int)
    assert np.abs(found - expected).max() <= 2


def test_a_share_of_the_middle_is_read_whatever_the_sides():
    by = fed("n", 3, 4, 4, wanted={"share": 0.5})
    frame = np.random.default_rng(0).integers(0, 256, (16, 32, 3)).astype(np.uint8)

    found = seen(copy(frame), by).astype(int)

    whole = Image.fromarray(frame).resize((8, 8), Image.Resampling.BILINEAR)
    assert np.abs(found - np.asarray(whole.crop((2, 2, 6, 6)), int)).max() <= 2


@pytest.mark.parametrize("short", [0, 40])
def test_no_image_is_too_long_to_be_scaled(short):
    by = fed("n", 3, 32, 32, wanted={"short": short})

    for pixels in (halves(2_048, 1), halves(2, 2_048), halves(1, 1)):
        assert seen(copy(pixels), by).shape == (32, 32, 3)
    assert [seen(one, by).shape for one in odd_copies()] == [(32, 32, 3)] * 3


@pytest.mark.parametrize(
    "what", [None, 7, "", "data:image/png;base64,", "data:image/png;base64,aGVsbG8=", "x" * 5_000]
)
def test_what_is_no_copy_is_not_read(what):
    assert read(what, fed("n", 3, 8, 8)) is None


CONFIGS: dict[str, Any] = {
    "ViT": (
        {"size": {"height": 224, "width": 224}, "resample": 2, "rescale_factor": 1 / 255}
        | {"do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
        {"height": 224, "width": 224, "resample": 2, "mean": (0.5,) * 3, "deviation": (0.5,) * 3},
    ),
    "an old ViT": (
        {"do_resize": True, "size": 224, "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
        {"height": 224, "width": 224, "scale": 1 / 255},
    ),
    "ResNet": (
        {"size": {"shortest_edge": 224}, "crop_pct": 0.875, "resample": 3, **IMAGENET},
        {"height": 224, "width": 224, "short": 256, "mean": (0.485, 0.456, 0.406)},
    ),
    "a large ConvNeXT": (
        {"size": {"shortest_edge": 384}, "crop_pct": 0.875, **IMAGENET},
        {"height": 384, "width": 384},
    ),
    "MobileNet": (
        {"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}},
        {"height": 224, "width": 224, "short": 256},
    ),
    "CLIP": (
        {"do_center_crop": True, "crop_size": 224, "size": 224, "do_resize": True},
        {"height": 224, "width": 224, "short": 224},
    ),
    "DeiT": (
        {"size": {"height": 256, "width": 256}, "crop_size": {"height": 224, "width": 224}},
        {"height": 224, "width": 224, "share": 0.875},
    ),
    "an old DeiT": (
        {"size": 256, "crop_size": 224, "feature_extractor_type": "DeiTFeatureExtractor"},
        {"height": 224, "width": 224, "share": 0.875},
    ),
    "EfficientNet": (
        {"size": {"height": 260, "width": 260}, "crop_size": 289, "do_center_crop": False}
        | {"include_top": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
        {"height": 260, "width": 260, "mean": (0.5,) * 3, "deviation": (0.25,) * 3},
    ),
    "MobileViT": (
        {"size": {"shortest_edge": 288}, "crop_size": {"height": 256, "width": 256}}
        | {"do_flip_channel_order": True},
        {"height": 256, "short": 288, "order": "bgr", "scale": 1 / 255},
    ),
    "colours as they are": (
        {"size": 96, "do_rescale": False, "do_normalize": False, **IMAGENET},
        {"height": 96, "scale": 1.0},
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_preprocessor_config_is_read_as_its_processor_does(name):
    config, expected = CONFIGS[name]

    found = prepared_by(config)

    assert {key: found.get(key) for key in expected} == expected
    assert "short" in expected or not found.get("short")
    assert fed("n", 3, "h", "w", wanted=found)


@pytest.mark.parametrize(
    "config",
    [
        {"size": {"longest_edge": 800}},
        {"size": {"max_height": 9, "max_width": 9}},
        {"size": "224"[:0]},
        {"size": 224, "do_pad": True},
        {"size": 224, "image_mean": "grey"},
        {"size": [1, 2, 3]},
        {"size": {"height": 10, "width": 30}, "crop_size": 8},
    ],
)
def test_a_preprocessor_config_that_is_not_understood_is_refused(config):
    with pytest.raises(BadSettings, match="preprocessor_config") as refused:
        prepared_by(config)

    assert "--image-size" in refused.value.fix


def test_one_without_a_size_says_nothing():
    assert prepared_by({"feature_size": 80, "sampling_rate": 16_000}) == {}


def test_a_person_names_it():
    found = named("320x240", 0, "BGR", "1/127.5", "1,1,1", "0.5,0.5,0.5")

    assert found == {
        "width": 320,
        "height": 240,
        "short": 0,
        "order": "bgr",
        "scale": 1 / 127.5,
        "mean": (1.0, 1.0, 1.0),
        "deviation": (0.5, 0.5, 0.5),
    }
    assert named("", None, "", "", "", "") == {}
    assert named("96", None, "", "2", "", "")["height"] == 96


@pytest.mark.parametrize(
    "options",
    [
        ("wide", None, "", "", "", ""),
        ("", None, "", "1/0", "", ""),
        ("", None, "", "", "a,b,c", ""),
    ],
)
def test_what_a_person_names_wrongly_is_refused_with_an_example(options):
    with pytest.raises(BadSettings) as refused:
        named(*options)

    assert refused.value.fix.startswith("as --")


def test_how_images_are_prepared_is_stored_and_shown():
    pixels = fed("n", 3, 224, 224, wanted=prepared_by(CONFIGS["ResNet"][0]))

    assert Pixels.of(json.loads(json.dumps(pixels.to_json()))) == pixels
    assert str(pixels) == (
        "224 x 224 of the middle of 256 on the shorter side, rgb, colours from 0 to 1, "
        "mean [0.485, 0.456, 0.406], deviation [0.229, 0.224, 0.225]"
    )


# -- copies ------------------------------------------------------------------------------------


def opened(copy):
    return Image.open(io.BytesIO(b64decode(copy.partition(",")[2])))


def test_a_small_image_is_copied_as_it_is():
    image = opened(copy_of(file_of(halves())))

    assert np.array_equal(np.asarray(image), halves())


def test_a_large_one_is_copied_in_proportion_and_the_same_each_time():
    noise = np.random.default_rng(0).integers(0, 256, (900, 1_600, 3))
    body = file_of(noise, "JPEG")

    made = copy_of(body)

    width, height = opened(made).size
    assert width * height <= COPIED_PIXELS
    assert width / height == pytest.approx(16 / 9, abs=0.02)
    assert made.startswith("data:image/jpeg")
    assert made == copy_of(body)


def test_a_copy_is_upright_and_no_longer_than_it_may_be():
    turned = Image.Exif()
    turned[0x0112] = 6  # a quarter to the right
    body = file_of(halves(40, 20), "JPEG", exif=turned, quality=95)

    assert opened(copy_of(body)).size == (20, 40)
    assert max(opened(copy_of(file_of(halves(60_000, 2)))).size) <= 2_048


@pytest.mark.parametrize("body", [b"", b"hello", file_of(halves())[:40]])
def test_what_is_no_image_has_no_copy(body):
    with pytest.raises(Unreadable):
        copy_of(body)


def test_an_image_of_too_many_pixels_has_no_copy(monkeypatch):
    monkeypatch.setattr("labelloop.adapters.image_decoding.MOST_DECODED", 100)

    with pytest.raises(Unreadable, match="more than 100 pixels"):
        copy_of(file_of(halves(20, 20)))

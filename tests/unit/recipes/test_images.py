"""What the stack lends recipes about images: fetched and encoded once; unreadable ones are told."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from labelloop.errors import Unreadable
from labelloop.recipes import encoder_of
from labelloop.recipes import tools as module
from labelloop.recipes.tools import Images, Toolbox
from tests.tiny_images import DIMENSIONS, FILE, encoder, fetch, inline, picture

RED, BLUE = f"{FILE}red-1.png", f"{FILE}blue-2.png"
LOST, BROKEN = f"{FILE}lost-1.png", inline(b"no image")


@pytest.fixture
def fetched() -> list[str]:
    return []


@pytest.fixture
def tools(fetched) -> Toolbox:
    def remembering(addresses):
        fetched.extend(addresses)
        return fetch(addresses)

    return Toolbox(images=Images(encoder().name, encoder, remembering))


def test_images_have_vectors_in_the_order_of_their_addresses(tools):
    vectors = tools.images([BLUE, RED, BLUE])

    assert vectors.shape == (3, DIMENSIONS)
    np.testing.assert_array_equal(vectors[1], encoder().encode(picture("red", 1)))
    np.testing.assert_array_equal(vectors[0], vectors[2])
    assert tools.images([]).shape == (0, DIMENSIONS)


def test_an_image_is_fetched_once(tools, fetched):
    tools.images([RED, BLUE, RED])
    tools.images([BLUE, RED])

    assert fetched == [RED, BLUE]


def test_the_latest_images_alone_are_remembered(fetched, monkeypatch):
    monkeypatch.setattr(module, "_MOST_IMAGES_REMEMBERED", 1)

    def remembering(addresses):
        fetched.extend(addresses)
        return fetch(addresses)

    tools = Toolbox(images=Images(encoder().name, encoder, remembering))
    for address in (RED, BLUE, RED):
        tools.images([address])

    assert fetched == [RED, BLUE, RED]


def test_what_cannot_be_read_is_nan_and_is_tried_again(tools, fetched):
    vectors = tools.images([RED, LOST, BROKEN])

    assert np.isfinite(vectors).all(axis=1).tolist() == [True, False, False]
    tools.images([LOST])
    assert fetched == [RED, LOST, BROKEN, LOST]


def test_why_images_cannot_be_read_is_counted_without_their_addresses(tools, monkeypatch):
    logged: list[dict[str, Any]] = []
    counted: list[str] = []
    log = SimpleNamespace(warning=lambda _, extra: logged.append(extra))
    monkeypatch.setattr(module, "count", counted.append)
    monkeypatch.setattr(module, "logger", lambda: log)

    tools.images([RED, LOST, BROKEN, f"{FILE}lost-2.png"])
    tools.images([RED])

    (facts,) = logged
    assert facts["images"] == 3
    assert facts["why"]["answered 404"] == 2
    assert FILE not in str(facts)
    assert counted == ["ImagesNotRead"]


def test_a_stack_without_an_image_encoder_has_no_vectors_of_images():
    assert Toolbox().image_encoder == ""
    with pytest.raises(ValueError, match="image encoder"):
        Toolbox().images([RED])


def test_files_are_fetched_in_batches(monkeypatch):
    monkeypatch.setattr(module, "_FETCHED_AT_ONCE", 2)
    batches = []

    def counting(addresses):
        batches.append(len(addresses))
        return [Unreadable("gone")] * len(addresses)

    Toolbox(images=Images("tiny", encoder, counting)).images([f"{n}" for n in range(5)])

    assert batches == [2, 2, 1]


def test_a_recipe_uses_the_encoder_of_what_it_sees():
    assert encoder_of("image_choices", "texts-1", "images-1") == "images-1"
    assert encoder_of("text_choices", "texts-1", "images-1") == "texts-1"
    assert encoder_of("", "texts-1", "images-1") == "texts-1"
    assert encoder_of("not_installed", "texts-1", "images-1") == "texts-1"

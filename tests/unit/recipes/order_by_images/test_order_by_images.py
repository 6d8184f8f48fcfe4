"""Which configs are ordered by images, and by which."""

import numpy as np
import pytest

from labelloop.errors import Unprocessable
from labelloop.labelstudio.label_config import parse
from labelloop.recipes import control_of, encoder_of, why_order_alone
from labelloop.recipes.order_by_images.recipe import RECIPE
from labelloop.recipes.tools import Toolbox
from tests.kinds.order_by_images import EXAMPLE
from tests.tiny_images import toolbox

IMAGE, TEXT = '<Image name="i" value="$i"/>', '<Text name="t" value="$caption"/>'
KINDS = ("RectangleLabels", "PolygonLabels", "KeyPointLabels", "BrushLabels", "EllipseLabels")
ABOUT_IMAGES = {
    **{kind: f'<{kind} name="c" toName="i"><Label value="Car"/></{kind}>' for kind in KINDS},
    "Brush": '<Brush name="c" toName="i"/>',
    "TextArea": '<TextArea name="c" toName="i"/>',
    "Rating": '<Rating name="c" toName="i"/>',
    "several choices": '<Choices name="c" toName="i" choice="multiple"><Choice value="a"/>'
    '<Choice value="b"/></Choices>',
}


def view(*tags: str) -> str:
    return f"<View>{''.join(tags)}</View>"


@pytest.mark.parametrize("control", ABOUT_IMAGES.values(), ids=ABOUT_IMAGES)
@pytest.mark.parametrize("beside", ["", TEXT, '<Header value="Look"/>'])
def test_whatever_is_asked_of_an_image_is_ordered_by_it(control, beside):
    config = view(IMAGE, beside, control)

    found = control_of(config)

    assert found.recipe == RECIPE.name
    assert found.about() | {"others": []} == {
        "choice": "",
        "text": "$i",
        "labels": [],
        "others": [],
    }
    assert why_order_alone(config)


@pytest.mark.parametrize(
    ("tags", "recipe"),
    [
        ((IMAGE, TEXT, ABOUT_IMAGES["Brush"], '<TextArea name="d" toName="t"/>'), "order_alone"),
        ((IMAGE, TEXT, '<TextArea name="d" toName="t"/>'), "order_alone"),
        (('<Video name="i" value="$i"/>', TEXT, ABOUT_IMAGES["Brush"]), "order_alone"),
        (
            (
                IMAGE,
                ABOUT_IMAGES["Brush"],
                ABOUT_IMAGES["several choices"].replace("multiple", "single"),
            ),
            "image_choices",
        ),
    ],
    ids=["a text is asked about, too", "a text alone", "a video", "a choice can be learnt"],
)
def test_what_is_about_anything_else_is_read_by_others(tags, recipe):
    assert control_of(view(*tags)).recipe == recipe


def test_an_image_that_is_the_same_for_all_tasks_orders_nothing():
    fixed = '<Image name="i" value="https://x/1.png"/>'

    with pytest.raises(Unprocessable, match="nor an image that all is about"):
        control_of(view(fixed, ABOUT_IMAGES["Brush"]))


def test_images_tell_tasks_apart_and_texts_where_none_are_seen():
    config = view(
        IMAGE.replace("$i", "$image"), '<Text name="t" value="$ref"/>', ABOUT_IMAGES["Brush"]
    )
    control = control_of(config)
    inputs = [control.input_of(task) for task in EXAMPLE.tasks[:9]]

    seen, blind = (control.features(inputs, tools) for tools in (toolbox(), Toolbox()))

    assert (list(seen.blocks), list(blind.blocks)) == (["vectors"], ["bags"])
    colours = np.array([task["ref"] * 7 % 10 % 3 for task in EXAMPLE.tasks[:9]])
    alike = control.vectors(seen) @ control.vectors(seen).T
    same = colours[:, None] == colours[None]
    assert alike[same].min() > alike[~same].max()
    assert control.vectors(blind).shape[0] == len(inputs)
    assert encoder_of(RECIPE.name, "texts-1", "images-1") == "images-1"
    assert encoder_of(RECIPE.name, "texts-1", "") == "texts-1"


def test_a_task_without_an_image_is_not_ordered():
    control = RECIPE.read(parse(view(IMAGE, TEXT, ABOUT_IMAGES["Brush"])))

    assert control is not None
    assert control.input_of({"caption": "a cat"}) is None
    assert control.input_of({"i": "https://x/1.png"}) == [["https://x/1.png"], ""]
    assert control.why_unusable([{"from_name": "c", "value": {"x": 1}}], False) == (
        "on tasks without an image under $i",
        "",
    )

"""What regions of any control say, and how alike two labels are."""

import pytest

from labelloop.labelstudio.label_config import parse
from labelloop.recipes.ml_backend import backend_recipe
from labelloop.recipes.ml_backend.reading import likeness, only
from tests.moved_backends import BACKENDS

BOXES = (
    '<View><Image name="image" value="$image"/><RectangleLabels name="box" toName="image">'
    '<Label value="Car"/><Label value="Dog"/></RectangleLabels></View>'
)
CHOICES = (
    '<View><Text name="text" value="$text"/><Choices name="mood" toName="text" choice="multiple">'
    '<Choice value="a"/><Choice value="b"/></Choices></View>'
)


def control_of(config, *kinds):
    recipe = backend_recipe("any", BACKENDS / "word_votes" / "model.py", kinds)
    control = recipe.read(parse(config))
    assert control is not None
    return control


def box(label, x, id_="b"):
    value = {"x": x, "y": 1, "width": 5, "height": 5, "rotation": 0, "rectanglelabels": [label]}
    place = {"original_width": 100, "original_height": 80, "id": id_}
    return place | {
        "from_name": "box",
        "to_name": "image",
        "type": "rectanglelabels",
        "value": value,
    }


def picked(*choices):
    region = {"from_name": "mood", "to_name": "text", "type": "choices"}
    return [region | {"value": {"choices": list(choices)}}]


def test_the_order_and_the_ids_of_regions_make_no_other_label():
    control = control_of(BOXES, "RectangleLabels")

    one = control.label_of([box("Car", 1, "x"), box("Dog", 2, "y")])

    assert one == control.label_of([box("Dog", 2, "p"), box("Car", 1, "q")])
    assert control.parts(one) == ("Car", "Dog")


def test_boxes_are_alike_by_what_they_are_and_not_by_where():
    reader = control_of(BOXES, "RectangleLabels").reader
    says = [
        reader.said(reader.label_of([box(label, x) for label, x in boxes]))
        for boxes in ([("Car", 1)], [("Car", 40)], [("Dog", 1)], [("Car", 3), ("Dog", 3)])
    ]

    assert [likeness(says[0], one) for one in says] == [1, 1, 0, pytest.approx(2 / 3)]


def test_one_choice_is_its_name_and_several_are_regions():
    control = control_of(CHOICES, "Choices")

    assert control.label_of(picked("a")) == "a"
    assert control.reader.regions_of("a") == picked("a")
    assert control.label_of(picked("a", "b")) == picked("a", "b")
    assert control.parts(picked("a", "b")) == ("a", "b")


def test_what_is_not_offered_any_more_is_left_out():
    assert control_of(CHOICES, "Choices").label_of(picked("gone")) is None
    assert only(picked("a", "gone"), ("a", "b")) == picked("a")
    assert only([*picked("gone"), box("Car", 1)], ("a", "Car")) == [box("Car", 1)]


def test_a_config_with_one_more_control_is_not_all_the_backends():
    recipe = backend_recipe("any", BACKENDS / "word_votes" / "model.py", ("Choices",))
    more = CHOICES.replace("</View>", '<Rating name="stars" toName="text"/></View>')

    assert recipe.takes_all(parse(CHOICES))
    assert not recipe.takes_all(parse(more))

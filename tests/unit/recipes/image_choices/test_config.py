"""Which label configs are about images, and what is read of tasks and annotations."""

import pytest

from labelloop.labelstudio.label_config import parse
from labelloop.recipes import control_of
from labelloop.recipes.image_choices.recipe import RECIPE

CHOICES = '<Choice value="Adult content"/><Choice value="Weapons"/><Choice value="Violence"/>'


def config(image: str = '<Image name="image" value="$image"/>', **attributes: str) -> str:
    written = {"name": "choice", "toName": "image"} | attributes
    fields = " ".join(f'{name}="{value}"' for name, value in written.items())
    return f"<View>{image}<Choices {fields}>{CHOICES}</Choices></View>"


def control(*args: str, **attributes: str):
    found = RECIPE.read(parse(config(*args, **attributes)))
    assert found is not None
    return found


def region(*choices: str, **changes):
    return {
        "value": {"choices": list(choices)},
        "id": "zRoxwyLE2n",
        "from_name": "choice",
        "to_name": "image",
        "type": "choices",
        "origin": "manual",
    } | changes


def test_label_studios_own_template_is_read():
    found = control_of(config())

    assert found.recipe == "image_choices"
    assert found.sees == "image:image"
    assert found.offered == ("Adult content", "Weapons", "Violence")
    assert found.about() == {
        "choice": "choice",
        "text": "$image",
        "labels": ["Adult content", "Weapons", "Violence"],
        "others": [],
    }


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"choice": "multiple"}, "of images only a single choice"),
        ({"perRegion": "true"}, "asked of each region"),
        ({"perItem": "true"}, "asked of each item"),
        ({"value": "$options"}, "takes its choices from the tasks"),
        ({"name": ""}, "has no name"),
    ],
    ids=str,
)
def test_what_cannot_be_learnt_is_said(changed, why):
    read = parse(config(**changed))

    assert RECIPE.read(read) is None
    assert why in RECIPE.why_not(read)


def test_an_image_that_is_the_same_for_all_tasks_teaches_nothing():
    read = parse(config('<Image name="image" value="https://example.com/a.png"/>'))

    assert RECIPE.read(read) is None
    assert "the same for all tasks" in RECIPE.why_not(read)


def test_a_config_without_an_image_is_not_commented_on():
    assert RECIPE.why_not(parse("<View><Text name='t' value='$t'/></View>")) == ""


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ({"image": "https://files.example.com/road.png"}, "https://files.example.com/road.png"),
        ({"image": "/data/upload/44/1b35778d-dog.jpg"}, "/data/upload/44/1b35778d-dog.jpg"),
        ({"image": " data:image/png;base64,iVBORw0 "}, "data:image/png;base64,iVBORw0"),
        ({"image": ["first.png", "second.png"]}, "first.png"),
        *(({"image": nothing}, None) for nothing in ("", "  ", None, 7, True, [], [3], {"a": 1})),
        ({"other": "a.png"}, None),
        ([], None),
    ],
    ids=str,
)
def test_an_image_is_where_its_field_says(data, shown):
    assert control().input_of(data) == (None if shown is None else [shown])


def test_all_images_of_a_page_are_read_the_controls_own_first():
    both = '<Image name="before" value="$a"/><Image name="image" value="$b.url"/>'

    found = control(both)

    assert found.sees == "image:b.url\nimage:a"
    assert found.input_of({"a": "1.png", "b": {"url": "2.png"}}) == ["2.png", "1.png"]
    assert found.input_of({"b": {"url": "2.png"}}) == ["2.png", None]
    assert found.input_of({"a": "1.png"}) is None
    assert found.work(["2.png", "1.png"]) == 2 * found.work(["2.png", None])


@pytest.mark.parametrize(
    ("result", "label"),
    [
        ([region("Weapons")], "Weapons"),
        ([region("Weapons"), region("Violence")], "Violence"),  # the editor shows the last
        ([region("Weapons", value={"choices": "Weapons"})], "Weapons"),
        ([region("Nope")], None),
        ([region("Weapons", from_name="other")], None),
        ([{"type": "rectanglelabels", "value": {"x": 1.0, "rectanglelabels": ["Car"]}}], None),
        ([], None),
    ],
    ids=str,
)
def test_labels_are_what_the_editor_saves(result, label):
    assert control().label_of(result) == label


def test_why_an_annotation_is_of_no_use():
    found = control()

    assert found.why_unusable([region("Weapons")], True) == ("", "")
    assert "without an image under $image" in found.why_unusable([region("Weapons")], False)[0]
    assert found.why_unusable([region("Nope")], True)[1] == "Nope"

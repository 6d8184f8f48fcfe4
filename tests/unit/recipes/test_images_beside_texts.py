"""Pages that show an image and a text: a control is learnt by what it is about."""

from typing import Any

import pytest

from labelloop.recipes import control_of
from labelloop.recipes.tools import Images, Toolbox
from tests.kinds import image_choices, text_choices
from tests.tiny_encoder import CountingEncoder
from tests.tiny_images import encoder, fetch

OBJECTS = '<Image name="image" value="$image"/><Text name="text" value="$text"/>'
CHOICE = '<Choices name="{}" toName="{}"><Choice value="a"/><Choice value="b"/></Choices>'
DATA: dict[str, Any] = image_choices.EXAMPLE.tasks[0] | text_choices.EXAMPLE.tasks[0]


def view(*tags: str) -> str:
    return f"<View>{''.join(tags)}</View>"


@pytest.fixture
def tools() -> Toolbox:
    images = Images(encoder().name, encoder, fetch)
    return Toolbox(CountingEncoder.name, CountingEncoder, images)


@pytest.mark.parametrize(
    ("about", "recipe", "alone"),
    [
        ("image", "image_choices", '<Image name="image" value="$image"/>'),
        ("text", "text_choices", '<Text name="text" value="$text"/>'),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_choice_is_learnt_of_what_it_is_about(about, recipe, alone, is_first, tools):
    choice = CHOICE.format("c", about)
    tags = (choice, OBJECTS) if is_first else (OBJECTS, choice)

    beside, by_itself = control_of(view(*tags)), control_of(view(alone, choice))

    assert beside.recipe == recipe
    assert (beside.sees, beside.asks) == (by_itself.sees, by_itself.asks)
    assert beside.about() == by_itself.about()
    inputs = [beside.input_of(DATA)]
    assert inputs == [by_itself.input_of(DATA)]
    seen, wanted = (one.features(inputs, tools).to_arrays() for one in (beside, by_itself))
    assert {name: array.tolist() for name, array in seen.items()} == {
        name: array.tolist() for name, array in wanted.items()
    }


@pytest.mark.parametrize("missing", ["image", "text"])
def test_what_is_not_asked_about_may_be_missing(missing):
    about = {"image": "text", "text": "image"}[missing]
    control = control_of(view(OBJECTS, CHOICE.format("c", about)))

    assert control.input_of({name: one for name, one in DATA.items() if name != missing})
    assert control.input_of({missing: DATA[missing]}) is None


@pytest.mark.parametrize(
    ("control", "recipe"),
    [
        ('<Rating name="c" toName="{}"/>', "numbers"),
        (
            '<Taxonomy name="c" toName="{}"><Choice value="a"/><Choice value="b"/></Taxonomy>',
            "taxonomy",
        ),
        ('<Labels name="c" toName="{}"><Label value="a"/></Labels>', "spans"),
    ],
)
def test_what_is_learnt_of_texts_alone_is_so_beside_an_image_and_orders_images(control, recipe):
    assert control_of(view(OBJECTS, control.format("text"))).recipe == recipe
    assert control_of(view(OBJECTS, control.format("image"))).recipe == "order_by_images"

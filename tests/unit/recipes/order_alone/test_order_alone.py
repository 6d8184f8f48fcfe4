"""Which configs are ordered that nobody learns, and by what."""

import pytest

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, Unprocessable
from labelloop.labelstudio.label_config import parse
from labelloop.recipes import BUILT_IN, control_of, control_or_none, installed
from labelloop.recipes.order_alone import NEVER
from labelloop.recipes.order_alone.control import OrderAlone
from labelloop.recipes.order_alone.recipe import RECIPE
from labelloop.recipes.text_choices.recipe import RECIPE as CHOICES
from tests.builders import label_config
from tests.kinds.order_alone import EXAMPLE

IMAGE = '<Image name="i" value="$i"/>'
TEXT = '<Text name="t" value="$caption"/>'
CONTROLS = {
    "boxes": '<RectangleLabels name="c" toName="i"><Label value="Car"/></RectangleLabels>',
    "masks": '<BrushLabels name="c" toName="i"><Label value="Car"/></BrushLabels>',
    "free text": '<TextArea name="c" toName="t"/>',
    "dates": '<DateTime name="c" toName="t"/>',
    "a slider that the editor lacks": '<Slider name="c" toName="t"/>',
    "choices of the task's": '<Choices name="c" toName="t" value="$options"/>',
}


def read(*tags: str) -> OrderAlone | None:
    return RECIPE.read(parse(f"<View>{''.join(tags)}</View>"))


@pytest.mark.parametrize("control", CONTROLS.values(), ids=CONTROLS)
def test_any_control_will_do_beside_an_object_that_shows_text(control):
    found = read(IMAGE, TEXT, control)

    assert found is not None
    assert found.input_of({"i": "https://files.example.com/1.png", "caption": "a cat"}) == "a cat"
    assert found.about()["choice"] == ""
    assert len(found.about()["others"]) == 1


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ((IMAGE, CONTROLS["boxes"]), "nor an image that all is about; is about Image 'i'"),
        (('<Header value="Look"/>', IMAGE, CONTROLS["masks"]), "no text of theirs is shown"),
        ((TEXT,), ""),
        ((), ""),
    ],
)
def test_without_a_text_or_a_control_nothing_can_be_ordered(tags, why):
    assert read(*tags) is None
    assert why in RECIPE.why_not(parse(f"<View>{''.join(tags)}</View>"))


def test_all_texts_that_are_shown_are_read_as_far_as_a_task_has_them():
    found = read(TEXT, '<Table name="row" value="$row"/>', CONTROLS["free text"])

    assert found is not None
    assert found.sees == "caption\ntable:row"
    assert found.input_of({"caption": "a cat", "row": {"age": 3}}) == "a cat\nage: 3"
    assert found.input_of({"row": {"age": 3}}) == "age: 3"
    assert found.input_of({"i": "x"}) is None


def test_it_is_the_last_that_is_asked():
    assert list(BUILT_IN)[-1] == installed()[-1].name == RECIPE.name
    assert CHOICES.read(parse(label_config())) == control_of(label_config())
    assert RECIPE.read(parse(label_config())) is not None
    both = control_or_none(EXAMPLE.config)
    assert both is not None
    assert both.recipe == RECIPE.name


def region(name: object, value: object) -> dict[str, object]:
    return {"from_name": name, "value": value}


@pytest.mark.parametrize(
    ("result", "label"),
    [
        ([region("box", {"x": 1}), region("answer", {"text": ["a"]})], ["box", "answer"]),
        ([region("answer", {"text": ["a"]}), region("box", {"x": 1})], ["box", "answer"]),
        ([region("box", {"x": 1}), region("box", {"x": 2})], ["box"]),
        ([region("answer", {})], None),
        ([region("gone", {"x": 1})], None),
        ([region(["box"], {"x": 1})], None),
        ([{"type": "relation", "from_id": "a", "to_id": "b"}], None),
        ([], None),
    ],
    ids=range(8),
)
def test_a_label_says_which_controls_were_answered(result, label):
    found = read(
        IMAGE,
        TEXT,
        '<RectangleLabels name="box" toName="i"/>',
        '<TextArea name="answer" toName="t"/>',
    )

    assert found is not None
    assert found.label_of(result) == label
    assert (found.why_unusable(result, True) == ("", "")) is (label is not None)


def test_nothing_is_ever_learnt():
    found = read(TEXT, CONTROLS["free text"])

    assert found is not None
    assert found.missing([["c"]] * 1_000, 0) == NEVER
    assert found.known(()) is None
    assert found.results(Answers((), Columns(2, {}))) == [[], []]
    with pytest.raises(Unprocessable, match="nothing is predicted"):
        found.fit([["c"]] * 9, Columns(9, {}))
    with pytest.raises(BadModel):
        RECIPE.load(b"")

"""Which controls of a config are learnt together, and what each makes of tasks and results."""

from typing import Any

import pytest

from labelloop.errors import Unprocessable
from labelloop.labelstudio.label_config import parse
from labelloop.labelstudio.result_check import problems
from labelloop.recipes import control_of
from labelloop.recipes.protocol import Fitted
from labelloop.recipes.several_controls.control import SeveralControls
from labelloop.recipes.several_controls.recipe import RECIPE
from labelloop.recipes.tools import Toolbox
from tests.kinds.several_controls import EXAMPLE
from tests.tiny_encoder import CountingEncoder

AB = '<Choice value="A"/><Choice value="B"/>'
TEXT = '<Text name="t" value="$text"/>'


def choices(name: str, about: str = "t", more: str = "", inside: str = AB) -> str:
    return f'<Choices name="{name}" toName="{about}" {more}>{inside}</Choices>'


def view(*tags: str) -> str:
    return f"<View>{''.join(tags)}</View>"


def own(features) -> list[str]:
    """Return the names of blocks without their groups."""
    return [name.partition(":")[2] for name in features.blocks]


def read(*tags: str) -> SeveralControls:
    control = control_of(view(*tags))
    assert isinstance(control, SeveralControls)
    return control


def region(name: str, *chosen: str) -> dict[str, object]:
    about = {"from_name": name, "to_name": "t", "type": "choices"}
    return about | {"value": {"choices": list(chosen)}}


def both(count: int) -> list[list[dict[str, object]]]:
    """Return results that answer x and y alike, A and B in turn."""
    return [[region("x", "AB"[n % 2]), region("y", "AB"[n % 2])] for n in range(count)]


def fitted(control: SeveralControls, results: list[list[dict[str, object]]]) -> Fitted:
    labels = [label for one in results if (label := control.label_of(one))]
    inputs = inputs_of(control, len(results))
    return control.fit(labels, control.features(inputs, Toolbox()))


def inputs_of(control: SeveralControls, count: int) -> list[list[object]]:
    """Return the inputs of tasks with one of two texts in turn."""
    tasks = ({"text": f"text {number % 2}"} for number in range(count))
    return [read for data in tasks if (read := control.input_of(data))]


def test_controls_that_can_be_learnt_are_and_the_others_are_named():
    note = '<TextArea name="note" toName="t"/>'
    control = read(TEXT, choices("x"), note, choices("y"), choices("z", more='perRegion="true"'))

    assert control.about() == {
        "choice": "x, y",
        "text": "$text",
        "labels": ["x:A", "x:B", "y:A", "y:B"],
        "others": [
            "TextArea 'note'",
            "Choices 'z' (asked of each region; no control marks its regions that predicts spans "
            "of a text)",
        ],
    }


@pytest.mark.parametrize(
    "tags",
    [
        (TEXT, choices("x")),
        (TEXT, choices("x"), '<TextArea name="note" toName="t"/>'),
        (TEXT, choices("x"), choices("y", more='perItem="true"', inside=AB)),
        (TEXT, choices("x"), choices("x")),
    ],
)
def test_one_control_alone_is_left_to_its_own_recipe(tags):
    config = parse(view(*tags).replace("perItem", "peritem"))

    assert RECIPE.read(config) is None
    assert RECIPE.why_not(config) == "fewer than two controls can be learnt"
    assert control_of(view(*tags)).recipe == "text_choices"


def test_controls_that_see_the_same_share_its_features():
    other = '<Text name="u" value="$title"/>'
    same, apart = (
        read(TEXT, choices("x"), choices("y")),
        read(TEXT, other, choices("x"), choices("y", about="u")),
    )
    data = {"text": "a", "title": "b"}

    assert same.input_of(data) == ["a"]
    assert apart.input_of(data) == ["a\nb", "b\na"]
    assert apart.input_of({"text": "a"}) is None
    assert own(same.features([["a"]], Toolbox())) == ["bags"]
    assert own(apart.features([["a", "b"]], Toolbox())) == ["bags", "bags"]
    second = f"{list(apart.groups)[1]}bags"
    assert list(apart.features([["a", "b"]], Toolbox(), [second]).blocks) == [second]
    assert same.sees != apart.sees


def test_only_blocks_that_are_asked_for_are_encoded():
    encoder = CountingEncoder()
    tools = Toolbox(encoder.name, lambda: encoder)
    control = read(TEXT, choices("x"), choices("y"))

    (group,) = control.groups
    assert own(control.features([["a"]], tools, [f"{group}bags"])) == ["bags"]
    assert list(control.features([["a"]], tools, []).blocks) == []
    assert control.apart(encoder.name) == (f"{group}vectors",)


def test_a_label_has_what_was_answered_and_no_more():
    control = read(TEXT, choices("x"), choices("y"))

    assert control.label_of([region("y", "B"), region("x", "A")]) == {"x": "A", "y": "B"}
    assert control.label_of([region("y", "B")]) == {"y": "B"}
    assert control.label_of([region("y", "gone")]) is None
    assert control.why_unusable([region("y", "gone")], True)[1] == "gone"
    assert control.why_unusable([region("y", "B")], False)[0] == "on tasks that can't be read"
    assert control.parts({"y": "B"}) == ("y:B",)


def test_each_control_learns_from_the_tasks_that_it_was_answered_of():
    control = read(TEXT, choices("x"), choices("y"))
    results = both(8) + [[region("x", "AB"[n % 2])] for n in range(12)]
    model = fitted(control, results)
    answers = model.answer(control.features([["text 0"], ["text 1"]], Toolbox()))

    assert control.measure.labels(answers) == [{"x": "A", "y": "A"}, {"x": "B", "y": "B"}]
    assert len(model.packed().out_of_fold) == 20
    assert model.packed().out_of_fold.columns.are_finite().all()


def test_a_control_with_too_few_labels_is_learnt_later_than_the_others():
    control = read(TEXT, choices("x"), choices("y"))
    results = [[region("x", "AB"[n % 2])] for n in range(9)] + [[region("y", "A")]]
    labels = [label for one in results if (label := control.label_of(one))]
    model = fitted(control, results)
    known = control.known(model.names)
    shown = control.shown(model.answer(control.features([["text 1"]], Toolbox())), known or ())

    assert control.missing(labels, 0) == ""
    assert "'y': a model takes" in control.missing(labels, 20)
    assert known == ("x:A", "x:B")
    assert [one["from_name"] for one in control.results(shown)[0]] == ["x"]
    assert control.measure.hits(shown, [{"x": "B", "y": "A"}])[0] == pytest.approx(0.5)
    with pytest.raises(Unprocessable, match=r"'x': .*; 'y': "):
        fitted(control, [[region("y", "A")]])


def test_a_version_shows_what_the_config_still_asks():
    before = read(TEXT, choices("x"), choices("y"))
    model = fitted(before, both(9))
    after = read(TEXT, choices("y"), choices("z"))
    known = after.known(model.names)
    shown = after.shown(model.answer(before.features([["text 0"]], Toolbox())), known or ())

    assert known == ("y:A", "y:B")
    assert [one["from_name"] for one in after.results(shown)[0]] == ["y"]
    assert read(TEXT, choices("v"), choices("w")).known(model.names) is None


def test_an_answer_that_the_page_would_hide_is_left_out():
    when = 'visibleWhen="choice-selected" whenTagName="x" whenChoiceValue="A"'
    xml = view(TEXT, choices("x"), f"<View {when}>{choices('y')}</View>")
    control = control_of(xml)
    assert isinstance(control, SeveralControls)
    model = fitted(control, both(9))
    answers = model.answer(control.features([["text 0"], ["text 1"]], Toolbox()))
    results = control.results(control.shown(answers, model.names))

    assert [[one["from_name"] for one in result] for result in results] == [["x", "y"], ["x"]]
    assert not any(problems(parse(xml), {"text": "text 0"}, result) for result in results)


def test_names_of_controls_may_be_any_text():
    control = control_of(EXAMPLE.config)

    assert control.offered[1:3] == ("tone:good", "about%2Ewhat:Delivery")


def test_controls_of_different_kinds_are_learnt_beside_each_other():
    xml = view(TEXT, choices("x"), '<Rating name="stars" toName="t"/>')
    control = control_of(xml)
    assert isinstance(control, SeveralControls)
    stars: dict[str, object] = {"from_name": "stars", "to_name": "t", "type": "rating"}
    given = (stars | {"value": {"rating": 1 + 3 * (n % 2)}} for n in range(30))
    results = [[*first, second] for first, second in zip(both(30), given, strict=True)]
    model = control.load(fitted(control, results).packed().artefact)
    answers = model.answer(control.features(inputs_of(control, 2), Toolbox()))
    shown = control.results(control.shown(answers, control.known(model.names) or ()))

    assert [one.recipe for _, one in control.controls] == ["text_choices", "numbers"]
    assert [[one["from_name"] for one in result] for result in shown] == [["x", "stars"]] * 2
    assert control.measure.title == "share right"
    assert not any(problems(parse(xml), {"text": "a"}, result, is_pushed=True) for result in shown)


def test_a_rating_that_names_no_object_is_one_of_several():
    control = read(TEXT, choices("x"), '<Rating name="stars"/>', choices("y"))

    assert [name for name, _ in control.controls] in (["x", "y"], ["x", "stars", "y"])
    assert ("Rating 'stars'" in control.others) is (len(control.controls) == 2)


def test_a_choice_about_an_image_beside_one_about_a_text_is_left_to_the_recipe_of_both():
    two = '<Choice value="a"/><Choice value="b"/>'
    config = (
        '<View><Text name="t" value="$text"/><Image name="i" value="$image"/>'
        f'<Choices name="tone" toName="t">{two}</Choices>'
        f'<Choices name="look" toName="i">{two}</Choices></View>'
    )

    assert RECIPE.read(parse(config)) is None
    assert control_of(config).recipe == "texts_and_images"
    assert control_of(config).about()["others"] == []


def test_a_control_that_went_or_moved_leaves_the_others_answers_as_they_were():
    spans = '<Labels name="s" toName="t"><Label value="P"/></Labels>'
    before = read(TEXT, spans, choices("x"), choices("y"))
    after = read(TEXT, choices("y"), choices("x"))
    marked = [{"from_name": "s", "to_name": "t", "value": {"start": 0, "end": 4, "labels": ["P"]}}]
    results: list[Any] = [[*marked, region("x", "AB"[i % 2]), region("y", "A")] for i in range(20)]
    results[0] = [*marked, region("x", "A"), region("y", "B")]
    data = [{"text": f"text {'AB'[i % 2] * 3} {i}"} for i in range(20)]
    inputs: list[Any] = [before.input_of(one) for one in data]
    labels: list[Any] = [before.label_of(one) for one in results]
    fitted = before.fit(labels, before.features(inputs, Toolbox()), None, Toolbox())
    model = before.load(fitted.packed().artefact)

    others: list[Any] = [after.input_of(one) for one in data]
    answers = model.answer(after.features(others, Toolbox()))
    known = after.known(model.names)
    assert known is not None

    results_after = after.results(after.shown(answers, known))
    shown: list[Any] = [after.label_of(one) for one in results_after]
    assert [one["x"] for one in shown] == ["AB"[i % 2] for i in range(20)]


class Drawing:
    """A control that answers while a person draws; of the rest nothing is called."""

    def suggested(self, _model: Any, _task: Any, context: Any) -> Any:
        return context["result"]


def test_what_is_drawn_by_a_control_that_is_not_learnt_is_for_all_that_answer():
    """A backend makes a mask of a click, and the click is by a control of its own."""
    control: Any = SeveralControls((("mask", Drawing()), ("mood", object())))  # type: ignore[arg-type]
    click, mask, mood = ({"from_name": name} for name in ("click", "mask", "mood"))

    assert control.suggested(None, {}, {"result": [click, mask, mood]}) == [click, mask]
    assert control.suggested(None, {}, {"result": [mood]}) == []

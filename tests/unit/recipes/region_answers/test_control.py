"""What answers about regions mean as labels, and how they are shown: under their regions' ids."""

import json
from pathlib import Path
from typing import Any

import pytest

from labelloop.domain.columns import Columns
from labelloop.errors import BadModel
from labelloop.labelstudio.label_config import parse
from labelloop.labelstudio.result_check import problems
from labelloop.recipes import control_of
from labelloop.recipes.several_controls.control import SeveralControls
from labelloop.recipes.several_controls.model import SeveralModel
from labelloop.recipes.tools import Toolbox
from tests.kinds import spans as kinds
from tests.kinds.region_answers import CONFIG, EXAMPLE
from tests.tiny_encoder import CountingEncoder

Region = dict[str, Any]
EVENT = Path(__file__).parents[4] / "events" / "webhook-annotation-created-region-answers.json"


def several(config: str = CONFIG) -> SeveralControls:
    control = control_of(config)
    assert isinstance(control, SeveralControls)
    return control


def mark(id_: Any, start: int, end: int, label: str = "Problem") -> Region:
    about = {"id": id_, "from_name": "span", "to_name": "text", "type": "labels"}
    return about | {"value": {"start": start, "end": end, "labels": [label]}}


def said(id_: Any, severity: str, **more: Any) -> Region:
    about = {"id": id_, "from_name": "severity", "to_name": "text", "type": "choices"}
    return about | {"value": {"choices": [severity], **more}}


@pytest.mark.parametrize(
    ("result", "label"),
    [
        ([mark("a", 0, 6), said("a", "High")], [[0, 6, "High"]]),
        ([said("a", "High"), mark("a", 0, 6)], [[0, 6, "High"]]),  # any order
        ([mark("a", 9, 12), mark("b", 0, 6), said("b", "Low")], [[0, 6, "Low"]]),  # one unanswered
        ([mark("a", 0, 6), said("a", "High", start=90, end=99)], [[0, 6, "High"]]),  # copied place
        ([mark("a", 0, 6), said("a", "High"), said("a", "Low")], [[0, 6, "Low"]]),  # the last wins
        ([mark("a", 0, 6), said("b", "High")], None),  # of no region
        ([mark("a", 0, 6), said(None, "High")], None),
        ([mark("a", 0, 6, "Product"), said("a", "High")], None),  # not asked of products
        ([mark("a", 0, 6), said("a", "Awful")], None),  # not offered
        ([said("a", "High")], None),
        ([mark("a", 6, 6), said("a", "High")], None),  # a region without a place
        ([mark("a", 0, 6)], None),
        ([], None),
    ],
)
def test_an_answer_belongs_to_the_region_with_its_id(result, label):
    control = several()

    assert (control.label_of(result) or {}).get("severity") == label


def test_why_an_annotation_says_nothing_of_regions():
    control = dict(several().controls)["severity"]

    assert control.why_unusable([mark("a", 0, 6)], True) == (
        "without an answer to 'severity' for any region",
        "",
    )
    assert control.why_unusable([mark("a", 0, 6), said("a", "Awful")], True)[1] == "Awful"
    assert control.why_unusable([mark("a", 0, 6), said("a", "Low")], True) == ("", "")
    assert control.why_unusable([mark("a", 0, 6), said("a", "Low")], False)[0]


def learnt(control: SeveralControls, tasks: Any, results: Any, tools: Toolbox) -> Any:
    labels: list[Any] = [control.label_of(one) for one in results]
    inputs: list[Any] = [control.input_of(data) for data in tasks]
    return control.fit(labels, control.features(inputs, tools), None, tools)


def shown(control: SeveralControls, model: Any, tasks: Any, tools: Toolbox) -> list[list[Region]]:
    inputs: list[Any] = [control.input_of(data) for data in tasks]
    answers = model.answer(control.features(inputs, tools))
    return control.results(control.shown(answers, control.known(model.names) or ()))


@pytest.mark.parametrize("tools", [Toolbox(), Toolbox(CountingEncoder.name, CountingEncoder)])
def test_each_predicted_span_is_answered_under_its_own_id(tools):
    control = several()
    fitted = learnt(control, EXAMPLE.tasks[:60], EXAMPLE.results[:60], tools)
    model = control.load(fitted.packed().artefact)
    tasks = EXAMPLE.tasks[60:]

    results = shown(control, model, tasks, tools)

    for data, result, meant in zip(tasks, results, EXAMPLE.results[60:], strict=True):
        assert not problems(parse(CONFIG), data, result, is_pushed=True)
        given, asked = (
            {
                (one["value"]["start"], one["value"]["end"]): one["value"]["choices"]
                for one in each
                if one["from_name"] == "severity"
            }
            for each in (result, meant)
        )
        assert given.items() >= asked.items()
        marked = {one["id"] for one in result if one["value"].get("labels") == ["Problem"]}
        assert {one["id"] for one in result if one["from_name"] == "severity"} == marked


GRADES = '<Choice value="Low"/><Choice value="High"/>'


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (f'<Choices name="grade" toName="T" perRegion="true">{GRADES}</Choices>', "choices"),
        (
            f'<Choices name="grade" toName="T" perRegion="true" choice="multiple">{GRADES}'
            "</Choices>",
            "choices",
        ),
        (f'<Taxonomy name="grade" toName="T" perRegion="true">{GRADES}</Taxonomy>', "taxonomy"),
        ('<Rating name="grade" toName="T" perRegion="true"/>', "rating"),
        ('<Number name="grade" toName="T" perRegion="true" min="1" max="5" step="1"/>', "number"),
    ],
)
@pytest.mark.parametrize("example", [kinds.EXAMPLE, kinds.PAGES, kinds.DIALOGUES])
def test_all_kinds_of_answers_about_all_kinds_of_spans_are_learnt_and_shown(tag, value, example):
    to_name = next(iter(example.results[0]))["to_name"]
    config = example.config.replace("</View>", tag.replace('"T"', f'"{to_name}"') + "</View>")
    control = several(config)
    grades: dict[bool, Any] = {
        True: {"choices": ["High"], "taxonomy": [["High"]], "rating": 5, "number": 4}[value],
        False: {"choices": ["Low"], "taxonomy": [["Low"]], "rating": 1, "number": 2}[value],
    }

    def answered(result: list[Region]) -> list[Region]:
        """Give people a high grade and all else a low one."""
        about = {"from_name": "grade", "to_name": to_name, "type": tag[1:].split()[0].lower()}
        given = [
            about | {"id": one["id"], "value": {value: grades["Person" in str(one["value"])]}}
            for one in result
        ]
        return [*result, *given]

    results = [answered(one) for one in example.results]
    tools = Toolbox(CountingEncoder.name, CountingEncoder)
    fitted = learnt(control, example.tasks, results, tools)
    predicted = shown(control, control.load(fitted.packed().artefact), example.tasks[:16], tools)

    for data, result in zip(example.tasks, predicted, strict=False):
        assert not problems(parse(config), data, result, is_pushed=True)
    labels: list[Any] = [control.label_of(one) for one in results[:16]]
    meant: list[Any] = [control.label_of(one) for one in predicted]
    pairs = zip(labels, meant, strict=True)
    pairs_answered = [(a, b or {}) for a, b in pairs if a and "grade" in a]
    right = sum(a["grade"] == b.get("grade") for a, b in pairs_answered)
    assert right >= 0.5 * len(pairs_answered)
    assert pairs_answered


def test_regions_are_learnt_later_than_spans_where_few_are_answered():
    control = several()
    results = [
        [one for one in result if one["from_name"] != "severity"] for result in EXAMPLE.results
    ]
    fitted = learnt(control, EXAMPLE.tasks, results, Toolbox())
    few = [[*result] for result in results]
    few[1] = EXAMPLE.results[1]

    assert {name.partition(":")[0] for name in fitted.names} == {"span", "overall"}
    assert "severity" not in str(shown(control, fitted, EXAMPLE.tasks[:2], Toolbox()))
    assert "severity" not in str(learnt(control, EXAMPLE.tasks, few, Toolbox()).names)


def test_without_spans_nothing_is_said_of_regions():
    control = several()
    fitted = learnt(control, EXAMPLE.tasks, EXAMPLE.results, Toolbox())
    whole = control.only(["overall", "severity"])

    assert [name for name, _ in whole.controls] == ["overall"]
    (regions,) = [part for part in fitted.parts if part.of]
    assert regions.answer(Columns(0, {}), {}) is None
    with pytest.raises(BadModel):
        regions.model.answer(Columns(0, {}))


def test_a_span_of_a_type_that_is_not_offered_any_more_takes_its_answer_with_it():
    before = several()
    fitted = learnt(before, EXAMPLE.tasks, EXAMPLE.results, Toolbox())
    after = several(CONFIG.replace('<Label value="Problem"/>', ""))
    also = several(CONFIG.replace('whenLabelValue="Problem"', 'whenLabelValue="Product"'))

    for control in (after, also):
        for data, result in zip(
            EXAMPLE.tasks, shown(control, fitted, EXAMPLE.tasks, Toolbox()), strict=True
        ):
            assert not any(one["from_name"] == "severity" for one in result), data


def test_where_the_page_hides_the_spans_their_answers_are_not_sent_either():
    """Else a second region without a label is drawn, and the answer is lost."""
    when = 'visibleWhen="choice-selected" whenTagName="overall" whenChoiceValue="Return"'
    config = CONFIG.replace("<Labels ", f"<Labels {when} ")
    control = several(config)
    fitted = learnt(control, EXAMPLE.tasks, EXAMPLE.results, Toolbox())

    results = shown(control, fitted, EXAMPLE.tasks, Toolbox())

    hides = [not any(one["from_name"] == "span" for one in result) for result in results]
    assert any(hides)
    assert not all(hides)
    for data, result in zip(EXAMPLE.tasks, results, strict=True):
        assert not problems(parse(config), data, result)


def test_models_of_releases_that_knew_no_regions_are_still_served():
    """They say nothing of `of`: their controls are about tasks."""
    control = several(CONFIG.replace(' perRegion="true" whenTagName="span"', ""))
    artefact = learnt(control, EXAMPLE.tasks, EXAMPLE.results, Toolbox()).packed().artefact

    assert b'"of"' not in artefact
    assert [part.of for part in SeveralModel.load(artefact).parts] == [""] * 3


@pytest.mark.parametrize("damage", ["{}", '{"control": "span"}', '{"types": 1, "needs": 2}', "[1]"])
def test_a_model_whose_regions_are_badly_described_is_refused(damage):
    artefact = learnt(several(), EXAMPLE.tasks, EXAMPLE.results, Toolbox()).packed().artefact
    start = artefact.index(b'"of": {') + len(b'"of": ')
    end = artefact.index(b"}", start) + 1
    spoilt = artefact[:start] + damage.ljust(end - start).encode() + artefact[end:]

    if damage == "{}":  # one about tasks: it answers none of a region's features
        assert SeveralModel.load(spoilt)
    else:
        with pytest.raises(BadModel):
            SeveralModel.load(spoilt)


def test_the_event_of_the_editor_has_a_label_for_each_answered_region():
    body = json.loads(json.loads(EVENT.read_text())["body"])
    control = several(body["project"]["label_config"])

    label = control.label_of(body["annotation"]["result"])

    assert label == {
        "span": [[0, 6, "Problem"], [10, 14, "Product"]],
        "overall": "Return",
        "severity": [[0, 6, "High"]],
    }

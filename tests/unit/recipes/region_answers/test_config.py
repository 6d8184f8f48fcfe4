"""Which controls that are asked of each region are learnt, and why others are not."""

import pytest

from labelloop.recipes import control_of
from labelloop.recipes.region_answers.control import RegionAnswers
from labelloop.recipes.several_controls.control import SeveralControls

TEXT = '<Text name="t" value="$text"/>'
SPANS = '<Labels name="span" toName="t"><Label value="Product"/><Label value="Problem"/></Labels>'
AB = '<Choice value="A"/><Choice value="B"/>'


def asked(more: str = "", about: str = "t") -> str:
    return f'<Choices name="grade" toName="{about}" perRegion="true" {more}>{AB}</Choices>'


def found(*tags: str) -> RegionAnswers:
    control = control_of(f"<View>{''.join(tags)}</View>")
    assert isinstance(control, SeveralControls)
    one = dict(control.controls)["grade"]
    assert isinstance(one, RegionAnswers)
    return one


@pytest.mark.parametrize(
    ("tags", "types"),
    [
        ((TEXT, SPANS, asked()), None),
        ((TEXT, asked(), SPANS), None),
        ((TEXT, SPANS, asked('whenTagName="span"')), None),
        ((TEXT, SPANS, asked('whenLabelValue="Problem"')), {"Problem"}),
        ((TEXT, SPANS, asked('whenLabelValue="Problem,Product,Other"')), {"Problem", "Product"}),
        (
            (
                TEXT,
                SPANS,
                '<View visibleWhen="region-selected" whenTagName="span" whenLabelValue="Product">',
                asked(),
                "</View>",
            ),
            {"Product"},
        ),
        ((TEXT, SPANS, asked('whenLabelValue="Other"')), set()),
    ],
)
def test_it_is_asked_of_regions_by_the_spans_and_of_some_types(tags, types):
    control = found(*tags)

    assert control.spans.from_name == "span"
    assert control.types == types


@pytest.mark.parametrize(
    ("tag", "recipe"),
    [
        (f'<Choices name="grade" toName="t" perRegion="true">{AB}</Choices>', "text_choices"),
        (
            f'<Choices name="grade" toName="t" perRegion="true" choice="multiple">{AB}</Choices>',
            "several_choices",
        ),
        (f'<Taxonomy name="grade" toName="t" perRegion="true">{AB}</Taxonomy>', "taxonomy"),
        ('<Rating name="grade" toName="t" perRegion="true"/>', "numbers"),
        ('<Number name="grade" toName="t" perRegion="true" min="0" max="9"/>', "numbers"),
    ],
)
def test_each_kind_that_is_learnt_about_texts_is_learnt_about_regions(tag, recipe):
    assert found(TEXT, SPANS, tag).inner.recipe == recipe


IMAGE = (
    '<Image name="t" value="$image"/>'
    '<RectangleLabels name="box" toName="t"><Label value="Car"/></RectangleLabels>'
    f'<Choices name="whole" toName="t">{AB}</Choices>'
)
WHOLE = f'<Choices name="whole" toName="t">{AB}</Choices>'
NOTE = '<TextArea name="note" toName="t" perRegion="true"/>'
NOT_LEARNT = [
    ((TEXT, WHOLE, asked()), "Choices 'grade' (asked of each region)"),
    ((IMAGE, asked()), "Choices 'grade' (asked of each region)"),
    (
        (TEXT, SPANS, WHOLE, asked('whenTagName="other"')),
        "Choices 'grade' (asked of each region; no control marks its regions that predicts spans "
        "of a text)",
    ),
    (
        (TEXT, SPANS, SPANS.replace("span", "more"), asked()),
        "Choices 'grade' (asked of each region; more than one control marks its regions; "
        "whenTagName names one)",
    ),
    (
        (TEXT, SPANS, WHOLE, NOTE),
        "TextArea 'note' (asked of each region; such answers are not learnt)",
    ),
    (
        (TEXT, SPANS, asked(), asked('visibleWhen="no-region-selected"').replace("grade", "b")),
        "Choices 'b' (asked of each region; it is shown by what another one says of the region)",
    ),
    (
        (
            TEXT,
            SPANS,
            asked(),
            asked('visibleWhen="choice-selected" whenTagName="grade"').replace(
                '"grade" t', '"b" t'
            ),
        ),
        "Choices 'b' (asked of each region; it is shown by what another one says of the region)",
    ),
    (
        (TEXT, WHOLE, SPANS, asked().replace("perRegion", "perItem")),
        "Choices 'grade' (asked of each item)",
    ),
]


@pytest.mark.parametrize(("tags", "title"), NOT_LEARNT)
def test_one_that_is_not_learnt_is_named_with_the_reason(tags, title):
    assert title in control_of(f"<View>{''.join(tags)}</View>").about()["others"]


def test_regions_of_which_the_config_names_no_labels_that_it_offers_are_none():
    control = found(TEXT, SPANS, asked('whenLabelValue="Other"'))
    region = {"id": "r", "from_name": "span", "type": "labels"}
    given = {"id": "r", "from_name": "grade", "type": "choices", "value": {"choices": ["A"]}}
    place = {"start": 0, "end": 3, "labels": ["Product"]}

    assert control.label_of([region | {"value": place}, given]) is None


def test_a_version_is_of_another_control_if_the_regions_are_another_ones():
    one, other = (found(TEXT, SPANS.replace("span", name), asked()) for name in ("span", "mark"))

    assert one.asks != other.asks
    assert one.asks == found(TEXT, SPANS, asked('whenLabelValue="Problem"')).asks

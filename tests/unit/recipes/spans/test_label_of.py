"""What annotations of spans say, as Label Studio's editor saved them; and what configs offer."""

import pytest

from labelloop.labelstudio.label_config import parse
from labelloop.recipes import control_of
from labelloop.recipes.spans.places import PHRASE
from labelloop.recipes.spans.recipe import RECIPE
from tests.kinds import spans as kinds


def read(xml):
    return control_of(xml)


TEXT, PAGE, TALK = (read(config) for config in (kinds.TEXT, kinds.PAGE, kinds.DIALOGUE))


def mark(start, end, *labels, key="labels", **more):
    value = {"start": start, "end": end, key: list(labels)} | more
    return {"from_name": "ner", "to_name": "text", "type": key, "value": value, "id": "x7RVzypYpw"}


def test_spans_of_a_text_are_code_points_in_one_order():
    made = [mark(30, 36, "Place", text="Zürich"), mark(5, 17, "Person", text="Ada Lovelace")]

    assert TEXT.label_of(made) == [[5, 17, "Person"], [30, 36, "Place"]]
    assert TEXT.label_of(made) == TEXT.label_of(made[::-1])


def test_spans_may_overlap_and_have_several_types():
    made = [mark(5, 17, "Person", "Company"), mark(9, 26, "Company")]

    assert TEXT.label_of(made) == [[5, 17, "Company"], [5, 17, "Person"], [9, 26, "Company"]]


def test_the_text_beside_places_is_not_believed():
    assert TEXT.label_of([mark(5, 8, "Person", text="WRONG")]) == [[5, 8, "Person"]]


@pytest.mark.parametrize(("start", "end"), [("5", "8"), (5.0, 8.0)])
def test_numbers_that_the_editor_takes_are_read(start, end):
    assert TEXT.label_of([mark(start, end, "Person")]) == [[5, 8, "Person"]]


def test_what_starts_before_the_text_is_clipped():
    assert TEXT.label_of([mark(-3, 8, "Person")]) == [[0, 8, "Person"]]


@pytest.mark.parametrize(
    ("start", "end"),
    [(5, 5), (8, 5), (None, 8), (True, 8), (5.5, 8), ("a", 8), (float("nan"), 9), ("9" * 99, 8)],
)
def test_a_span_without_places_is_no_answer(start, end):
    broken = mark(start, end, "Person")

    assert TEXT.label_of([broken]) is None
    assert (
        TEXT.why_unusable([broken], True)[0] == "with spans that don't say where they start and end"
    )
    assert TEXT.label_of([broken, mark(1, 3, "Place")]) == [[1, 3, "Place"]]


def test_a_text_submitted_unmarked_holds_nothing():
    note = {"from_name": "note", "to_name": "text", "type": "textarea", "value": {"text": ["hm"]}}

    assert TEXT.label_of([]) == []
    assert TEXT.label_of([note]) is None, "it may be from before there were spans"
    assert TEXT.why_unusable([], True) == ("", "")


@pytest.mark.parametrize("labels", [["Virus"], [], [7]])
def test_spans_of_types_that_are_not_offered_are_no_answer(labels):
    assert TEXT.label_of([mark(5, 8, *labels)]) is None
    assert "doesn't offer" in TEXT.why_unusable([mark(5, 8, *labels)], True)[0]
    assert TEXT.label_of([mark(5, 8, *labels), mark(1, 3, "Place")]) == [[1, 3, "Place"]]


def test_answers_about_a_region_are_not_its_type():
    names = {"from_name": "sure", "id": "x7RVzypYpw", "type": "rating"}
    rating = names | {"value": {"start": 5, "end": 8, "rating": 3}}

    assert TEXT.label_of([mark(5, 8, "Person"), rating]) == [[5, 8, "Person"]]


def test_spans_of_a_page_are_code_points_of_all_its_text():
    path = "/div[1]/p[2]/text()[1]"
    by_hand = mark(path, path, "Person", key="hypertextlabels", startOffset=35, endOffset=45)
    by_hand["value"]["globalOffsets"] = {"start": 67, "end": 77}
    accepted = mark(67, 77, "Person", key="hypertextlabels")

    assert PAGE.label_of([by_hand]) == PAGE.label_of([accepted]) == [[67, 77, "Person"]]


def test_an_xpath_alone_says_nothing_without_the_page():
    path = "/p[1]/text()[1]"

    assert PAGE.label_of([mark(path, path, "Person", key="hypertextlabels", startOffset=1)]) is None


def test_spans_of_a_dialogue_are_phrases_and_utf16_units():
    across = mark("1", "2", "Place", key="paragraphlabels", startOffset=30, endOffset=5)

    assert TALK.label_of([across]) == [[PHRASE + 30, 2 * PHRASE + 5, "Place"]]
    assert TALK.label_of([mark("1", "1", "Place", key="paragraphlabels")]) is None


def test_an_alias_is_what_results_have_and_a_value_is_read_all_the_same():
    control = read(
        '<View><Text name="t" value="$t"/><Labels name="ner" toName="t">'
        '<View><Label value="A person" alias="PER"/></View><Label value="Place"/></Labels></View>'
    )

    assert control.offered == ("PER", "Place")
    assert control.label_of([mark(0, 1, "A person"), mark(2, 3, "PER")]) == [
        [0, 1, "PER"],
        [2, 3, "PER"],
    ]


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        ('<Labels name="l" toName="x"><Label value="a"/></Labels>', "names no object"),
        ('<Labels name="l" toName="t"/>', "offers no label"),
        ('<Labels name="l" toName="t" value="$l"/>', "from the tasks"),
        ('<Labels toName="t"><Label value="a"/></Labels>', "no name"),
        ('<Labels name="l" toName="t,u"><Label value="a"/></Labels>', "several objects"),
        ('<Labels name="l" toName="s"><Label value="a"/></Labels>', "is about Audio"),
        ('<Labels name="l" toName="h"><Label value="a"/></Labels>', "of another kind"),
        ("", "no <Labels>"),
    ],
)
def test_why_spans_are_not_learnt_is_said(xml, why):
    objects = (
        '<Text name="t" value="$t"/><HyperText name="h" value="$h"/><Audio name="s" value="$s"/>'
    )
    config = parse(f"<View>{objects}{xml}</View>")

    assert RECIPE.read(config) is None
    assert why in RECIPE.why_not(config)


def test_other_controls_are_named():
    control = read(kinds.TEXT.replace("</View>", '<Choices name="c" toName="text"/></View>'))

    assert control.about()["others"] == ["Choices 'c'"]
    assert control.about()["labels"] == list(kinds.TYPES)


def test_only_as_many_labelled_texts_as_hold_a_span_make_a_model():
    assert "2 labelled texts with a span; there are 1 text with 1" in TEXT.missing(
        [[[0, 1, "Place"]]], 0
    )
    assert "with 0" in TEXT.missing([[], []], 0)
    assert TEXT.missing([[], [[0, 1, "Place"]]], 2) == ""

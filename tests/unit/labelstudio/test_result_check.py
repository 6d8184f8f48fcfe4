"""What Label Studio 1.23.2 was seen to do with predictions, said before they are sent."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelloop.labelstudio.label_config import parse
from labelloop.labelstudio.result_check import problems

CONFIG = """
<View>
  <Text name="text" value="$text"/>
  <HyperText name="page" value="$page"/>
  <Paragraphs name="talk" value="$talk.said"/>
  <Image name="image" value="$image"/>
  <List name="hits" value="$hits"/>
  <Choices name="tone" toName="text"><Choice value="Good"/><Choice value="Bad" alias="b"/></Choices>
  <Choices name="tags" toName="text" choice="multiple">
    <Choice value="X"/><Choice value="Y"/>
  </Choices>
  <Choices name="nest" toName="text" choice="multiple" allowNested="true">
    <Choice value="Yes" alias="y"/><Choice value="Other"><Choice value="Sub" alias="sa"/></Choice>
  </Choices>
  <Choices name="pick" toName="text" value="$options"/>
  <Taxonomy name="tree" toName="text" leafsOnly="true" maxUsages="2">
    <Choice value="Cell"/>
    <Choice value="Animal"><Choice value="Human"/><Choice value="Cat"/></Choice>
  </Taxonomy>
  <Rating name="stars" toName="text" maxRating="7"/>
  <Rating name="bare"/>
  <Number name="price" toName="text" min="0" max="100" step="5"/>
  <Number name="share" toName="text" min="0" max="1" step="0.1"/>
  <Slider name="slide" toName="text"/>
  <Pairwise name="pair" toName="text,page"/>
  <TextArea name="note" toName="text"/>
  <DateTime name="at" toName="text" showTime="true"/>
  <DateTime name="day" toName="text" only="date" format="%d.%m.%Y"/>
  <DateTime name="year" toName="text" only="year"/>
  <Ranker name="rank" toName="hits"/>
  <Ranker name="sort" toName="hits"><Bucket name="good"/><Bucket name="bad"/></Ranker>
  <Labels name="span" toName="text"><Label value="PER"/><Label value="ORG"/></Labels>
  <HyperTextLabels name="part" toName="page"><Label value="Title"/></HyperTextLabels>
  <ParagraphLabels name="slot" toName="talk"><Label value="Day"/></ParagraphLabels>
  <RectangleLabels name="box" toName="image"><Label value="Car"/></RectangleLabels>
  <Choices name="grade" toName="text" perRegion="true" whenTagName="span" whenLabelValue="PER">
    <Choice value="High"/>
  </Choices>
  <View visibleWhen="choice-selected" whenTagName="tone" whenChoiceValue="b">
    <Choices name="why" toName="text"><Choice value="Ads"/></Choices>
  </View>
</View>
"""
DATA = {
    "text": "Hi 😀 Ada Lovelace met Paul.",
    "page": "<p>Moby Dick</p>",
    "talk": {"said": [{"author": "A", "text": "Hello"}, {"author": "B", "text": "😀 on Monday"}]},
    "image": "https://files.example.com/road.png",
    "hits": [{"id": "a"}, {"id": "b"}],
    "options": [{"value": "A1"}, {"value": "B1", "alias": "bee"}, "plain"],
}
ABOUT = {"part": "page", "slot": "talk", "box": "image", "rank": "hits", "sort": "hits"}
XPATH = {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]"}
BOX = {"x": 10, "y": 20, "width": 30, "height": 40}


def region(name: str, **value: Any) -> dict[str, Any]:
    tag = next(one for one in parse(CONFIG).root.walk() if one.attributes.get("name") == name)
    about = {"from_name": name, "to_name": ABOUT.get(name, "text"), "type": tag.kind}
    return about | {"value": value}


def span(start: Any, end: Any, *labels: Any, **more: Any) -> dict[str, Any]:
    return region("span", start=start, end=end, labels=list(labels or ("PER",)), **more)


def slot(start: Any, first: Any, end: Any, last: Any, **more: Any) -> dict[str, Any]:
    place = {"start": start, "startOffset": first, "end": end, "endOffset": last}
    return region("slot", paragraphlabels=["Day"], **place, **more)


def wrong(*result: Any, is_pushed: bool = False) -> str:
    return "; ".join(problems(parse(CONFIG), DATA, list(result), is_pushed=is_pushed))


SHOWN = [
    region("tone", choices=["b"]),
    region("tags", choices=["X", "Y"]),
    region("tags", choices=[]),
    region("tags", choices=["X"], probs={"X": 0.9}) | {"readonly": True, "score": 0.5},
    region("nest", choices=[["y"], ["Other", "sa"]]),
    region("nest", choices=[["Other"], ["Other", "sa"]]),
    region("pick", choices=["bee"]),
    region("tree", taxonomy=[["Cell"], ["Animal", "Cat"]]),
    region("stars", rating=7),
    region("stars", rating=0),
    region("bare", rating=3),
    region("price", number=35),
    region("share", number=0.3),
    region("pair", selected="left"),
    region("pair", selected="right") | {"to_name": "pair"},
    region("note", text=["one", "two"]),
    region("at", datetime="2026-03-04T05:06"),
    region("day", datetime="31.12.2026"),
    region("year", datetime="2026-01-01"),
    region("rank", ranker={"rank": ["b", "a"]}),
    region("sort", ranker={"_": ["a"], "good": ["b"], "bad": []}),
    region("sort", ranker={"good": ["b"]}),
    span(5, 17, text="Ada Lovelace"),
    span("5", 17.0, "PER", "ORG"),
    region("part", start=0, end=4, hypertextlabels=["Title"]),
    region("part", hypertextlabels=["Title"], **XPATH, startOffset=0, endOffset=4),
    region("part", hypertextlabels=["Title"], **XPATH, globalOffsets={"start": 0, "end": 4}),
    slot("1", 6, "1", 12, text="Monday"),
    slot("0", 3, "1", 2),
    region("box", rectanglelabels=["Car"], **BOX),
]


@pytest.mark.parametrize("one", SHOWN, ids=lambda one: f"{one['from_name']} {one['value']}")
def test_what_is_shown_and_saved_as_it_is_meant_is_right(one):
    assert wrong(one) == ""


@pytest.mark.parametrize(
    ("region", "why"),
    [
        ("p", ""),
        ("q", "'deep' is not asked of this region: the answer is lost"),
        ("r", "an answer to 'deep' has the id of no region: it is lost"),
    ],
)
def test_an_answer_is_about_a_region_that_the_page_asks_it_of(region, why):
    """The condition may stand at a view around the control."""
    xml = CONFIG.replace(
        '<Choices name="grade"',
        '<View visibleWhen="region-selected" whenTagName="span" whenLabelValue="ORG">'
        '<Choices name="deep" toName="text" perRegion="true"><Choice value="High"/></Choices>'
        '</View><Choices name="grade"',
    )
    marked = [span(5, 8, "ORG") | {"id": "p"}, span(22, 26) | {"id": "q"}]
    about = {"id": region, "from_name": "deep", "to_name": "text", "type": "choices"}

    result = [*marked, about | {"value": {"choices": ["High"]}}]

    assert "; ".join(problems(parse(xml), DATA, result)) == why


def test_an_empty_result_and_relations_are_right():
    relation = {"from_id": "p", "to_id": "q", "type": "relation", "direction": "right"}

    assert wrong() == ""
    assert wrong(span(5, 8) | {"id": "p"}, span(22, 26) | {"id": "q"}, relation) == ""


ERROR_BOXES = [
    region("tone", choices="Good"),
    region("tone", choices=[3]),
    region("stars", rating="4"),
    region("stars", rating=True),
    region("price", number="35"),
    region("price", number=None),
    region("price", number=float("nan")),
    region("pair", selected="text2"),
    region("at", datetime=2026),
    region("at", datetime=["2026-03-04T05:06"]),
    {name: value for name, value in region("tone", choices=["b"]).items() if name != "type"},
    region("tone") | {"value": None},
]


@pytest.mark.parametrize("one", ERROR_BOXES, ids=str)
def test_what_replaces_the_task_by_an_error_box_is_said(one):
    assert "an error box replaces the task" in wrong(one)


MISTAKES = [
    (region("rank", ranker={"rank": ["ghost", "a", "b"]}), "the page stays blank"),
    (region("sort", ranker={"good": ["ghost"]}), "the page stays blank"),
    (region("sort", ranker={"good": ["a"], "bad": ["a"]}), "ranked twice"),
    (region("sort", ranker={"nowhere": ["a"]}), "no bucket 'nowhere'"),
    (region("rank", ranker={"rank": ["a"]}), "disappear"),
    (region("rank", ranker=["a", "b"]), "a plain list"),
    (region("price", number=37), "Submit is refused"),
    (region("price", number=150), "Submit is refused"),
    (region("share", number=0.1 + 0.2), "Submit is refused"),
    (region("share", number=1.5), "Submit is refused"),
    (region("stars", rating=8), "no number of stars"),
    (region("stars", rating=4.5), "no number of stars"),
    (region("stars", rating=-1), "no number of stars"),
    (region("slide", slider=3), "no <Slider>"),
    (region("tone", choices=["Good", "b"]), "a single one"),
    (region("tone", choices=["Bad"]), "not offered"),
    (region("tags", choices=["X", "Nope"]), "not offered"),
    (region("tags", choices=[["X"]]), "shows nothing"),
    (region("pick", choices=["B1"]), "not offered"),
    (region("pick", choices=["plain"]), "not offered"),
    (region("nest", choices=["y"]), "shows nothing"),
    (region("nest", choices=["sa"]), "shows nothing"),
    (region("nest", choices=[["Yes"]]), "not offered"),
    (region("nest", choices=[["Other"]]), "ticks nothing"),
    (region("tree", taxonomy=["Animal", "Cat"]), "single letters"),
    (region("tree", taxonomy=[["Cat"]]), "no path"),
    (region("tree", taxonomy=[["Virus"]]), "no path"),
    (region("tree", taxonomy=[["Animal"]]), "no leaf"),
    (region("tree", taxonomy=[["Cell"], ["Animal", "Cat"], ["Animal", "Human"]]), "2 are allowed"),
    (region("tree", taxonomy=[["Cell"]]) | {"type": "choices"}, "its type is 'choices'"),
    (region("note", text="plain"), "no list of texts"),
    (region("at", datetime="2026-03-04T05:06:07"), "shows nothing"),
    (region("at", datetime="2026-03-04T05:06:00Z"), "shows nothing"),
    (region("at", datetime="2026-03-04"), "shows nothing"),
    (region("day", datetime="2026-03-04"), "shows nothing"),
    (region("year", datetime="2026"), "shows nothing"),
    (span(6, 18, text="Ada Lovelace"), "another one than is marked"),
    (span(5, 8, text="WRONG"), "another one than is marked"),
    (span(5, 5), "can't be seen"),
    (span(8, 5), "can't be seen"),
    (span(-3, 4), "can't be seen"),
    (span(20, 900), "beyond the text's"),
    (span(5, None), "no whole numbers"),
    (span(5, 8, "XXX"), "not offered"),
    (region("span", start=5, end=8, labels=[]), "has no label"),
    (region("part", globalOffsets={"start": 0, "end": 4}, hypertextlabels=["Title"]), "a place"),
    (
        region("part", hypertextlabels=["Title"], start="/table[1]/tr[1]", end="/table[1]/tr[1]"),
        "without its tbody",
    ),
    (region("part", start=0, end=4, labels=["Title"]) | {"type": "labels"}, "its type is"),
    (slot(1, 6, 1, 12), "no numbers as texts"),
    (slot("1", None, "1", None), "saved without a place"),
    (slot("1", 5, "1", 11, text="Monday"), "another one than is marked"),
    (slot("1", 6, "1", 13), "beyond the phrase's 12"),
    (slot("1", 6, "9", 7), "no phrase 9"),
    (slot("1", 6, "0", 7), "can't be seen"),
    (region("box", rectanglelabels=["Car"], **BOX | {"y": 120}), "percent"),
    (region("box", rectanglelabels=["Car"], **BOX | {"x": 90}), "percent"),
    (region("box", rectanglelabels=["Car"], **BOX | {"x": "1"}), "no numbers"),
    (region("box", labels=["Car"], **BOX), "has no label"),
    (region("grade", choices=["High"]) | {"id": "r1"}, "the id of no region"),
    (region("why", choices=["Ads"]), "hidden"),
    (region("tone", choices=["b"]) | {"to_name": "text,page"}, "no object 'text,page'"),
    (region("tone", choices=["b"]) | {"from_name": "none"}, "no control 'none'"),
    (region("tone", choices=["b"]) | {"to_name": None}, "no to_name"),
    (region("tone", choices=["b"]) | {"score": float("nan")}, "score"),
    (region("tone", choices=["b"]) | {"id": 3}, "id 3"),
    (span(5, 8) | {"to_name": "page"}, "not about 'page'"),
]


@pytest.mark.parametrize(("one", "said"), MISTAKES, ids=lambda one: str(one)[:90])
def test_what_shows_nothing_or_is_saved_as_nobody_meant_it_is_said(one, said):
    assert said in wrong(one)


@pytest.mark.parametrize("result", ["Toxic", {"choices": ["Toxic"]}, None, ["x"]], ids=repr)
def test_a_result_is_a_list_of_regions(result):
    assert problems(parse(CONFIG), DATA, result) == ["it is no list of regions"]


def test_regions_with_one_id_merge():
    assert "merge" in wrong(span(5, 8) | {"id": "z"}, span(22, 26) | {"id": "z"})


def test_of_two_answers_to_one_control_the_last_wins():
    assert "the last wins" in wrong(region("tags", choices=["X"]), region("tags", choices=["Y"]))


def test_an_answer_about_a_region_has_its_id_and_is_asked_of_its_label():
    grade = region("grade", choices=["High"]) | {"id": "r1"}

    assert wrong(span(5, 17) | {"id": "r1"}, grade) == ""
    assert wrong(grade, span(5, 17) | {"id": "r1"}) == ""
    assert "is lost" in wrong(span(5, 17, "ORG") | {"id": "r1"}, grade)
    assert "is lost" in wrong(span(5, 17) | {"id": "r2"}, grade)
    assert "is lost" in wrong(span(5, 17), region("grade", choices=["High"]))


def test_an_answer_to_a_hidden_control_is_lost():
    why = region("why", choices=["Ads"])

    assert wrong(region("tone", choices=["b"]), why) == ""
    assert "hidden" in wrong(region("tone", choices=["Good"]), why)


@pytest.mark.parametrize(
    "one",
    [
        region("nest", choices=[["y"]]),
        region("pair", selected="left") | {"to_name": "pair"},
        region("bare", rating=3),
    ],
    ids=lambda one: one["from_name"],
)
def test_some_that_the_editor_shows_are_refused_by_the_import(one):
    assert wrong(one) == ""
    assert "the import refuses" in wrong(one, is_pushed=True)


def test_without_the_tasks_data_only_what_the_config_tells_is_checked():
    result = [span(5, 900), region("rank", ranker={"rank": ["ghost"]})]

    assert problems(parse(CONFIG), None, result) == []
    assert problems(parse(CONFIG), None, [span(5, 5)])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["1", "PER", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("id"), inner, max_size=1),
    max_leaves=4,
)
KEYS = sorted({key for one in SHOWN for key in one["value"]})


@settings(deadline=None)
@given(st.sampled_from(SHOWN), st.dictionaries(st.sampled_from(KEYS), JSON), JSON, JSON)
def test_any_json_is_judged_without_an_error(one, value, id_, data):
    odd = one | {"value": one["value"] | value, "id": id_}
    every = {"text": data, "hits": data, "options": data, "talk": {"said": data}}

    for known in (data, every, DATA):
        assert isinstance(problems(parse(CONFIG), known, [odd, odd, id_]), list)
        assert isinstance(problems(parse(CONFIG), known, [odd, odd], is_pushed=True), list)

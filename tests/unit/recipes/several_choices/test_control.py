"""What annotations say, and what is shown, in the shapes that Label Studio's editor makes."""

from typing import Any

import pytest

from labelloop.recipes.several_choices.measure import MEASURE
from tests.unit.recipes.several_choices.examples import answers
from tests.unit.recipes.several_choices.test_config import read, several

MODERATION = read(
    several(
        inside="".join(f'<Choice value="{name}"/>' for name in ("Toxic", "Severely Toxic"))
        + '<Choice value="Insult" alias="ins"/>'
    )
)
NESTED = read(
    several(
        'allowNested="true"',
        '<Choice value="Yes" alias="y"/><Choice value="No"/><Choice value="Other">'
        '<Choice value="Sub A" alias="sa"/><Choice value="Sub B"/></Choice>',
    )
)


def region(choices: Any, from_name: str = "topics") -> dict[str, Any]:
    return {
        "value": {"choices": choices},
        "id": "4TtubV-0zV",
        "from_name": from_name,
        "to_name": "body",
        "type": "choices",
        "origin": "manual",
    }


@pytest.mark.parametrize(
    ("choices", "label"),
    [
        (["Toxic"], ["Toxic"]),
        (["ins", "Toxic"], ["Toxic", "ins"]),
        (["Insult"], ["ins"]),
        (["Toxic", "Toxic"], ["Toxic"]),
        (["Toxic", "Nope"], ["Toxic"]),
        (["Nope"], None),
        (["Nope", 3, None, ["Toxic"]], None),
        ("Toxic", ["Toxic"]),
        ([], []),
        (None, None),
        ({"Toxic": True}, None),
    ],
)
def test_ticked_boxes_are_a_list_in_the_order_of_the_config(choices, label):
    assert MODERATION.label_of([region(choices)]) == label
    assert bool(MODERATION.why_unusable([region(choices)], True)[0]) == (label is None)


def test_of_two_regions_the_last_counts_as_in_the_editor():
    assert MODERATION.label_of([region(["Toxic"]), region(["ins"])]) == ["ins"]


def test_the_name_of_the_object_does_not_matter():
    own = region(["ins"]) | {"to_name": "topics"}

    assert MODERATION.label_of([own]) == ["ins"]


def test_an_annotation_submitted_with_nothing_at_all_says_that_no_box_applies():
    assert MODERATION.label_of([]) == []
    assert MODERATION.why_unusable([], True) == ("", "")
    assert MODERATION.parts([]) == ()


def test_it_says_nothing_where_an_answer_is_required():
    required = read(several('required="true"'))

    assert required.label_of([]) is None
    assert required.label_of([region([])]) == []


def test_answers_to_other_controls_alone_may_be_older_than_the_boxes_and_say_nothing():
    others = [region(["A"], from_name="mood"), {"type": "relation", "from_id": "a"}]

    assert MODERATION.label_of(others) is None
    assert MODERATION.why_unusable(others, True) == ("without an answer to 'topics'", "")


def test_what_is_not_offered_is_named():
    reason, example = MODERATION.why_unusable([region(["Nope"])], True)

    assert (reason, example) == ("with choices that the label config doesn't offer", "Nope")


@pytest.mark.parametrize(
    ("choices", "label"),
    [
        ([["No"]], ["No"]),
        ([["y"], ["No"], ["Other", "sa"]], ["y", "No", "Other / sa"]),
        ([["Yes"]], ["y"]),
        ([["Other"], ["Other", "sa"], ["Other", "Sub B"]], ["Other / sa", "Other / Sub B"]),
        ([["Other"]], ["Other / sa", "Other / Sub B"]),
        (["sa"], ["Other / sa"]),
        ([["Virus"]], None),
    ],
)
def test_nested_boxes_are_read_as_paths(choices, label):
    assert NESTED.label_of([region(choices)]) == label


def test_nested_boxes_are_shown_as_paths_of_aliases_with_those_that_they_fill():
    assert NESTED.boxes.value_of(["y", "Other / sa"]) == [["y"], ["Other", "sa"]]
    assert NESTED.boxes.value_of(["Other / sa", "Other / Sub B"]) == [
        ["Other"],
        ["Other", "sa"],
        ["Other", "Sub B"],
    ]


def test_a_result_is_what_label_studio_shows():
    said = answers([[0.9, 0.1, 0.8]], MODERATION.offered)

    (shown,) = MODERATION.results(said)

    assert shown == [
        {
            "from_name": "topics",
            "to_name": "body",
            "type": "choices",
            "value": {"choices": ["Toxic", "ins"]},
            "score": MEASURE.reading(said).confidence[0],
        }
    ]
    assert type(shown[0]["score"]) is float


def test_no_box_is_shown_as_an_empty_list_which_the_editor_keeps_when_it_is_accepted():
    (shown,) = MODERATION.results(answers([[0.1, 0.1, 0.2]], MODERATION.offered, least=0.5))

    assert shown[0]["value"] == {"choices": []}
    assert MODERATION.label_of(shown) == []


def test_labels_that_are_not_offered_any_more_are_not_shown():
    said = answers([[0.9, 0.3, 0.9]], ["Gone", "Toxic", "ins"])

    known = MODERATION.known(said.names)

    assert known == ("Toxic", "ins")
    assert MEASURE.labels(MODERATION.shown(said, known)) == [["ins"]]
    assert MODERATION.known(["Gone"]) is None


@pytest.mark.parametrize(
    ("labels", "least", "why"),
    [
        ([["A"], []], 2, ""),
        ([["A"], ["A", "B"]], 0, ""),
        ([["A"]], 0, "there are 1 label"),
        ([["A"], ["A"]], 0, "there are 2 labels, all the same"),
        ([["A"], ["B"]], 10, "takes 10 usable labels, not all the same, and there are 2 labels"),
    ],
)
def test_a_model_takes_labels_that_differ(labels, least, why):
    missing = MODERATION.missing(labels, least)

    assert why in missing
    assert bool(missing) == bool(why)

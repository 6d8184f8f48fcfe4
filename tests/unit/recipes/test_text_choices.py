"""The recipe for single-choice Choices on Text."""

import pytest

from labelloop.domain.folding import Dataset, fold
from labelloop.errors import Unprocessable
from labelloop.recipes.text_choices import TextChoices, read_label_config
from tests.builders import created, label_config, region

CONTROL = read_label_config(label_config("Positive", "Negative"))


def examples(*events, control=CONTROL):
    found = control.examples(fold(Dataset(), events))
    return found.texts, found.labels


def test_the_newest_examples_are_those_labelled_last_whatever_their_ids():
    days = {5: 20, 6: 23, 7: 21, 8: 22}
    given = [
        created(i, updated_at=f"2026-11-{day}T10:00:00.000000+00:00") for i, day in days.items()
    ]

    found = CONTROL.examples(fold(Dataset(), given))

    assert [found.tasks[row] for row in found.newest(2)] == [8, 6]


def test_a_label_config_names_the_control_the_text_and_the_labels():
    assert TextChoices("label", "text", "text", ("Positive", "Negative")) == CONTROL


def test_a_control_that_cannot_be_used_does_not_hide_one_that_can():
    xml = label_config().replace(
        "<Choices",
        '<Choices name="one" toName="text"><Choice value="Only"/></Choices>'
        '<Choices name="part" toName="text" perRegion="true">'
        '<Choice value="A"/><Choice value="B"/></Choices><Choices',
        1,
    )

    assert read_label_config(xml) == CONTROL


def test_an_alias_stands_for_its_choice():
    xml = (
        '<View><Text name="t" value="$body"/><Choices name="c" toName="t">'
        '<Choice value="Good" alias="g"/><View><Choice value="Bad"/></View></Choices></View>'
    )

    assert read_label_config(xml) == TextChoices("c", "t", "body", ("g", "Bad"))


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "not xml",
        "<View/>",
        label_config().replace("single", "multiple"),
        label_config().replace("<Text", "<Image"),
        label_config().replace('value="$text"', 'value="$text" valueType="url"'),
        label_config("Only"),
        '<!DOCTYPE x [<!ENTITY a "b">]><View>&a;</View>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><View/>',
        "<View>" * 100_000,
    ],
    ids=range(10),
)
def test_any_other_label_config_is_refused(xml):
    with pytest.raises(Unprocessable, match="label_config"):
        read_label_config(xml)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"text": "a"}, "a"),
        ({"text": ""}, ""),
        ({"text": 7}, "7"),
        ({"text": None}, None),
        ({"text": ["a"]}, None),
        ({"body": "a"}, None),
        (None, None),
        ("a", None),
    ],
)
def test_the_text_of_a_task_is_read_if_there_is_one(data, text):
    assert CONTROL.text_of(data) == text


@pytest.mark.parametrize(
    "result",
    [
        [],
        [region("Neutral")],
        [region("Positive") | {"from_name": "other"}],
        [region("Positive") | {"value": None}],
        [region("Positive") | {"value": {"choices": []}}],
        [region("Positive") | {"value": {"choices": [["Positive"]]}}],
    ],
)
def test_a_result_that_gives_none_of_our_labels_gives_none(result):
    assert CONTROL.label_of(result) is None


def test_skipped_and_empty_annotations_teach_nothing():
    assert examples(created(1, skipped=True), created(2, None)) == ([], [])


def test_a_label_that_is_offered_no_more_is_not_learnt():
    fewer = read_label_config(label_config("Positive", "Neutral"))

    assert examples(created(1, "Positive"), created(2, "Negative"), control=fewer) == (
        ["Task 1"],
        ["Positive"],
    )


def test_annotators_who_disagree_are_outvoted():
    votes = [
        created(i, label, task=9) for i, label in enumerate(["Positive", "Negative", "Positive"], 1)
    ]

    assert examples(*votes) == (["Task 9"], ["Positive"])


def test_in_a_tie_the_newest_annotation_decides():
    assert examples(created(1, "Positive", task=9), created(2, "Negative", task=9))[1] == [
        "Negative"
    ]


def test_a_ground_truth_decides_alone():
    votes = [created(i, "Positive", task=9) for i in (1, 2)]
    truth = created(
        3, "Negative", task=9, ground_truth=True, updated_at="2020-01-01T00:00:00+00:00"
    )

    assert examples(*votes, truth)[1] == ["Negative"]


def test_an_example_tells_when_its_label_was_last_confirmed_and_who_said_what():
    times = [f"2026-11-23T10:00:0{i}+00:00" for i in range(5)]
    votes = [
        created(1, "Negative", task=9, annotator=1, updated_at=times[0]),
        created(2, "Positive", task=9, annotator=1, updated_at=times[1]),
        created(3, "Positive", task=9, annotator=2, updated_at=times[2]),
        created(4, "Negative", task=9, annotator=3, updated_at=times[3]),
    ]
    truth = created(5, "Positive", task=9, annotator=None, updated_at=times[4], ground_truth=True)

    outvoted = CONTROL.examples(fold(Dataset(), votes[1:]))
    decided = CONTROL.examples(fold(Dataset(), [*votes, truth]))

    assert (outvoted.tasks, outvoted.labels) == ([9], ["Positive"])
    assert outvoted.updated_at == [times[2]]
    assert outvoted.votes == [["Positive", "Positive", "Negative"]]
    assert decided.updated_at == [times[4]]
    assert decided.votes == [["Positive"]]

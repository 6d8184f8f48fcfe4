"""The recipe for single-choice Choices on Text."""

import pytest
from labelloop.recipes.label_config import read_label_config

from labelloop.domain.intake.folding import Dataset, fold
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


@pytest.mark.parametrize(
    "result",
    [
        [],
        [region("Neutral")],
        [region("Positive") | {"from_name": "other"}],
        [region("Positive") | {"value": None}],
        [region("Positive") | {"value": {"choices": []}}],
        [region("Positive") | {"value": {"choices": [["Positive"]]}}],
        [region("Positive") | {"value": {"choices": 7}}],
    ],
)
def test_a_result_that_gives_none_of_our_labels_gives_none(result):
    assert CONTROL.label_of(result) is None


def test_a_choice_that_is_no_list_is_read_all_the_same():
    assert CONTROL.label_of([region("Positive") | {"value": {"choices": "Positive"}}]) == "Positive"


def test_of_two_answers_the_one_that_the_page_shows_counts():
    assert CONTROL.label_of([region("Positive"), region("Negative")]) == "Negative"


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

"""A status names accuracy, labels saved, classes, and whether to go on, in plain words."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelloop.domain.judging.in_words import accuracy, brief_accuracy, in_short, lines
from labelloop.domain.judging.insights import insights
from tests.unit.domain.judging.test_insights import LAW, honest_of, honest_where, told


def said(rows: int, labels: int = 300, **changes: Any) -> str:
    return "\n".join(lines(told(rows, labels, **changes), labels))


def test_a_project_without_a_random_label_is_told_what_is_missing():
    assert lines(told(0), 300) == [
        "accuracy: not known yet: it is measured on labels of the random share (a tenth of the "
        "queue), and there are none",
        "labels saved: not known yet: it takes about 60 labels given in Labelloop's order",
        "go on labelling: when to stop is not known before the first labels of the random share",
        "accepting predictions unseen: not yet: it takes 30 labels of the random share to show "
        "90% right, and there are 0",
    ]


def test_the_accuracy_of_few_labels_is_told_with_its_range_and_what_is_needed():
    few, many = said(3, right=1.0), said(120)

    assert "accuracy: 100%, with 90% certainty between 53% and 100% (measured on 3" in few
    assert "27 more will narrow that down" in few
    assert "accuracy: 95%" in many
    assert "narrow" not in many


def test_what_is_no_accuracy_is_called_otherwise():
    text = "\n".join(lines(told(120) | {"title": "closeness"}, 300))

    assert text.startswith("closeness: 95%")
    assert "points of closeness" in text
    assert "accuracy" not in text


def test_a_status_names_what_the_labels_are_worth():
    text = said(120)

    assert "labels saved: these 300 labels teach what about" in text
    assert re.search(
        r"go on labelling: the next 100 labels are expected to add (\S+) points of accuracy", text
    )


def test_the_gain_is_told_from_low_to_high():
    (gain,) = re.findall(r"add (\S+) points of accuracy \((\S+) to (\S+)\)", said(120))

    value, low, high = map(float, gain)
    assert low < value < high


def test_of_one_label_that_is_left_one_is_spoken():
    assert "the next label are expected" not in said(120, unlabelled=1)
    assert "the next label is expected" in said(120, unlabelled=1)


def test_labels_given_where_a_suggestion_was_shown_are_said_to_be():
    honest = replace(honest_of(120), assisted=7)
    found = insights(300, honest, [], [], 0.9, 250, LAW)

    assert found["assisted"] == 7
    text = "7 of 120 random labels were given where a suggestion was shown"
    assert text in str(lines(found, 300))
    assert "suggestion" not in said(120)


def test_a_card_from_before_suggestions_were_hidden_tells_of_assisted_labels():
    found = told(120)
    del found["assisted"]

    assert "120 of 120 random labels" in str(lines(found, 300))


def test_the_weakest_classes_are_told_first():
    labels = np.array([0] * 60 + [1] * 40)
    guessed = np.array([0] * 60 + [1] * 10 + [0] * 30)
    honest = honest_where(guessed, labels)

    text = "\n".join(lines(insights(300, honest, [], [], 0.9, 250, LAW), 300))

    assert "classes, the weakest first: yes 25% found (10 of 40), no 100% found (60 of 60)" in text


def test_of_many_classes_some_are_named():
    card = told(120)
    card["by_class"] = {f"class {i}": card["by_class"]["yes"] for i in range(9)}

    assert "; 4 more" in "\n".join(lines(card, 300))


def test_where_all_is_labelled_labelling_can_stop():
    text = said(120, unlabelled=0)

    assert "labelling can stop: all tasks are labelled" in text
    assert "next" not in text


@pytest.mark.parametrize(("unlabelled", "band"), [(5_000, "2000 or more)"), (200, "all 500)")])
def test_a_saving_ends_where_tasks_or_knowledge_end(unlabelled, band):
    assert f"to {band}" in said(120, unlabelled=unlabelled)


def test_a_saving_that_is_all_beyond_what_is_known_has_no_band():
    text = said(1_000, labels=290, right=0.99, unlabelled=10)

    assert "these 290 labels teach what all 300 would in random order" in text


def test_stopping_is_only_told_when_it_is_advised():
    assert "can stop" not in said(120)


def test_why_nothing_is_accepted_unseen_is_told():
    assert "not yet: no confidence shows 90% right on 40 labels" in said(40)
    assert "at a confidence of 0.92 or more, 90% or more are right" in said(400)


def test_a_card_from_before_these_limits_were_told_is_read():
    card = told(400)
    del card["saving"]["most"], card["accept"]["wanted"], card["by_class"]
    low = card["accept"]["precision"]["low"]

    assert f"at a confidence of 0.92 or more, {low:.0%} or more are right" in "\n".join(
        lines(card, 300)
    )


def test_how_many_tasks_are_accepted_is_left_out_where_none_was_looked_at():
    honest = replace(honest_of(400), pool_confidence=np.empty(0), unlabelled=None)
    card = insights(300, honest, [], [], 0.9, 250, LAW)

    assert lines(card, 300)[-1].endswith("at a confidence of 0.92 or more, 90% or more are right")


def test_a_table_has_room_for_an_accuracy_and_its_range():
    assert brief_accuracy(told(120)["random_share"]).startswith("95% (")
    assert brief_accuracy({}) == "not known"
    assert accuracy(told(120)["random_share"]).startswith("95%, ")


def test_a_version_is_said_in_one_line():
    numbers = told(120)
    saved = numbers["saving"]["random_order"] - 300

    text = in_short(numbers, 300)

    assert text.startswith("300 labels. Accuracy 95% (±")
    assert f"Saved about {saved}." in text
    assert re.search(r"100 more: \+\d\.\d points\.", text)
    assert text.endswith("Go on labelling.")


def test_a_figure_of_few_random_labels_is_said_as_its_range():
    share = told(29)["random_share"]

    text = in_short(told(29), 300)

    by = "by 29 random labels so far"
    assert f"Accuracy {share['low']:.0%} to {share['high']:.0%} ({by})." in text


def test_a_figure_with_a_wide_range_says_how_few_labels_it_is_by():
    few, many = (in_short(told(rows, right=0.6), 300) for rows in (40, 400))

    assert re.search(r"Accuracy 60% \(±\d+, by 40 random labels so far\)\. ", few)
    assert "random labels" not in many


def test_what_is_not_known_is_left_out_of_it():
    numbers = told(0) | {"title": "closeness"}

    assert in_short(numbers, 1) == "1 label. Closeness not known yet. Go on labelling."


def test_a_saving_beyond_what_is_known_is_a_least_one():
    numbers = told(120)
    numbers["saving"] |= {"random_order": 2_000}
    numbers["stopping"] |= {"stops": True}

    text = in_short(numbers, 300)

    assert "Saved at least 1700." in text
    assert text.endswith("You may stop.")


def test_labels_that_the_encoder_was_tuned_to_are_said_not_to_count():
    found = insights(300, replace(honest_of(0), tuned=133), [], [], 0.9, 250, LAW)
    words = lines(found, 300)

    assert words[0].endswith("and there are none that the encoder was not tuned to")
    assert words[1].startswith("133 of 300 labels are not counted")
    assert any("before the first labels of the random share that the encoder" in w for w in words)
    assert not any("tuned" in line for line in lines(told(120), 300))

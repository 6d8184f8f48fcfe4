"""What people are told."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from labelloop.domain.insights import Honest, believed_error, insights, lines
from labelloop.domain.learning import Point


def honest_of(rows, right=0.95, unlabelled=5_000):
    labels = np.arange(rows) % 2
    said = np.where(np.arange(rows) < right * rows, labels, 1 - labels)
    probabilities = np.full((rows, 2), 0.08)
    probabilities[np.arange(rows), said] = 0.92
    return Honest(probabilities, labels, np.full(500, 0.92), 0.08, unlabelled)


def told(rows, labels=300, disagreements=(), ordered=250, unlabelled=5_000, right=0.95):
    earlier = [Point(n, 2 * n**-0.5) for n in (50, 100, 200)]
    honest = honest_of(rows, right, unlabelled)
    return insights(labels, ["no", "yes"], honest, earlier, disagreements, 0.9, ordered)


def test_the_card_is_plain_json():
    assert json.loads(json.dumps(told(120))) == told(120)


def test_without_a_random_label_nothing_is_said_of_accuracy_nor_promised():
    found = told(0)

    assert found["random_share"]["value"] is found["gain"] is found["saving"] is None
    assert found["stopping"]["reason"] == "no random label yet to see a curve by"
    assert lines(found, 300) == ["nothing can be accepted unseen yet: 0 random labels of 30"]


@pytest.mark.parametrize(("rows", "is_shown"), [(9, False), (10, True)])
def test_accuracy_is_shown_once_its_interval_says_something(rows, is_shown):
    assert any("accuracy" in line for line in lines(told(rows), 300)) == is_shown


def test_the_curve_has_a_band_that_narrows():
    few, many = (told(rows)["curve"][-1] for rows in (20, 400))

    assert few["low"] < few["error"] < few["high"]
    assert many["high"] - many["low"] < 0.5 * (few["high"] - few["low"])


def test_the_bands_of_earlier_points_stay_and_points_from_before_have_none():
    earlier = [Point(50, 0.3), Point(100, 0.2, 0.1, 0.4)]
    curve = insights(300, ["no", "yes"], honest_of(120), earlier, [], 0.9, 250)["curve"]

    assert curve[:2] == [
        {"labels": 50, "error": 0.3, "low": None, "high": None},
        {"labels": 100, "error": 0.2, "low": 0.1, "high": 0.4},
    ]


def test_a_status_names_what_is_known():
    text = "\n".join(lines(told(120), 300))

    assert "accuracy 95%" in text
    assert "300 labels give what random order gives at about" in text
    assert re.search(r"the next 100 labels: about \+(\S+) points \(\+\S+ to \+\S+\)", text)


def test_a_band_is_told_from_low_to_high():
    gain = re.search(r"about \+(\S+) points \(\+(\S+) to \+(\S+)\)", lines(told(120), 300)[2])

    assert gain
    value, low, high = map(float, gain.groups())
    assert low < value < high


def test_of_one_label_that_is_left_one_is_spoken():
    text = "\n".join(lines(told(120, unlabelled=1), 300))

    assert "the next label: about" in text


@pytest.mark.parametrize(("unlabelled", "labels"), [(40, 40), (5_000, 100), (None, 100)])
def test_no_more_labels_are_spoken_of_than_tasks_are_left(unlabelled, labels):
    assert told(120, unlabelled=unlabelled)["gain"]["labels"] == labels


def test_labelling_can_stop_when_what_is_left_is_worth_little():
    assert not told(400, right=0.6, labels=1_000, unlabelled=300)["stopping"]["stops"]
    assert told(400, right=0.6, labels=1_000, unlabelled=20)["stopping"]["stops"]


def test_where_all_is_labelled_no_label_is_said_to_bring_anything():
    found = told(120, unlabelled=0)

    assert found["gain"] is None
    assert "labelling can stop: all tasks are labelled" in lines(found, 300)
    assert not any("next" in line for line in lines(found, 300))


@pytest.mark.parametrize(("unlabelled", "band"), [(5_000, "2000 or more)"), (200, "all 500)")])
def test_a_saving_ends_where_tasks_or_knowledge_end(unlabelled, band):
    text = "\n".join(lines(told(120, unlabelled=unlabelled), 300))

    assert f"to {band}" in text


def test_a_saving_that_is_all_beyond_what_is_known_has_no_band():
    text = "\n".join(lines(told(1_000, labels=290, right=0.99, unlabelled=10), 290))

    assert "290 labels give what random order gives at all 300" in text


@pytest.mark.parametrize(("ordered", "unlabelled"), [(0, 5_000), (150, 5_000), (250, None)])
def test_nothing_is_said_to_be_saved_unless_an_order_asked_for_most_labels(ordered, unlabelled):
    assert told(120, ordered=ordered, unlabelled=unlabelled)["saving"] is None


def test_stopping_is_only_told_when_it_is_advised():
    assert "can stop" not in "\n".join(lines(told(120), 300))


def test_why_nothing_is_accepted_unseen_is_told():
    assert lines(told(40), 300)[-1] == (
        "nothing can be accepted unseen yet: no confidence shows 90% on 40 random labels"
    )
    assert "from a confidence of 0.92: 90% right or more" in "\n".join(lines(told(400), 300))


def test_a_card_from_before_these_limits_were_told_is_read():
    card = told(400)
    del card["saving"]["most"], card["accept"]["wanted"]
    low = card["accept"]["precision"]["low"]

    assert f"from a confidence of 0.92: {low:.0%} right or more" in "\n".join(lines(card, 300))


def test_how_many_tasks_are_accepted_is_left_out_where_none_was_looked_at():
    honest = replace(honest_of(400), pool_confidence=np.empty(0), unlabelled=None)
    card = insights(300, ["no", "yes"], honest, [], [], 0.9, 250)

    assert card["accept"]["coverage"] is None
    assert lines(card, 300)[-1] == "from a confidence of 0.92: 90% right or more"


def test_all_classes_are_told_of():
    assert list(told(40)["by_class"]) == ["no", "yes"]


def test_labelled_tasks_count_by_their_share_of_all():
    confidence = np.full(10, 0.9)

    assert believed_error(confidence, 40, 100, 100) == pytest.approx(0.4)
    assert believed_error(confidence, 40, 100, 1_000) == pytest.approx(0.13)
    assert believed_error(np.empty(0), 40, 100, 100) == pytest.approx(0.4)


def test_labels_given_where_a_suggestion_was_shown_are_said_to_be():
    honest = replace(honest_of(120), assisted=7)
    found = insights(300, ["no", "yes"], honest, [], [], 0.9, 250)

    assert found["assisted"] == 7
    assert "7 of 120 random labels were given where a suggestion was shown" in str(
        lines(found, 300)
    )
    assert not any("suggestion" in line for line in lines(told(120), 300))


def test_a_card_from_before_suggestions_were_hidden_tells_of_assisted_labels():
    found = told(120)
    del found["assisted"]

    assert "120 of 120 random labels" in str(lines(found, 300))

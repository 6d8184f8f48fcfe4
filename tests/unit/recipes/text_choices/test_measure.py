"""How answers about single choices are read, compared and scored."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelloop.recipes.text.probabilities import (
    answers_of,
    entropy,
    least_confidence,
    margin,
    offered_only,
    probabilities_of,
)
from labelloop.recipes.text_choices.measure import MEASURE, codes_of

_ROWS = arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(2, 6)), elements=st.floats(0, 1, width=32)
)
WAYS = {"margin": margin, "entropy": entropy, "least_confidence": least_confidence}
every_way = pytest.mark.parametrize("name", WAYS)


def normalised(rows):
    rows = rows.astype(float) + 1e-9
    return rows / rows.sum(axis=1, keepdims=True)


def answers(rows, classes="abcdefgh"):
    rows = np.array(rows)
    return answers_of(rows, list(classes)[: rows.shape[1]])


def sureness(name, rows):
    return MEASURE.reading(answers(rows)).sureness(name)


@every_way
@given(rows=_ROWS)
def test_sureness_is_finite_and_between_0_and_1(name, rows):
    scores = sureness(name, normalised(rows))

    assert scores.shape == (len(rows),)
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()
    assert (scores <= 1 + 1e-6).all()


@every_way
def test_the_unsure_task_comes_before_the_sure_one(name):
    unsure, sure = sureness(name, [[0.5, 0.5, 0.0], [0.98, 0.01, 0.01]])

    assert unsure < sure


@every_way
def test_no_probability_of_a_class_is_no_error(name):
    assert sureness(name, [[1.0, 0.0]]) == pytest.approx([1.0])


def test_margin_looks_at_two_classes_and_entropy_at_all():
    rows = [[0.5, 0.4, 0.05, 0.05], [0.44, 0.19, 0.19, 0.18]]

    by_margin, by_entropy = sureness("margin", rows), sureness("entropy", rows)

    assert by_margin[0] < by_margin[1]
    assert by_entropy[0] > by_entropy[1]


@every_way
def test_sureness_depends_on_its_own_row_only(name):
    rows = normalised(np.random.default_rng(0).random((20, 4)))

    assert sureness(name, rows)[::-1] == pytest.approx(sureness(name, rows[::-1]))


@every_way
@pytest.mark.parametrize("classes", [0, 1])
def test_who_knows_one_class_is_sure(name, classes):
    assert sureness(name, np.ones((3, classes))).tolist() == [1.0, 1.0, 1.0]


@every_way
def test_each_way_is_known_by_its_name(name):
    rows = normalised(np.random.default_rng(0).random((20, 4)))

    assert sureness(name, rows).tolist() == WAYS[name](rows).tolist()


@pytest.mark.parametrize("name", ["", "typical_then_margin", "random"])
def test_the_margin_stands_in_for_a_way_of_another_name(name):
    rows = normalised(np.random.default_rng(0).random((20, 4)))

    assert sureness(name, rows).tolist() == margin(rows).tolist()


def test_a_reading_tells_confidence_and_shares_of_the_rows_taken():
    reading = MEASURE.reading(answers([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.4, 0.3, 0.3]]))

    some = reading.take([2, 0])

    assert (len(reading), len(some)) == (3, 2)
    assert reading.confidence.tolist() == [0.7, 0.8, 0.4]
    assert some.confidence.tolist() == [0.4, 0.7]
    assert some.shares.tolist() == [[0.4, 0.3, 0.3], [0.7, 0.2, 0.1]]


@pytest.mark.parametrize("classes", [0, 3])
def test_of_no_answers_there_is_nothing_to_read(classes):
    reading = MEASURE.reading(answers(np.empty((0, classes))))

    assert len(reading) == len(reading.confidence) == 0
    assert reading.shares.shape == (0, classes)


def test_columns_follow_the_classes_and_an_unknown_class_is_impossible():
    found = MEASURE.aligned(answers([[0.7, 0.3]], "ba"), ["a", "b", "c"])

    assert found.names == ("a", "b", "c")
    assert probabilities_of(found).tolist() == [[0.3, 0.7, 0.0]]


def test_a_class_that_is_not_asked_for_is_left_out():
    assert probabilities_of(MEASURE.aligned(answers([[0.7, 0.3]]), ["b"])).tolist() == [[0.3]]
    assert probabilities_of(MEASURE.aligned(answers([[0.7, 0.3]]), [])).shape == (1, 0)


def test_who_knows_nothing_says_the_same_of_all():
    found = MEASURE.alike(["a", "b", "c", "d"], 2)

    assert found.names == ("a", "b", "c", "d")
    assert probabilities_of(found).tolist() == [[0.25] * 4] * 2
    assert MEASURE.hits(found, ["a", "d"]).tolist() == [0.0, 0.0]
    assert len(MEASURE.alike([], 3)) == 3


def test_the_likeliest_class_is_the_label_and_of_several_the_first():
    assert MEASURE.labels(answers([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]])) == ["b", "a", "a"]
    assert MEASURE.labels(answers(np.empty((0, 2)))) == []
    assert MEASURE.labels(answers(np.empty((0, 0)))) == []


def test_an_answer_hits_where_one_class_alone_is_likeliest_and_is_the_label():
    rows = [[0.9, 0.1], [0.9, 0.1], [0.5, 0.5]]

    assert MEASURE.hits(answers(rows), ["a", "b", "a"]).tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("row", [[0.9, 0.1], [0.5, 0.5]])
def test_a_label_that_no_class_stands_for_is_hit_by_no_answer(row):
    assert MEASURE.hits(answers([row]), ["c"]).tolist() == [0.0]


def test_labels_are_places_among_the_classes_and_others_none():
    assert codes_of(["b", "c", "a"], ["a", "b"]).tolist() == [1, -1, 0]
    assert codes_of([], ["a"]).tolist() == []


def test_only_what_is_offered_is_shown_and_what_went_to_others_is_shared_out():
    found = offered_only(answers([[0.5, 0.3, 0.2], [1.0, 0.0, 0.0]]), ["b", "c"])

    assert found.names == ("b", "c")
    assert probabilities_of(found) == pytest.approx(np.array([[0.6, 0.4], [0.0, 0.0]]))
    assert offered_only(found, ["b", "c"]) is found


def test_a_version_is_read_at_the_temperature_that_suits_the_labels():
    found = answers([[0.6, 0.4]] * 8 + [[0.4, 0.6]] * 2)
    labels = ["a"] * 10
    odds = probabilities_of(found) ** np.exp(0.5)
    sharpened = answers(odds / odds.sum(axis=1, keepdims=True))

    (shy,), (bold,) = MEASURE.fair(found, labels), MEASURE.fair(sharpened, labels)

    before, after = (MEASURE.log_scores(one, labels).mean() for one in (shy, bold))
    assert after == pytest.approx(before, abs=0.01)
    assert probabilities_of(bold) == pytest.approx(probabilities_of(shy), abs=1e-6)
    assert probabilities_of(shy).sum(axis=1) == pytest.approx(np.ones(10))


def test_other_answers_are_changed_as_those_that_were_labelled():
    found, others = answers([[0.6, 0.4]] * 10), answers([[0.6, 0.4], [0.1, 0.9]])

    changed, also = MEASURE.fair(found, ["a"] * 10, others)

    assert probabilities_of(also)[0] == pytest.approx(probabilities_of(changed)[0])
    assert probabilities_of(also)[0, 0] > 0.8
    assert probabilities_of(also)[1, 1] > 0.99


def test_without_labels_answers_stay_as_they_are():
    nothing, others = answers(np.empty((0, 2))), answers([[0.6, 0.4], [0.1, 0.9]])

    (first, second) = MEASURE.fair(nothing, [], others)

    assert len(first) == 0
    assert probabilities_of(second) == pytest.approx(probabilities_of(others))


def test_one_wrong_label_costs_a_bounded_amount():
    found, labels = answers([[1.0, 0.0]] * 20), ["a"] * 19 + ["b"]

    (fair,) = MEASURE.fair(found, labels)

    assert MEASURE.log_scores(fair, labels).min() > -6
    assert MEASURE.log_scores(fair, ["none"] * 20).min() > -6


def test_a_model_expects_of_labels_what_they_would_score_were_it_right():
    rng = np.random.default_rng(0)
    found = answers(rng.dirichlet([1, 1, 1], 5_000))
    given = ["abc"[rng.choice(3, p=row)] for row in probabilities_of(found)]

    expected, scores = MEASURE.expected(found), MEASURE.log_scores(found, given)

    spread = np.sqrt(expected.variance.mean())
    assert scores.mean() == pytest.approx(
        expected.log_score.mean(), abs=4 * spread / np.sqrt(5_000)
    )
    assert (scores - expected.log_score).std() == pytest.approx(spread, rel=0.05)
    assert MEASURE.hits(found, given).mean() == pytest.approx(expected.hits.mean(), abs=0.03)


def test_versions_that_answer_alike_gain_nothing():
    found = answers(np.random.default_rng(0).dirichlet([1, 1, 1], 50))

    assert MEASURE.gain(found, found).tolist() == [0.0] * 50


def test_the_surer_of_two_that_differ_is_believed():
    shy, sure = answers([[0.55, 0.45]] * 10), answers([[0.1, 0.9]] * 10)

    assert MEASURE.gain(shy, sure).min() > 0 > MEASURE.gain(sure, shy).max()


def test_disagreement_is_what_is_left_beyond_chance():
    assert MEASURE.disagreement(list("aabb"), list("aabb")) == 0.0
    assert MEASURE.disagreement(list("aabb"), list("abab")) == pytest.approx(1.0)
    assert MEASURE.disagreement(list("aaaa"), list("aaaa")) == 0.0
    assert MEASURE.disagreement([], []) == 1.0


def test_precision_and_recall_differ_where_a_class_is_predicted_too_often():
    found = answers([[0.9, 0.1]] * 8 + [[0.1, 0.9]] * 2)

    quality = MEASURE.by_part(found, ["a"] * 4 + ["b"] * 6)

    assert list(quality) == ["a", "b"]
    first, second = quality.values()
    assert (first.precision.value, first.recall.value) == (0.5, 1.0)
    assert second.precision.value == 1.0
    assert second.recall.value == pytest.approx(1 / 3)


def test_a_class_that_is_neither_predicted_nor_right_has_no_quality():
    found = MEASURE.by_part(answers([[0.9, 0.1, 0.0]]), ["a"])["c"]

    assert found.precision.value is None
    assert found.recall.value is None


def test_a_row_without_an_answer_is_nobodys_prediction_and_a_miss():
    found = answers([[0.9, 0.1, 0.0], [1 / 3, 1 / 3, 1 / 3], [1 / 3, 1 / 3, 1 / 3]])
    labels = ["a", "a", "c"]

    first, _, third = MEASURE.by_part(found, labels).values()

    assert (first.precision.value, first.precision.rows, first.recall.value) == (1.0, 1, 0.5)
    assert third.recall.value == 0.0
    assert MEASURE.hits(found, labels).tolist() == [1.0, 0.0, 0.0]


def test_doubts_name_the_class_that_the_label_should_be():
    rows = [[0.9, 0.1]] * 10 + [[0.1, 0.9]] * 9 + [[0.05, 0.95]]
    labels = ["a"] * 10 + ["b"] * 9 + ["a"]

    (doubt,) = MEASURE.doubts(answers(rows), labels, [[label] for label in labels])

    assert (doubt.row, doubt.instead, doubt.disagreed) == (19, "b", False)
    assert 0.2 < doubt.doubt < 1


def test_with_two_classes_all_ways_to_be_sure_are_one_order():
    likelier = np.float32(0.5) + np.arange(40, 0, -1, dtype=np.float32) * np.float32(1e-6)
    reading = MEASURE.reading(answers(np.stack([likelier, 1 - likelier], axis=1)))

    by_name = [np.argsort(reading.sureness(name), kind="stable") for name in WAYS]

    assert all((order == np.arange(40)[::-1]).all() for order in by_name)

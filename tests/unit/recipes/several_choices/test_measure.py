"""How answers about several labels are read, compared and scored."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelloop.recipes.several_choices.marks import Marks, expected_jaccard, marked
from labelloop.recipes.several_choices.measure import MEASURE
from tests.unit.recipes.several_choices.examples import answers

_ROWS = arrays(
    np.float32, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=st.floats(0, 1, width=32)
)


def every_label(names):
    return [
        [name for name, has in zip(names, bits, strict=True) if has]
        for bits in product((0, 1), repeat=len(names))
    ]


def chances(row, names):
    """Return how likely each set of labels is, drawn one by one."""
    return [
        float(np.prod([p if name in label else 1 - p for p, name in zip(row, names, strict=True)]))
        for label in every_label(names)
    ]


# -- what is marked --------------------------------------------------------------------------


def test_likely_labels_are_marked_or_the_likeliest():
    rows = [[0.6, 0.7, 0.1], [0.2, 0.3, 0.1], [0.1, 0.1, 0.1]]

    assert MEASURE.labels(answers(rows)) == [["a", "b"], ["b"], ["a"]]


def test_nothing_is_marked_where_the_likeliest_is_too_unlikely_to_pay():
    rows = [[0.6, 0.1], [0.35, 0.1], [0.2, 0.1]]

    assert MEASURE.labels(answers(rows, least=0.3)) == [["a"], ["a"], []]


def test_no_names_mark_nothing():
    assert MEASURE.labels(MEASURE.aligned(answers([[0.9]]), ())) == [[]]


# -- hits and confidence ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "hit"),
    [(["a", "b"], 1), (["a"], 1 / 2), (["a", "b", "c"], 2 / 3), (["c"], 0), ([], 0)],
)
def test_a_hit_is_the_share_of_all_labels_that_both_have(label, hit):
    assert MEASURE.hits(answers([[0.9, 0.8, 0.1]]), [label]) == pytest.approx([hit])


def test_to_mark_nothing_where_nothing_applies_is_a_hit():
    assert MEASURE.hits(answers([[0.1, 0.1]], least=0.5), [[]]) == [1.0]


def test_a_label_that_has_no_name_is_missed_but_no_error():
    said = answers([[0.9, 0.1]])

    assert MEASURE.hits(said, [["a", "gone"]]) == [0.5]
    assert np.isfinite(MEASURE.log_scores(said, [["gone"]])).all()


@given(rows=_ROWS)
def test_confidence_is_the_mean_hit_of_labels_drawn_by_the_probabilities(rows):
    said = answers(rows, least=0.3)
    labels = every_label(said.names)

    found = MEASURE.reading(said).confidence

    for row, probabilities in enumerate(rows):
        hits = MEASURE.hits(said.take([row] * len(labels)), labels)
        assert found[row] == pytest.approx(hits @ chances(probabilities, said.names), abs=1e-5)


@given(rows=_ROWS)
def test_where_no_label_is_empty_it_is_the_mean_hit_of_labels_that_are_not(rows):
    rows = np.clip(rows, 0.05, 1)
    said = answers(rows)
    labels = every_label(said.names)

    found = MEASURE.reading(said).confidence

    for row, probabilities in enumerate(rows):
        hits = MEASURE.hits(said.take([row] * len(labels)), labels)
        weights = np.array(chances(probabilities, said.names)) * [bool(one) for one in labels]
        assert found[row] == pytest.approx(hits @ weights / weights.sum(), abs=1e-4)


def test_the_expected_index_of_many_labels_is_as_simulated():
    rng = np.random.default_rng(0)
    p = rng.beta(0.3, 2, size=(1, 60))
    chosen = marked(p, 0.0)
    drawn = rng.random((40_000, 60)) < p
    simulated = (drawn & chosen).sum(axis=1) / np.maximum((drawn | chosen).sum(axis=1), 1)

    assert expected_jaccard(p, chosen)[0] == pytest.approx(simulated.mean(), abs=0.01)


# -- scores ----------------------------------------------------------------------------------


@given(rows=_ROWS)
def test_the_score_is_proper(rows):
    """No other answer scores higher, in the mean, than the probabilities labels are drawn by."""
    truth = np.clip(rows, 0.05, 0.95)
    labels = every_label(answers(truth).names)
    others = (truth * 0.8, np.clip(truth + 0.1, 0, 1), np.full_like(truth, 0.5))

    for row, probabilities in enumerate(truth):
        weights = np.array(chances(probabilities, answers(truth).names))

        def score(some, row=row, weights=weights):
            return MEASURE.log_scores(answers([some[row]] * len(labels)), labels) @ weights

        assert all(score(truth) >= score(other) - 0.01 for other in others)


@given(rows=_ROWS)
def test_what_is_expected_is_the_mean_and_the_variance_of_scores(rows):
    said = answers(rows)
    labels, expected = every_label(said.names), MEASURE.expected(said)

    for row, probabilities in enumerate(rows):
        scores = MEASURE.log_scores(said.take([row] * len(labels)), labels)
        weights = np.array(chances(0.99 * probabilities.astype(float) + 0.005, said.names))
        mean = scores @ weights
        assert expected.log_score[row] == pytest.approx(mean, abs=1e-3)
        assert expected.variance[row] == pytest.approx((scores - mean) ** 2 @ weights, abs=1e-2)


def test_one_wrong_label_does_not_outweigh_a_hundred():
    wrong = MEASURE.log_scores(answers([[1.0]]), [[]])
    right = MEASURE.log_scores(answers([[0.9]]), [["a"]])

    assert -6 < wrong[0] < right[0]


def test_fair_answers_are_as_sure_as_they_are_right_and_mark_the_same():
    rng = np.random.default_rng(1)
    p = rng.beta(0.5, 1.5, size=(400, 3))
    labels = [
        [n for n, has in zip("abc", row, strict=True) if has] for row in rng.random(p.shape) < p
    ]
    overconfident = p**3 / (p**3 + (1 - p) ** 3)
    said = answers(overconfident, least=0.2)

    fair, other = MEASURE.fair(said, labels, said.take([0, 1]))

    assert np.abs(Marks.read(fair).probabilities - p).mean() < 0.03
    assert MEASURE.labels(fair) == MEASURE.labels(said)
    assert MEASURE.labels(other) == MEASURE.labels(said)[:2]


# -- two versions ----------------------------------------------------------------------------


def test_a_gain_is_what_both_expect_of_other_marks():
    old, new = answers([[0.9, 0.2], [0.9, 0.2]]), answers([[0.8, 0.1], [0.8, 0.95]])

    same, more = MEASURE.gain(old, new)

    assert same == 0
    assert more == -MEASURE.gain(new, old)[1]
    assert 0 < more < 1


def test_disagreement_is_none_for_the_same_labels_and_one_for_chance():
    rng = np.random.default_rng(2)
    labels = [[n for n in "abc" if rng.random() < 0.4] for _ in range(600)]
    shuffled = [labels[row] for row in rng.permutation(600)]

    assert MEASURE.disagreement(labels, labels) == pytest.approx(0)
    assert MEASURE.disagreement(labels, shuffled) == pytest.approx(1, abs=0.05)
    assert MEASURE.disagreement([["a"]], [["a"]]) == 0
    assert MEASURE.disagreement([], []) == 0


def test_answers_are_aligned_by_name():
    said = answers([[0.9, 0.2]], least=0.3)

    marks = Marks.read(MEASURE.aligned(said, ["b", "new", "a"]))

    np.testing.assert_allclose(marks.probabilities, [[0.2, 0, 0.9]], rtol=1e-6)
    np.testing.assert_allclose(marks.least, [0.3], rtol=1e-6)


# -- the order -------------------------------------------------------------------------------


def test_a_task_of_unsure_labels_comes_before_one_of_sure_labels():
    reading = MEASURE.reading(answers([[0.5, 0.5], [0.99, 0.01]]))

    for name in ("", "entropy", "margin", "least_confidence"):
        unsure, sure = reading.sureness(name)
        assert 0 <= unsure < sure <= 1


def test_shares_sum_to_one():
    shares = MEASURE.reading(answers([[0.9, 0.3], [0.0, 0.0]])).shares

    assert shares.sum(axis=1) == pytest.approx([1, 0])


# -- doubts and parts --------------------------------------------------------------------------


def test_a_box_that_was_forgotten_and_one_too_many_are_doubted():
    rows = [[0.9, 0.1]] * 5 + [[0.1, 0.9]] * 5
    labels = [["a"]] * 5 + [["b"]] * 5
    labels[0], labels[9] = ["a", "b"], []

    found = MEASURE.doubts(answers(rows), labels, [[label] for label in labels])

    assert {one.row: one.instead for one in found} == {0: ["a"], 9: ["b"]}
    assert not any(one.disagreed for one in found)


def test_what_annotators_disagree_on_is_doubted_more_the_less_agree_with_it():
    said = answers([[0.6, 0.4]] * 2)
    votes = [[["a"], ["a", "b"]], [["a"], ["a"], ["a", "b"]]]

    found = MEASURE.doubts(said, [["a"], ["a"]], votes)

    assert [one.row for one in found] == [0, 1]
    assert all(one.disagreed and one.instead == ["a", "b"] for one in found)
    assert found[0].doubt > found[1].doubt


def test_quality_is_by_label():
    said = answers([[0.9, 0.1], [0.9, 0.9], [0.1, 0.9]])

    quality = MEASURE.by_part(said, [["a"], ["b"], ["a", "b"]])

    assert (quality["a"].precision.value, quality["a"].recall.value) == (0.5, 0.5)
    assert (quality["b"].precision.value, quality["b"].recall.value) == (1.0, 1.0)

"""How answers of several controls are compared: each by its own measure."""

import numpy as np
import pytest

from labelloop.domain.answers import Answers
from labelloop.recipes.several_controls.measure import SeveralMeasure
from labelloop.recipes.several_controls.parts import Measured, answers_beside
from labelloop.recipes.text.probabilities import answers_of
from labelloop.recipes.text_choices.measure import MEASURE

AB = ("A", "B")
MEASURED = SeveralMeasure((Measured("x", AB, MEASURE, 0.75), Measured("y", AB, MEASURE, 0.25)))


def said(x: list[float], y: list[float] | None = None) -> Answers:
    """Return answers by the probability of the first choice of each control."""
    parts = {"x:": answers_of(np.array([[p, 1 - p] for p in x]), AB)}
    if y is not None:
        parts["y:"] = answers_of(np.array([[p, 1 - p] for p in y]), AB)
    return answers_beside(len(x), parts)


def test_a_hit_is_the_weighted_mean_of_what_was_answered():
    answers = said([0.9, 0.9, 0.9], [0.8, 0.8, 0.8])
    labels = [{"x": "A", "y": "B"}, {"y": "A"}, {"x": "B", "y": "A"}]

    assert MEASURED.hits(answers, labels).tolist() == pytest.approx([0.75, 1.0, 0.25])


def test_a_control_that_was_not_answered_adds_nothing_to_the_score():
    answers = said([0.9, 0.9], [0.8, 0.8])
    both, one = MEASURED.log_scores(answers, [{"x": "A", "y": "A"}, {"x": "A"}])

    own = MEASURE.log_scores(answers_of(np.array([[0.9, 0.1]]), AB), ["A"])[0]
    assert one == pytest.approx(0.75 * own)
    assert both < one


def test_the_true_probabilities_score_best_in_the_mean():
    rng = np.random.default_rng(0)
    x, y = (rng.random((2, 4_000)) > np.array([[0.7], [0.2]])).astype(int)
    labels = [{"x": "AB"[one], "y": "AB"[other]} for one, other in zip(x, y, strict=True)]

    scores = {
        (x, y): MEASURED.log_scores(said([x] * 4_000, [y] * 4_000), labels).mean()
        for x in (0.5, 0.7, 0.9)
        for y in (0.05, 0.2, 0.5)
    }

    assert max(scores, key=scores.__getitem__) == (0.7, 0.2)


def test_a_reading_is_of_the_controls_that_have_answers():
    reading = MEASURED.reading(said([0.9, 0.5], [0.8, 0.5]))

    assert reading.confidence.tolist() == pytest.approx([0.75 * 0.9 + 0.25 * 0.8, 0.5])
    assert reading.shares.sum(axis=1).tolist() == pytest.approx([1, 1])
    assert reading.sureness()[1] == pytest.approx(0)
    assert MEASURED.reading(said([0.9])).confidence.tolist() == pytest.approx([0.9])


def test_each_control_is_calibrated_to_its_own_labels():
    answers = said([0.99] * 8, [0.6] * 8)
    labels = [{"x": "AB"[n % 2], "y": "A"} for n in range(7)] + [{"y": "A"}]

    (fair,) = MEASURED.fair(answers, labels)

    x, y = fair.columns.array("x:probabilities"), fair.columns.array("y:probabilities")
    assert x is not None
    assert y is not None
    assert x[0, 0] < 0.95
    assert y[0, 0] > 0.7
    assert MEASURED.log_scores(fair, labels).mean() >= MEASURED.log_scores(answers, labels).mean()


def test_a_control_that_a_version_lacks_knows_nothing():
    aligned = MEASURED.aligned(said([0.9]), ("x:A", "x:B", "y:A", "y:B"))

    y = aligned.columns.array("y:probabilities")
    assert y is not None
    assert y.tolist() == [[0.5, 0.5]]
    assert MEASURED.hits(said([0.9]), [{"y": "A"}]).tolist() == [0]
    assert np.isfinite(MEASURED.log_scores(said([0.9]), [{"y": "A"}])).all()


def test_of_a_label_that_is_doubted_the_rest_stays():
    answers = said([0.9, 0.9, 0.1, 0.1] * 3, [0.9, 0.9, 0.1, 0.1] * 3)
    labels = [{"x": "AABB"[n % 4], "y": "AABB"[n % 4]} for n in range(12)]
    labels[0] = {"x": "A", "y": "B"}

    (doubt,) = MEASURED.doubts(answers, labels, [[label] for label in labels])

    assert (doubt.row, doubt.instead) == (0, {"x": "A", "y": "A"})


def test_versions_disagree_where_a_control_does():
    same, other = [{"x": "A", "y": "A"}, {"x": "B"}], [{"x": "A", "y": "A"}, {"x": "B", "y": "A"}]

    assert MEASURED.disagreement(same, other) == pytest.approx(0)
    assert MEASURED.disagreement([{"x": "A"}], [{"y": "A"}]) == 0
    assert MEASURED.disagreement([{"x": "A"}, {"x": "B"}], [{"x": "B"}, {"x": "A"}]) > 0


def test_gain_is_of_the_controls_that_both_have():
    old, new = said([0.6], [0.6]), said([0.1])

    assert MEASURED.gain(old, new)[0] == pytest.approx(0.65 - 0.35)
    assert MEASURED.gain(old, old)[0] == 0

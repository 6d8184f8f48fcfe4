"""How answers about regions are compared: region by region, by the measure of one answer."""

import numpy as np
import pytest

from labelloop.domain.answers import Answers
from labelloop.recipes.region_answers.measure import RegionMeasure
from labelloop.recipes.region_answers.said import Said, said_of
from labelloop.recipes.several_controls.measure import SeveralMeasure
from labelloop.recipes.several_controls.parts import Measured, answers_beside
from labelloop.recipes.text.probabilities import answers_of
from labelloop.recipes.text_choices.measure import MEASURE

AB = ("A", "B")
REGIONS = RegionMeasure(MEASURE)

type Region = tuple[int, int, float]  # where it starts and ends, and how likely A is


def answers(*tasks: list[Region], likely: float = 1.0) -> Answers:
    """Return answers about the regions of tasks: words stand one blank apart."""
    every = [region for task in tasks for region in task]
    edges = np.array([[a - 1, a, b, b + 1] for a, b, _ in every], np.int64).reshape(-1, 4)
    starts = np.cumsum([0, *map(len, tasks)])
    rows = np.array([[p, 1 - p] for *_, p in every]).reshape(-1, 2)
    return Said(starts, edges, np.full(len(every), likely), answers_of(rows, AB)).columns()


def test_a_region_is_found_by_its_words_and_blanks_around_them_do_not_matter():
    said = answers([(5, 9, 0.9)])
    labels = [[[5, 9, "A"]], [[4, 9, "A"]], [[5, 10, "A"]], [[3, 9, "A"]], [[6, 9, "A"]]]

    assert [REGIONS.hits(said, [label])[0] for label in labels] == [1, 1, 1, 0, 0]


def test_a_hit_is_the_share_of_answered_regions_that_are_found_and_right():
    said = answers([(0, 4, 0.9), (5, 9, 0.9)], [(0, 4, 0.2)], [])
    labels = [[[0, 4, "A"], [5, 9, "B"], [20, 30, "A"]], [[0, 4, "B"]], [[0, 4, "A"]]]

    assert REGIONS.hits(said, labels).tolist() == pytest.approx([1 / 3, 1, 0])
    assert REGIONS.labels(said)[:2] == [[[0, 4, "A"], [5, 9, "A"]], [[0, 4, "B"]]]


def test_a_region_that_nobody_answered_counts_for_nothing():
    said, label = answers([(0, 4, 0.9), (5, 9, 0.1)]), [[[0, 4, "A"]]]

    assert REGIONS.hits(said, label)[0] == 1
    assert REGIONS.log_scores(said, label) == pytest.approx(
        MEASURE.log_scores(answers_of(np.array([[0.9, 0.1]]), AB), ["A"])
    )


def test_of_a_region_that_is_not_found_nothing_is_known():
    lost, unsure = answers([]), answers([(0, 4, 0.5)])

    assert REGIONS.log_scores(lost, [[[0, 4, "A"]]]) == pytest.approx(
        REGIONS.log_scores(unsure, [[[0, 4, "A"]]])
    )


def test_the_true_probabilities_score_best_in_the_mean():
    truth = np.random.default_rng(0).random(4_000) < 0.8
    labels = [[[0, 4, "A" if one else "B"]] for one in truth]

    scores = {
        p: REGIONS.log_scores(answers(*[[(0, 4, p)]] * 4_000), labels).mean()
        for p in (0.5, 0.7, 0.8, 0.9, 0.99)
    }

    assert max(scores, key=scores.__getitem__) == 0.8


def test_what_is_expected_is_less_the_less_likely_the_region_is():
    sure, unsure = (REGIONS.expected(answers([(0, 4, 0.9)], [], likely=p)) for p in (1.0, 0.5))

    assert sure.hits.tolist() == pytest.approx([0.9, 0])
    assert unsure.hits.tolist() == pytest.approx([0.45, 0])
    assert unsure.log_score[0] < sure.log_score[0] < sure.log_score[1] == 0
    reading = REGIONS.reading(answers([(0, 4, 0.9)], [], likely=0.5))
    assert reading.confidence.tolist() == pytest.approx([0.45, 0])
    assert reading.take([1, 0]).confidence.tolist() == pytest.approx([0, 0.45])
    assert reading.sureness().tolist() == pytest.approx([0.8, 1])


def test_fair_answers_are_calibrated_by_the_regions_that_are_found():
    said = answers(*[[(0, 4, 0.99), (5, 9, 0.99)]] * 40)
    labels = [[[0, 4, "AB"[n % 2]], [30, 40, "B"]] for n in range(40)]
    fair, other = REGIONS.fair(said, labels, answers([(0, 4, 0.99)]))
    probabilities = said_of(other).answers.columns.array("probabilities")

    assert REGIONS.log_scores(fair, labels).mean() > REGIONS.log_scores(said, labels).mean()
    assert probabilities is not None
    assert probabilities[0, 0] < 0.99


def test_a_gain_is_that_of_regions_that_both_have():
    old, new = answers([(0, 4, 0.6), (5, 9, 0.9)], []), answers([(0, 4, 0.1), (9, 12, 0.1)], [])

    gain = REGIONS.gain(old, new)

    assert gain.tolist() == pytest.approx([(0.65 - 0.35) / 2, 0])
    assert REGIONS.gain(new, new).tolist() == [0, 0]


def test_disagreement_is_about_the_regions_of_both():
    one, same = [[[0, 4, "A"], [5, 9, "B"]]] * 4, [[[0, 4, "A"], [5, 9, "B"], [10, 12, "A"]]] * 4
    other = [[[0, 4, "B"], [5, 9, "A"]]] * 4

    assert REGIONS.disagreement(one, same) == 0
    assert REGIONS.disagreement(one, other) > 1
    assert REGIONS.disagreement(one, [[[70, 80, "A"]]] * 4) == 0


def test_a_doubt_is_of_the_region_and_has_what_it_should_rather_be():
    tasks = [[(0, 4, 0.95), (5, 9, 0.05)] for _ in range(20)]
    labels = [[[0, 4, "A"], [5, 9, "B"]] for _ in range(20)]
    labels[7] = [[0, 4, "A"], [5, 9, "A"]]

    (doubt, *_) = REGIONS.doubts(answers(*tasks), labels, [[label] for label in labels])

    assert (doubt.row, doubt.instead, doubt.disagreed) == (7, [[0, 4, "A"], [5, 9, "B"]], False)
    assert labels[7][1][2] == "A"  # what people said is not changed


def test_a_doubt_knows_whether_annotators_answered_a_region_differently():
    tasks = [[(0, 4, 0.95)] for _ in range(20)]
    labels = [[[0, 4, "A"]] for _ in range(20)]
    votes = [[label] for label in labels]
    votes[3] = [[[0, 4, "A"]], [[0, 4, "B"]]]
    votes[4] = [[[0, 4, "A"]], [[7, 9, "B"]]]  # of another region: no other answer to this one

    doubts = {one.row: one for one in REGIONS.doubts(answers(*tasks), labels, votes)}

    assert doubts[3].disagreed
    assert 4 not in doubts


def test_without_a_labelled_region_there_is_nothing_to_compare():
    said = answers([(0, 4, 0.9)], [])

    assert REGIONS.doubts(said, [[], []], [[], []]) == []
    assert REGIONS.by_part(said, [[], []])["A"].precision.rows == 0
    assert REGIONS.hits(answers(), []).tolist() == []
    assert len(REGIONS.alike(AB, 3)) == 3


def test_a_task_without_a_region_is_read_by_the_other_controls_alone():
    """Else what is not asked there would count as sure, or as wrong."""
    both = SeveralMeasure((Measured("x", AB, MEASURE, 0.5), Measured("grade", AB, REGIONS, 0.5)))
    whole = answers_of(np.array([[0.9, 0.1], [0.9, 0.1]]), AB)
    said = answers_beside(2, {"x:": whole, "grade:": answers([(0, 4, 0.6)], [])})

    reading = both.reading(said)

    assert reading.confidence.tolist() == pytest.approx([0.75, 0.9])
    assert reading.sureness().tolist() == pytest.approx([0.5, 0.8])
    assert both.expected(said).hits.tolist() == pytest.approx([0.75, 0.9])
    assert both.title == "share right"
    assert REGIONS.title == "answers of regions right"

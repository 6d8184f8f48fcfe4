"""How paths are compared with labels and with each other."""

from typing import Any

import numpy as np
import pytest

from labelloop.recipes.taxonomy.measure import PathMeasure
from labelloop.recipes.taxonomy.paths import answers_of, likeness, match, usual_of
from labelloop.recipes.taxonomy.tree import Tree
from labelloop.recipes.text.probabilities import probabilities_of

CAT, DOG, OAK = ["animal", "cat"], ["animal", "dog"], ["plant", "oak"]
TREE = Tree.of([("animal", "cat"), ("animal", "dog"), ("plant", "oak")])
NAMES = ("animal / cat", "animal / dog", "plant / oak")
MEASURE = PathMeasure(TREE)


def said(*rows: list[float], usual: float = 1.0, names: tuple[str, ...] = NAMES) -> Any:
    return answers_of(np.array(rows, float).reshape(-1, len(names)), names, usual)


def test_paths_are_as_alike_as_the_share_that_is_the_same():
    found = likeness([["a", "b", "c"], ["a"]], [["a", "b"], ["a", "x", "c"], ["b"]])

    assert found == pytest.approx(np.array([[2 / 3, 1 / 3, 0], [1 / 2, 1 / 3, 0]]))


def test_labels_are_as_alike_as_their_best_matches():
    assert match([CAT], [CAT]) == 1.0
    assert match([CAT], [DOG]) == 0.5
    assert match([CAT, OAK], [CAT]) == pytest.approx(2 / 3)
    assert match([CAT, OAK], [OAK, CAT]) == 1.0
    assert match([["animal"]], [CAT]) == 0.5
    assert match([], [CAT]) == 0.0


def test_an_answer_hits_by_the_share_of_the_path_that_is_right():
    answers = said([0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.8, 0.1, 0.1])

    assert MEASURE.hits(answers, [[CAT], [DOG], [OAK]]).tolist() == [1.0, 0.5, 0.0]


def test_who_knows_nothing_hits_nothing():
    assert MEASURE.hits(MEASURE.alike(NAMES, 2), [[CAT], [DOG]]).tolist() == [0.0, 0.0]


def test_where_labels_are_single_paths_one_is_said_however_unsure():
    assert MEASURE.labels(said([0.4, 0.35, 0.25], [0.1, 0.2, 0.7])) == [[CAT], [OAK]]


def test_where_labels_have_two_paths_those_likelier_than_not_are_said():
    answers = said([0.48, 0.03, 0.49], [0.9, 0.06, 0.04], usual=2.0)

    assert MEASURE.labels(answers) == [[CAT, OAK], [CAT]]
    assert MEASURE.hits(answers, [[CAT, OAK], [CAT, OAK]]).tolist() == pytest.approx([1, 2 / 3])


def test_the_confidence_is_the_expected_hit():
    answers = said([0.6, 0.3, 0.1])

    confidence = MEASURE.reading(answers).confidence

    assert confidence == pytest.approx([0.6 * 1 + 0.3 * 0.5])
    drawn = [MEASURE.hits(answers, [[path]])[0] for path in (CAT, DOG, OAK)]
    assert confidence == pytest.approx([np.dot([0.6, 0.3, 0.1], drawn)])
    assert MEASURE.expected(answers).hits == pytest.approx(confidence)


def test_the_confidence_in_two_paths_counts_both():
    sure, unsure = MEASURE.reading(said([0.5, 0, 0.5], [0.35, 0.3, 0.35], usual=2.0)).confidence

    assert sure == pytest.approx(1.0)
    assert 0.5 < unsure < sure


def test_the_margin_parts_what_is_said_from_what_is_not():
    one = MEASURE.reading(said([0.6, 0.3, 0.1])).sureness()
    two = MEASURE.reading(said([0.48, 0.04, 0.48], [0.33, 0.33, 0.34], usual=2.0)).sureness()

    assert one == pytest.approx([0.3])
    assert two == pytest.approx([0.96 - 0.08, 0.0], abs=0.03)
    assert MEASURE.reading(said([1.0], names=("a",))).sureness().tolist() == [1.0]


@pytest.mark.parametrize("name", ["entropy", "least_confidence"])
def test_other_ways_to_be_sure_are_known_by_their_names(name):
    sure, unsure = MEASURE.reading(said([1, 0, 0], [0.4, 0.3, 0.3])).sureness(name)

    assert sure > unsure


@pytest.mark.parametrize("truth", [[0.7, 0.2, 0.1], [1.0, 0.0, 0.0], [0.34, 0.33, 0.33]])
def test_nobody_scores_higher_on_average_than_who_tells_the_truth(truth):
    rng = np.random.default_rng(0)
    labels = [[CAT], [DOG], [OAK]]

    def mean_score(row: list[float]) -> float:
        return float(MEASURE.log_scores(said(row, row, row), labels) @ np.array(truth))

    best = mean_score(truth)
    others = [mean_score(rng.dirichlet(np.ones(3)).tolist()) for _ in range(200)]
    # a hundredth of each answer is uniform: who knows that can gain no more than that
    assert best > max(others) - 0.01


def test_the_score_of_a_label_is_the_mean_of_its_paths():
    answers = said([0.5, 0.1, 0.4], [0.5, 0.1, 0.4], [0.5, 0.1, 0.4])

    cat, oak, both = MEASURE.log_scores(answers, [[CAT], [OAK], [CAT, OAK]])

    assert both == pytest.approx((cat + oak) / 2)


def test_one_wrong_label_costs_no_more_than_a_floor():
    score = MEASURE.log_scores(said([1.0, 0.0, 0.0]), [[OAK]])
    unknown = MEASURE.log_scores(said([1.0, 0.0, 0.0]), [[["fungus"]]])

    assert score == pytest.approx([np.log(0.01 / 3)])
    assert unknown == pytest.approx(score)


def test_answers_too_sure_are_made_less_so_and_keep_their_order():
    answers = said(*[[0.98, 0.01, 0.01]] * 4)
    labels = [[CAT], [CAT], [DOG], [OAK]]

    fair, other = MEASURE.fair(answers, labels, said([0.2, 0.3, 0.5], usual=2.0))

    assert MEASURE.log_scores(fair, labels).mean() > MEASURE.log_scores(answers, labels).mean()
    assert probabilities_of(other).argmax() == 2
    assert usual_of(other).tolist() == [2.0]


def test_columns_follow_the_names_and_how_many_paths_are_usual_stays():
    found = MEASURE.aligned(said([0.6, 0.3, 0.1], usual=1.5), ["plant / oak", "plant", NAMES[0]])

    assert probabilities_of(found).tolist() == [[0.1, 0.0, 0.6]]
    assert usual_of(found).tolist() == [1.5]


def test_the_gain_is_what_both_believe_of_the_new_answer():
    old, new = said([0.6, 0.4, 0.0], [0.6, 0.4, 0.0]), said([0.1, 0.9, 0.0], [0.7, 0.3, 0.0])

    gain = MEASURE.gain(old, new)

    belief = np.array([0.35, 0.65])
    assert gain == pytest.approx([belief @ [0.5, 1] - belief @ [1, 0.5], 0.0])
    assert MEASURE.gain(new, new).tolist() == [0.0, 0.0]


def test_versions_that_say_other_paths_disagree():
    assert MEASURE.disagreement([[CAT], [DOG]], [[CAT], [DOG]]) == 0
    assert MEASURE.disagreement([[CAT], [DOG]] * 5, [[DOG], [CAT]] * 5) > 1
    assert MEASURE.disagreement([[CAT, OAK]], [[CAT]]) > 0


ROWS = [[0.9, 0.05, 0.05]] * 5 + [[0.05, 0.9, 0.05]] * 5 + [[0.05, 0.05, 0.9]] * 5
RIGHT = [[CAT]] * 5 + [[DOG]] * 5 + [[OAK]] * 5


def test_a_label_that_the_model_is_sure_is_another_is_doubted():
    labels = [[DOG], *RIGHT[1:]]

    found = MEASURE.doubts(said(*ROWS), labels, [[label] for label in labels])

    assert [(one.row, one.instead, one.disagreed) for one in found] == [(0, [CAT], False)]


def test_of_a_label_of_two_paths_the_unlikely_one_is_doubted():
    labels = [[CAT, DOG], *RIGHT[1:]]
    rows = [[0.49, 0.02, 0.49], *ROWS[1:5], *ROWS[5:10], *[[0.3, 0.3, 0.4]] * 5]

    found = MEASURE.doubts(said(*rows, usual=1.1), labels, [[label] for label in labels])

    assert (found[0].row, found[0].instead) == (0, [CAT, OAK])


def test_a_label_that_annotators_disagree_on_is_doubted():
    votes = [[[CAT]]] * 14 + [[[OAK], [CAT, OAK]]]

    found = MEASURE.doubts(said(*ROWS), RIGHT, votes)

    assert [(one.row, one.instead, one.disagreed) for one in found] == [(14, [CAT], True)]


def test_quality_is_told_by_path_and_by_what_is_above():
    answers = said([0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8])

    found = MEASURE.by_part(answers, [[CAT], [DOG], [OAK]])

    assert [*found] == ["animal", "animal / cat", "animal / dog", "plant", "plant / oak"]
    assert found["animal"].precision.value == 1.0
    assert (found["animal / cat"].precision.value, found["animal / cat"].recall.value) == (0.5, 1.0)
    assert found["animal / dog"].precision.value is None


@pytest.mark.parametrize(("rows", "names"), [(0, NAMES), (0, ()), (3, ())])
def test_of_no_tasks_or_no_paths_there_is_nothing_to_read(rows, names):
    nothing = MEASURE.alike(names, rows)

    reading = MEASURE.reading(nothing)

    assert reading.confidence.tolist() == [0.0] * rows
    assert reading.sureness().tolist() == [1.0] * rows
    assert MEASURE.labels(nothing) == [[]] * rows
    assert MEASURE.hits(nothing, [[CAT]] * rows).tolist() == [0.0] * rows
    assert MEASURE.log_scores(nothing, [[CAT]] * rows).shape == (rows,)

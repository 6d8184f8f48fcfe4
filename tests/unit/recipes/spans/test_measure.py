"""How spans are compared: by exact spans, and by the probabilities of words' tags."""

from itertools import product

import numpy as np
import pytest

from labelloop.recipes.spans.marked import tags_of
from labelloop.recipes.spans.measure import MEASURE
from labelloop.recipes.spans.said import KEPT, Said, kept_of, runs_of, said_of

NAMES = ("Person", "Place")
PLACES = [[0, 3], [4, 12], [13, 16], [17, 21]]
TRUTH = [[0, 12, "Person"], [17, 21, "Place"]]
PATH = [1, 2, 0, 3]


def told(*paths, sure=0.9, names=NAMES, places=PLACES):
    """Return answers that say these tags of four words, as surely."""
    tags = 1 + 2 * len(names)
    rows = np.full((sum(map(len, paths)), tags), (1 - sure) / (tags - 1))
    flat = np.array([tag for path in paths for tag in path], np.int64)
    rows[np.arange(len(flat)), flat] = sure
    starts = np.cumsum([0, *map(len, paths)])
    every = np.array(places * len(paths), np.int64).reshape(-1, 2)
    return Said(names, starts, every, flat, *kept_of(rows)).answers()


def test_an_answer_is_as_right_as_its_exact_spans():
    answers = told(PATH, [1, 2, 0, 1], [1, 0, 0, 3], [0, 0, 0, 0])

    assert MEASURE.hits(answers, [TRUTH] * 4) == pytest.approx([1, 0.5, 0.5, 0])


def test_nothing_is_right_where_there_is_nothing():
    assert MEASURE.hits(told([0] * 4, PATH), [[], []]).tolist() == [1, 0]


def test_blanks_at_the_ends_of_a_span_do_not_matter_but_cut_words_do():
    blanks, cut = [[0, 13, "Person"], [16, 99, "Place"]], [[0, 9, "Person"], [17, 21, "Place"]]

    assert MEASURE.hits(told(PATH, PATH), [blanks, cut]) == pytest.approx([1, 0.5])


def test_labels_are_the_spans_that_are_said():
    assert MEASURE.labels(told(PATH, [3, 3, 4, 0])) == [
        TRUTH,
        [[0, 3, "Place"], [4, 16, "Place"]],
    ]


def test_a_further_tag_without_a_first_one_starts_a_span():
    assert runs_of([2, 2, 4, 0, 3]) == [(0, 2, 0), (2, 3, 1), (4, 5, 1)]


def test_of_spans_that_overlap_the_longest_is_learnt_and_all_count():
    nested = [[0, 3, "Place"], [0, 12, "Person"]]

    assert tags_of(nested, np.array(PLACES), NAMES).tolist() == [1, 2, 0, 0]
    assert MEASURE.hits(told([1, 2, 0, 0]), [nested]) == pytest.approx([2 / 3])


def test_of_two_types_of_a_span_the_first_of_the_names_is_learnt():
    both = [[0, 3, "Place"], [0, 3, "Person"], [4, 5, "Virus"]]

    assert tags_of(both, np.array(PLACES), NAMES).tolist() == [1, 0, 0, 0]


def one_word(*likely):
    """Return an answer about a text of one word, by the probability of each tag."""
    rows = np.array([likely])
    return Said(
        NAMES, np.array([0, 1]), np.array([[0, 3]]), np.zeros(1, np.int64), *kept_of(rows)
    ).answers()


LABELS = [[], [[0, 3, "Person"]], [[0, 3, "Place"]]]  # of one word


@pytest.mark.parametrize("true", [(0.5, 0.3, 0.2), (0.9, 0.04, 0.06), (0.2, 0.1, 0.7)])
def test_true_probabilities_score_best(true):
    def mean_score(none, person, place):
        answers = one_word(none, person, 0.0, place, 0.0)
        return np.dot(true, [MEASURE.log_scores(answers, [label])[0] for label in LABELS])

    for other in product((0.05, 0.2, 0.4, 0.6, 0.85), repeat=2):
        none, person = other
        if none + person <= 1:
            assert mean_score(*true) >= mean_score(none, person, 1 - none - person) - 1e-3


def test_the_expected_score_is_the_mean_over_labels_that_are_drawn_by_the_answers():
    answers = one_word(0.7, 0.2, 0.0, 0.1, 0.0)
    scores = [MEASURE.log_scores(answers, [label])[0] for label in LABELS]

    expected = MEASURE.expected(answers).log_score[0]

    assert expected == pytest.approx(np.dot(scores, [0.7, 0.2, 0.1]), abs=0.08)  # a floor of 1 %


def test_confidence_grows_with_how_sure_words_are():
    confidence = [MEASURE.reading(told(PATH, sure=sure)).confidence[0] for sure in (0.4, 0.7, 0.99)]

    assert confidence == sorted(confidence)
    assert confidence[-1] > 0.9
    assert MEASURE.reading(told([0] * 4, sure=0.99)).confidence[0] > 0.9


def test_sureness_does_not_depend_on_the_length():
    short = MEASURE.reading(told([1, 0], places=PLACES[:2])).sureness()
    long_ = MEASURE.reading(told(PATH)).sureness()

    assert short == pytest.approx(long_)
    assert MEASURE.reading(told(PATH)).sureness("least_confidence") == pytest.approx([0.9])


def test_what_is_not_offered_any_more_is_in_no_span():
    answers = told(PATH)

    without = MEASURE.aligned(answers, ["Place", "Company"])

    assert MEASURE.labels(without) == [[[17, 21, "Place"]]]
    assert said_of(without).tags.max() <= 4
    assert MEASURE.labels(MEASURE.aligned(without, NAMES)) == [[[17, 21, "Place"]]]


def test_aligned_probabilities_stay_with_their_types():
    answers = told(PATH)
    turned = MEASURE.aligned(answers, NAMES[::-1])

    assert MEASURE.log_scores(turned, [TRUTH]) == pytest.approx(
        MEASURE.log_scores(answers, [TRUTH])
    )
    assert MEASURE.labels(turned) == [TRUTH]


def test_too_sure_answers_are_flattened():
    wrong = told([1, 2, 0, 1], sure=0.99)

    (fair,) = MEASURE.fair(wrong, [TRUTH])

    assert MEASURE.log_scores(fair, [TRUTH]) > MEASURE.log_scores(wrong, [TRUTH])
    assert MEASURE.labels(fair) == MEASURE.labels(wrong)


def test_a_surer_answer_gains_where_it_differs():
    unsure, sure = told([0, 0, 0, 3], sure=0.4), told(PATH, sure=0.95)

    assert MEASURE.gain(unsure, sure)[0] > 0 > MEASURE.gain(sure, unsure)[0]
    assert MEASURE.gain(unsure, MEASURE.alike(NAMES, 1)).tolist() == [0]


def test_quality_is_told_by_type():
    quality = MEASURE.by_part(told(PATH, [1, 2, 0, 1]), [TRUTH, TRUTH])

    assert quality["Person"].precision.value == pytest.approx(2 / 3)
    assert quality["Place"].recall.value == 0.5
    assert quality["Place"].precision.rows == 1


def test_disagreement_is_what_spans_differ_in():
    assert MEASURE.disagreement([TRUTH, []], [TRUTH, []]) == 0
    assert MEASURE.disagreement([TRUTH], [TRUTH[:1]]) == pytest.approx(1 / 3)
    assert MEASURE.disagreement([[]], [[]]) == 0


def test_a_label_that_annotators_disagree_on_is_doubted():
    doubts = MEASURE.doubts(told(PATH, PATH), [TRUTH, TRUTH], [[TRUTH, []], [TRUTH]])

    assert [(one.row, one.instead, one.disagreed) for one in doubts] == [(0, [], True)]


def test_only_the_likeliest_tags_are_kept_and_the_rest_is_shared():
    names = tuple("abcdef")
    said = said_of(told([1, 2, 0, 3], names=names))

    assert said.tags.shape == (4, KEPT)
    total = said.kept().sum(axis=1) + (13 - KEPT) * said.rest()
    assert total == pytest.approx(np.ones(4))

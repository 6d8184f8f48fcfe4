"""How numbers are compared."""

import numpy as np
import pytest

from labelloop.recipes.numbers.measure import NumberMeasure, answers_of
from labelloop.recipes.numbers.scale import Scale

STARS = NumberMeasure(Scale(1.0, 5.0, 1.0))
PRICE = NumberMeasure(Scale(0.0, 1_000.0, 1.0))
ALL_STARS = [1, 2, 3, 4, 5]


def said(shares, spread=0.1):
    shares = np.asarray(shares, float)
    return answers_of(shares, np.full(len(shares), spread), ("1 to 5",))


def spreads(answers):
    return answers.columns.array("spread")


def likelihoods(share, spread):
    """Return the probability that an answer gives each number of stars."""
    answers = said([share] * 5, spread)
    return np.exp(STARS.log_scores(answers, ALL_STARS)) / 5


@pytest.mark.parametrize("spread", [1e-6, 0.02, 0.3, 1e3])
@pytest.mark.parametrize("share", [0.0, 0.12, 0.5, 1.0])
def test_scores_are_those_of_probabilities(share, spread):
    chances = likelihoods(share, spread)

    assert chances.sum() == pytest.approx(1)
    assert (chances >= 0.01 / 5 - 1e-9).all()


def test_no_answer_scores_higher_than_the_true_one():
    true = likelihoods(0.4, 0.2)
    others = [likelihoods(share, spread) for share in (0.2, 0.4, 0.6) for spread in (0.1, 0.2, 0.4)]

    own = true @ np.log(true)

    assert all(true @ np.log(other) <= own + 1e-12 for other in others)


def test_a_hit_is_how_close_the_shown_number_is():
    hits = STARS.hits(said([0.0, 0.1, 0.26, 1.0]), [1, 1, 4, 1])

    assert hits.tolist() == [1, 1, 0.5, 0]


def test_an_answer_expects_the_mean_of_its_hits_and_scores():
    answers = said([0.4], 0.2)
    chances = likelihoods(0.4, 0.2)
    of_all = said([0.4] * 5, 0.2)

    expected = STARS.expected(answers)

    scores = STARS.log_scores(of_all, ALL_STARS)
    assert expected.hits[0] == pytest.approx(chances @ STARS.hits(of_all, ALL_STARS))
    assert expected.log_score[0] == pytest.approx(chances @ scores)
    assert expected.variance[0] == pytest.approx(chances @ scores**2 - (chances @ scores) ** 2)
    assert STARS.reading(answers).confidence == pytest.approx(expected.hits)


def test_no_task_is_preferred_unless_a_strategy_asks_for_it():
    reading = PRICE.reading(said(np.linspace(0, 1, 1_000)))

    drawn = reading.sureness("typical_then_margin")

    assert (drawn == reading.sureness()).all()
    assert abs(np.corrcoef(drawn, np.linspace(0, 1, 1_000))[0, 1]) < 0.1
    assert drawn.mean() == pytest.approx(0.5, abs=0.05)
    assert (reading.sureness("least_confidence") == reading.confidence).all()


def test_large_pools_are_read_in_parts():
    shares = np.linspace(0, 1, 9_001)

    read = PRICE.reading(said(shares)).confidence

    assert read[5_000:5_003] == pytest.approx(PRICE.reading(said(shares[5_000:5_003])).confidence)


def test_answers_become_as_wide_as_their_errors():
    rng = np.random.default_rng(0)
    shares = rng.uniform(0.3, 0.7, 400)
    labels = np.clip(1_000 * (shares + rng.laplace(0, 0.1, 400)), 0, 1_000).tolist()

    narrow, other = PRICE.fair(said(shares, 0.03), labels, said([0.5], 0.01))
    wide, _ = PRICE.fair(said(shares, 0.3), labels, said([0.5]))

    factor = spreads(narrow)[0] / 0.03
    assert spreads(narrow)[0] == pytest.approx(0.1, rel=0.2)
    assert spreads(wide)[0] == pytest.approx(0.1, rel=0.2)
    assert spreads(other)[0] == pytest.approx(0.01 * factor)


def test_the_better_of_two_answers_gains():
    old, new = said([0.0, 0.5], 0.3), said([0.5, 0.5], 0.05)

    gained = STARS.gain(old, new)

    assert gained[0] > 0.1
    assert gained[1] == 0
    assert STARS.gain(new, old)[0] == pytest.approx(-gained[0])


def test_versions_disagree_by_what_chance_would_do():
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 1_000, (2, 2_000)).tolist()

    assert PRICE.disagreement(one, one) == 0
    assert PRICE.disagreement(one, other) == pytest.approx(1, abs=0.1)
    assert PRICE.disagreement(one, [value + 10 for value in one]) < 0.01
    assert PRICE.disagreement([5, 5], [5, 5]) == 0
    assert PRICE.disagreement([], []) == 0


def test_a_label_many_spreads_away_is_doubted():
    labels = [500, 900, 500, 100]
    votes = [[500], [900], [500, 100], [100]]

    found = PRICE.doubts(said([0.5, 0.5, 0.501, 0.1], 0.02), labels, votes)

    assert [(one.row, one.instead, one.disagreed) for one in found] == [
        (1, 500, False),
        (2, 501, True),
    ]
    assert found[0].doubt > 0.9 > 0.1 > found[1].doubt


def test_who_knows_nothing_scores_0():
    nothing = STARS.alike(("1 to 5",), 5)

    assert STARS.log_scores(nothing, ALL_STARS) == pytest.approx(0, abs=1e-3)
    assert np.float16(spreads(nothing)[0]) == spreads(nothing)[0]


def test_evidence_of_another_range_is_compared_all_the_same():
    aligned = STARS.aligned(said([0.5]), ())

    assert aligned.names == ()
    assert STARS.labels(aligned) == [3]
    assert STARS.by_part(aligned, [3]) == {}

"""Topics: words that go together mean the same, labelled or not."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer

from labelloop.recipes.text.known_terms import counts_of, known_terms
from labelloop.recipes.text.pooled_experts import PooledExperts
from labelloop.recipes.text.terms import bags_of
from labelloop.recipes.text.topics import TOPICS, topics_of
from tests.unit.recipes.text.examples import features_of, train

TERMS = 30  # of each group


def texts_about(group: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return counts of six terms a text, all of one group."""
    counts = np.zeros((count, 2 * TERMS), np.float32)
    for row in counts:
        row[group * TERMS + rng.permutation(TERMS)[:6]] = 1
    return counts


@pytest.mark.parametrize("seed", range(3))
def test_a_term_that_no_label_showed_is_known_by_its_company(seed):
    rng = np.random.default_rng(seed)
    pool, learnt, asked = (
        np.concatenate([texts_about(group, count, rng) for group in (0, 1)])
        for count in (300, 3, 100)
    )
    asked *= learnt.sum(axis=0) == 0
    model = PooledExperts().fit(
        (csr_matrix(learnt), None), ["a"] * 3 + ["b"] * 3, landmarks=(csr_matrix(pool), None)
    )

    p = model.predict_proba((csr_matrix(asked), None))[:, 0]

    assert (p[:100, None] > p[None, 100:]).mean() > 0.9


def test_the_graph_says_of_topics_what_scikit_learn_does():
    learnt, pool = features_of(["a b c", "d e f"] * 5), features_of(["a b g", "d e h"] * 50)

    trained = train(learnt, ["x", "y"] * 5, landmarks=pool)

    assert trained.facts["largest_difference"] < 1e-5
    assert trained.facts["sharpness"].keys() == {"bag", "topic"}


def test_topics_tell_groups_of_terms_apart():
    rows = csr_matrix(np.repeat([[1, 1, 0, 0], [0, 0, 1, 1]], [5, 3], axis=0).astype(np.float32))

    topics = topics_of(rows)

    assert topics.shape == (4, 2)  # as many as there are
    assert topics[0] == pytest.approx(topics[1], abs=1e-6)
    assert np.abs(topics[:, -1]).argmax() < 2  # the strongest last


def test_there_are_never_more_topics_than_asked_for():
    rows = csr_matrix(np.random.default_rng(0).random((200, 150)).astype(np.float32))

    assert topics_of(rows).shape == (150, TOPICS)


@pytest.mark.parametrize("texts", [5, 500])
def test_texts_without_terms_have_no_topics(texts):
    assert topics_of(csr_matrix((texts, 3), dtype=np.float32)).shape == (3, 0)


@pytest.mark.parametrize("different", [1, 3, 500])
def test_texts_that_are_all_alike_or_share_nothing_have_topics_too(different):
    rows = csr_matrix(np.eye(different, dtype=np.float32)[np.arange(500) % different])

    topics = topics_of(rows)

    assert topics.shape == (different, min(different, TOPICS))
    assert topics.T @ topics == pytest.approx(np.eye(topics.shape[1]), abs=1e-6)


def test_topics_of_many_texts_are_the_strongest_directions():
    """The singular value decomposition says which these are."""
    rows = np.random.default_rng(0).random((300, 80)).astype(np.float32) ** 4
    strongest = np.linalg.svd(rows)[2][:TOPICS]

    topics = topics_of(csr_matrix(rows))

    assert topics @ topics.T == pytest.approx(strongest.T @ strongest, abs=1e-4)


def test_the_pool_takes_at_most_half_of_the_room_for_terms():
    learnt, pool = bags_of(["a b c d e f g h"]), features_of(["q r s t u v w x"])

    terms = known_terms(learnt, pool, 3, coefficients=60)

    assert len(terms) == 20
    assert np.isin(terms, learnt.ids).sum() == np.isin(terms, pool.bags.ids).sum() == 10


def test_texts_from_a_template_have_topics_too():
    bags = bags_of([f"word{number} film" for number in range(1_000)])
    terms = known_terms(bags, None, 2)
    counts = counts_of(bags, terms)

    topics = topics_of(TfidfTransformer(sublinear_tf=True).fit_transform(counts))

    assert topics.shape == (len(terms), TOPICS)
    assert np.isfinite(topics).all()

"""Fitting a model: out of fold, landmarks, names, few and many examples."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.fitted_model import FittedModel, ModelLimits
from labelloop.recipes.text.onnx_model import OnnxModel
from labelloop.recipes.text.pooled_experts import smoothing_by
from labelloop.recipes.text.ridge import Goal, Ridge, RidgeLimits
from labelloop.recipes.text.terms import bags_of
from labelloop.recipes.text_choices.measure import MEASURE, codes_of
from tests.multilingual import scripts_texts
from tests.unit.recipes.text.examples import (
    features_of,
    labels_for,
    out_of_fold,
    said_by,
    train,
)


def test_what_is_said_out_of_fold_does_not_know_the_answer():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefghij"), 5)) for _ in range(300)]
    labels = [str(i) for i in rng.integers(0, 2, 300)]

    trained = train(features_of(texts), labels)

    guessed = MEASURE.labels(trained.out_of_fold)
    assert np.mean(np.array(guessed) == labels) < 0.6


def test_what_is_said_out_of_fold_is_right_where_labels_can_be_learnt():
    texts = [f"{'good' if i % 2 else 'bad'} film {i}" for i in range(40)]
    labels = ["p" if i % 2 else "n" for i in range(40)]
    labels[7] = "n"

    trained = train(features_of(texts), labels)

    doubted = out_of_fold(trained)[np.arange(40), codes_of(labels, trained.out_of_fold.names)]
    assert doubted.argmin() == 7
    assert out_of_fold(trained).sum(axis=1) == pytest.approx(np.ones(40), abs=1e-5)


def test_many_examples_are_learnt_as_few_are():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefghij"), 6)) for _ in range(150)]
    labels = ["with" if "a" in text else "without" for text in texts]
    features = features_of(texts, 6)
    few = ModelLimits(ridge=RidgeLimits(dual_rows=10))

    exact, primal = train(features, labels), train(features, labels, limits=few)

    for_both = [OnnxModel(one.artefact).predict_proba(features) for one in (exact, primal)]
    assert np.abs(for_both[0] - for_both[1]).mean() < 0.05
    assert np.abs(out_of_fold(exact) - out_of_fold(primal)).mean() < 0.1


def test_examples_are_learnt_alike_in_parts_and_at_once():
    rng = np.random.default_rng(0)
    rows, codes = csr_matrix(rng.poisson(0.3, (150, 40)).astype(np.float32)), np.arange(150) % 3
    limits = RidgeLimits(dual_rows=10), RidgeLimits(dual_rows=10, rows_at_once=32)

    at_once, in_parts = (Ridge(rows, each).fit(Goal(np.eye(3)[codes], 1.0), 1.0) for each in limits)

    assert in_parts.coefficients == pytest.approx(at_once.coefficients, abs=1e-5)
    assert in_parts.out_of_fold == pytest.approx(at_once.out_of_fold, abs=1e-5)


def test_landmarks_lend_a_text_what_is_said_of_its_neighbours():
    texts = ["good", "bad", "fine", "poor", "good fine", "bad poor"]
    near = np.repeat(np.eye(2, 8, dtype=np.float32), 3, axis=0)[[0, 3, 1, 4, 2, 5]]
    learnt = Features(bags_of(texts[:2]), near[:2])
    landmarks = Features(bags_of(texts), near)

    trained = train(learnt, ["p", "n"], landmarks=landmarks)

    unknown = Features(bags_of(["zzz", "yyy"]), near[:2])
    with_, without = (
        OnnxModel(one.artefact).predict_proba(unknown)
        for one in (trained, train(learnt, ["p", "n"]))
    )
    assert trained.facts["landmarks"] == 6
    assert trained.facts["largest_difference"] < 1e-5
    assert np.abs(with_ - without).max() > 1e-4
    assert (with_.argmax(axis=1) == without.argmax(axis=1)).all()


def test_answers_are_smoothed_over_landmarks_with_vectors_only():
    features = features_of(["a b", "c d"])

    assert train(features, ["x", "y"], landmarks=features).facts["landmarks"] == 0


def test_vectors_that_mislead_count_less_and_neighbours_by_them_too():
    """Terms tell the classes, but for wrong labels; each vector is that of texts of both."""
    rng, codes = np.random.default_rng(5), np.arange(200) % 2
    kinds = ["good fine glad kind", "bad poor sad mean"]
    texts = [" ".join(rng.choice(kinds[code].split(), 2)) for code in codes]
    vectors = np.repeat(rng.standard_normal((100, 64)), 2, axis=0).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pool = Features(bags_of(texts), vectors)
    labels = np.where(rng.random(200) < 0.15, 1 - codes, codes).astype(str).tolist()

    fitted = FittedModel(pool.take(range(26)), labels[:26], pool)

    assert fitted.model.sharpness_["vector"] < 2  # of 6
    assert fitted.model.smoothing_ < 0.1
    assert fitted.packed().facts["largest_difference"] < 1e-5


@pytest.mark.parametrize(
    ("sharpness", "smoothing"),
    [({"vector": 9.0}, 0.3), ({"vector": 3.0}, 0.15), ({"vector": 0.1}, 0.0), ({"bag": 6.0}, 0.0)],
)
def test_neighbours_count_as_the_vectors_do(sharpness, smoothing):
    assert smoothing_by(sharpness) == pytest.approx(smoothing)


NAMES = dict(zip(("m", "n", "p"), np.eye(3, 8, dtype=np.float32), strict=True))


def test_a_class_without_an_example_is_known_by_its_name():
    learnt = Features(bags_of(["good", "bad"]), np.eye(2, 8, dtype=np.float32))

    trained = train(learnt, ["m", "n"], names=NAMES)

    unknown = Features(bags_of(["zzz"] * 3), np.eye(3, 8, dtype=np.float32))
    assert trained.out_of_fold.names == ("m", "n", "p")
    assert said_by(trained, unknown) == ["m", "n", "p"]
    assert trained.facts["largest_difference"] < 1e-5
    assert out_of_fold(trained).shape == (2, 3)


def test_labels_overrule_names_that_mislead():
    """Each class's name means another one."""
    rng, codes = np.random.default_rng(3), np.arange(60) % 3
    vectors = np.eye(3, 8)[codes] + 0.1 * rng.normal(size=(60, 8))
    features = Features(bags_of([""] * 60), vectors.astype(np.float32))
    labels = [("m", "n", "p")[(code + 1) % 3] for code in codes]

    trained = train(features, labels, names=NAMES)

    assert said_by(trained, features) == labels
    assert trained.facts["sharpness"]["name"] < 12  # as much as before anything was known


def test_a_name_that_is_near_all_texts_is_not_everybodys_class():
    """Texts share a direction, and the name of one class points there."""
    shared, own = np.eye(8)[7], np.eye(3, 8)
    vectors = own[np.arange(30) % 3] + 2 * shared
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    named = own + shared * np.array([[0], [0], [3]])
    named /= np.linalg.norm(named, axis=1, keepdims=True)
    names = dict(zip(("m", "n", "p"), named.astype(np.float32), strict=True))
    pool = Features(bags_of([""] * 30), vectors)

    trained = train(pool.take([0, 1]), ["m", "n"], landmarks=pool, names=names)

    assert said_by(trained, pool.take([0, 1, 2])) == ["m", "n", "p"]
    assert trained.facts["largest_difference"] < 1e-5


def test_penalties_are_the_usual_ones_unless_others_pay():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefghij"), 5)) for _ in range(120)]
    guessed = [str(i) for i in rng.integers(0, 2, 120)]

    assert train(features_of(texts[:20]), guessed[:20]).facts["choices"] == {
        "bag": 0.3,
        "vector": 3.0,
        "balance": 1.0,
    }


def test_a_head_that_is_mostly_noise_is_penalised_more():
    """One number of many tells the class, and every fifth label is wrong."""
    rng, codes = np.random.default_rng(1), np.arange(200) % 2
    vectors = rng.standard_normal((200, 300))
    vectors[:, 0] += 1.5 * (2 * codes - 1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    features = Features(bags_of([""] * 200), vectors.astype(np.float32))
    labels = np.where(rng.random(200) < 0.2, 1 - codes, codes).astype(str).tolist()

    assert train(features, labels).facts["choices"]["vector"] == 10.0


def test_names_say_nothing_of_texts_without_vectors():
    features = features_of(["a b", "c d"])

    assert train(features, ["m", "n"], names={}).out_of_fold.names == ("m", "n")


def test_one_example_of_each_class_is_enough_for_a_model():
    texts = [f"topic{i} word{i} thing" for i in range(77)]
    labels = [f"class {i:02}" for i in range(77)]

    trained = train(features_of(texts, 6), labels)

    assert said_by(trained, features_of(texts, 6)) == labels
    assert np.isnan(out_of_fold(trained)).all()


def test_an_example_that_is_alone_of_its_class_has_no_answer_out_of_fold():
    texts = ["a b", "a c", "d e", "d f", "g"]

    rows = out_of_fold(train(features_of(texts), ["x", "x", "y", "y", "z"]))

    assert np.isnan(rows).any(axis=1).tolist() == [False, False, False, False, True]


def test_many_classes_leave_room_for_fewer_terms():
    few = ModelLimits(coefficients=30)

    trained = train(features_of(["a b c", "d e f", "g h i"]), ["x", "y", "z"], limits=few)

    assert trained.facts["terms"] == 10


def test_words_of_the_pool_do_not_stand_in_for_those_of_the_labelled_texts():
    with pytest.raises(Unprocessable, match="no words"):
        train(features_of(["", ""]), ["x", "y"], landmarks=features_of(["a b", "c d"]))


def test_texts_without_words_cannot_be_learnt_unless_they_have_vectors():
    with pytest.raises(Unprocessable):
        train(features_of(["", " "]), ["x", "y"])

    assert train(features_of(["", " "], 6), ["x", "y"]).out_of_fold.names == ("x", "y")


def test_training_is_deterministic():
    texts = scripts_texts(100)
    labels = labels_for(texts, 3)

    first, second = (train(features_of(texts, 6), labels) for _ in range(2))

    assert first.artefact == second.artefact


def test_a_graph_that_answers_otherwise_than_scikit_learn_is_not_let_through():
    strict = ModelLimits(tolerance=-1.0)

    with pytest.raises(BadModel, match="off"):
        train(features_of(["a b", "c d"]), ["x", "y"], limits=strict)


def test_an_example_may_be_of_several_classes_in_equal_shares():
    texts = ["red apple", "green apple", "red car", "green car", "apple", "car"] * 4
    labels = [["fruit", "red"], "fruit", ["red"], "car", "fruit", ["car"]] * 4

    trained = train(features_of(texts), labels)
    found = OnnxModel(trained.artefact).predict_proba(features_of(["red apple", "green car"]))

    assert trained.out_of_fold.names == ("car", "fruit", "red")
    assert found[0].argmin() == 0
    assert found[1].argmax() == 0


def test_an_example_with_a_class_of_its_own_has_no_answer_out_of_fold():
    texts = ["red apple", "green apple", "red car", "green car"] * 3
    labels = [["fruit", "only here"], *["fruit", "car", "car", "fruit"] * 2, "fruit", "car", "car"]

    has_answer = np.isfinite(out_of_fold(train(features_of(texts), labels))).all(axis=1)

    assert has_answer.tolist() == [False] + [True] * 11


def test_an_artefact_holds_what_a_recipe_adds():
    texts = ["red apple", "green car"] * 3
    trained = train(features_of(texts), ["a", "b"] * 3, more={"usual": 1.5})

    assert OnnxModel(trained.artefact).metadata["usual"] == 1.5

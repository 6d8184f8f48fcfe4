"""scikit-learn's classifiers as recipes: what is stored answers as what was trained."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from labelloop.errors import BadModel
from labelloop.recipes.classifier.fitted import FittedClassifier
from labelloop.recipes.classifier.seen import matrix_of
from labelloop.recipes.classifier.stored import StoredClassifier
from labelloop.recipes.text import seen
from labelloop.recipes.text.probabilities import probabilities_of
from labelloop.recipes.tools import Toolbox

WIDTH = 256
LABELS = ["good", "bad", "odd"] * 20
TEXTS = [f"a {label} film about number {number}" for number, label in enumerate(LABELS)]
CLASSIFIERS = {
    "logistic regression": lambda: LogisticRegression(C=10),
    "trees": lambda: ExtraTreesClassifier(40, random_state=0),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=10, random_state=0),
    "neighbours": lambda: KNeighborsClassifier(3),
    "a network": lambda: MLPClassifier((16,), solver="lbfgs", random_state=0),
    "a pipeline": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "Gauss": lambda: GaussianNB(),
}


def features_of(texts):
    return seen.features(texts, Toolbox())


def fitted(make, labels=LABELS, texts=TEXTS):
    return FittedClassifier(make, labels, features_of(texts), WIDTH, "")


@pytest.mark.parametrize("make", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_what_is_stored_answers_as_scikit_learn_does(make):
    rows = matrix_of(features_of(TEXTS), WIDTH)
    names, codes = np.unique(LABELS, return_inverse=True)
    new = features_of(["a good film", "a bad film, number 7", "odd number 8"])

    trained = fitted(make).packed()
    answers = StoredClassifier(trained.artefact).answer(new)

    expected = make().fit(rows, codes).predict_proba(matrix_of(new, WIDTH))
    assert answers.names == tuple(names)
    assert probabilities_of(answers) == pytest.approx(expected, abs=0.002)
    assert probabilities_of(trained.out_of_fold).sum(axis=1) == pytest.approx(np.ones(60))


def test_a_class_with_one_example_is_learnt_like_others():
    trained = fitted(CLASSIFIERS["trees"], ["rare", *LABELS], ["a rare thing", *TEXTS]).packed()

    made = probabilities_of(trained.out_of_fold)
    assert made.shape == (61, 4)
    assert made[0, 3] == 0  # the model of the other folds has not seen it
    assert np.isfinite(made).all()


def test_one_label_of_each_of_two_classes_is_enough():
    trained = fitted(CLASSIFIERS["logistic regression"], LABELS[:2], TEXTS[:2]).packed()

    assert probabilities_of(trained.out_of_fold).tolist() == [[1, 0], [0, 1]]


class Otherwise(LogisticRegression):  # type: ignore[misc] # scikit-learn has no types
    """Answers otherwise than what skl2onnx makes of it."""

    def predict_proba(self, rows):
        return super().predict_proba(rows)[:, ::-1]


def test_a_classifier_that_answers_otherwise_in_onnx_is_refused():
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
    from skl2onnx.operator_converters.linear_classifier import convert_sklearn_linear_classifier

    update_registered_converter(
        Otherwise,
        "Otherwise",
        calculate_linear_classifier_output_shapes,
        convert_sklearn_linear_classifier,
        options={"zipmap": [True, False], "nocl": [True, False], "raw_scores": [False]},
    )

    with pytest.raises(BadModel, match="apart in the mean"):
        fitted(lambda: Otherwise(C=100))

"""Beside an encoder that was tuned to labels: these are learnt from, and are no evidence."""

import random

import numpy as np
import pytest

from labelloop.recipes import control_of
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.fitted_model import FittedModel
from labelloop.recipes.text.terms import bags_of
from labelloop.recipes.tuned_to import are_tuned, marked
from tests.builders import label_config
from tests.tuned_encoder import TunedEncoder
from tests.unit.recipes.text.examples import out_of_fold, train

TUNED, NEW, HELD_OUT = 120, 60, 400


def texts_and_sides(count: int) -> dict[str, int]:
    draw = random.Random(0)
    texts = ["".join(draw.choices("abcdefghij", k=12)) for _ in range(count)]
    return {text: draw.choice((-1, 1)) for text in texts}


SIDES = texts_and_sides(TUNED + NEW + HELD_OUT)
TEXTS = list(SIDES)
LABELS = ["Positive" if side > 0 else "Negative" for side in SIDES.values()]
ENCODER = TunedEncoder(SIDES, TEXTS[:TUNED])


def seen(first: int, last: int, says_so: bool = True) -> Features:
    tuned = np.arange(first, last) < TUNED
    texts = TEXTS[first:last]
    return Features(bags_of(texts), ENCODER.encode(texts), tuned if says_so else None)


def fitted(labels: int, says_so: bool = True) -> FittedModel:
    return FittedModel(seen(0, labels, says_so), LABELS[:labels])


def right_and_sure(model: FittedModel) -> tuple[float, float]:
    """Return how many held-out texts are right, and how sure the model is of them."""
    probabilities = model.predict_proba(seen(TUNED + NEW, len(TEXTS)))
    said = np.array(model.names)[probabilities.argmax(axis=1)]
    return float((said == LABELS[TUNED + NEW :]).mean()), float(probabilities.max(axis=1).mean())


def test_there_is_no_answer_out_of_fold_for_what_the_encoder_knows():
    rows = out_of_fold(fitted(TUNED + NEW).packed())

    assert np.isnan(rows).any(axis=1).tolist() == [True] * TUNED + [False] * NEW


def test_answers_out_of_fold_are_as_often_right_as_those_for_new_texts():
    right, _ = right_and_sure(fitted(TUNED + NEW))
    by_all, by_new = (fitted(TUNED + NEW, says_so) for says_so in (False, True))

    shares = []
    for model in (by_all, by_new):
        rows = out_of_fold(model.packed())
        known = np.isfinite(rows).all(axis=1)
        said = np.array(model.names)[rows[known].argmax(axis=1)]
        shares.append(float((said == np.array(LABELS[: len(rows)])[known]).mean()))

    assert shares[0] > right + 0.15  # what the encoder's own labels make of it
    assert shares[1] == pytest.approx(right, abs=0.12)  # 60 labels: two standard errors


@pytest.mark.parametrize("labels", [TUNED, TUNED + NEW])
def test_a_model_is_no_surer_than_it_is_right_and_as_often_right_as_before(labels):
    right, sure = right_and_sure(fitted(labels))
    right_before, sure_before = right_and_sure(fitted(labels, says_so=False))

    assert sure_before > right_before + 0.1
    assert sure < right + 0.7 * (sure_before - right_before)
    assert right > right_before - 0.02


def test_what_vectors_add_is_measured_on_the_others():
    assert fitted(TUNED + NEW).packed().facts["vectors_add"]["rows"] == NEW
    assert "vectors_add" not in fitted(TUNED).packed().facts


def test_penalties_are_chosen_by_the_others_alone():
    assert (
        fitted(TUNED).model.hyperparameters_
        == FittedModel(seen(0, 4), ["Positive", "Negative"] * 2).model.hyperparameters_
    )


def test_an_encoder_tuned_to_other_texts_changes_nothing():
    texts = TEXTS[TUNED : TUNED + NEW]
    plain = Features(bags_of(texts), ENCODER.encode(texts))
    told = Features(plain.bags, plain.vectors, np.zeros(NEW, np.bool_))

    one, other = (train(each, LABELS[TUNED : TUNED + NEW]) for each in (plain, told))

    assert one.artefact == other.artefact
    assert (out_of_fold(one) == out_of_fold(other)).all()


TREE = (
    '<View><Text name="text" value="$text"/><Taxonomy name="kind" toName="text">'
    '<Choice value="Positive"/><Choice value="Negative"/></Taxonomy></View>'
)


@pytest.mark.parametrize(
    ("config", "labels"),
    [
        (label_config(), LABELS),
        (TREE, [[[label]] for label in LABELS]),
    ],
    ids=["one choice", "a taxonomy"],
)
def test_every_kind_that_shares_the_experts_is_less_sure_of_new_texts(config, labels):
    control, count = control_of(config), TUNED + NEW
    tools = ENCODER.tools()
    known, asked = TEXTS[:count], TEXTS[count:]
    features = control.features(known, tools)
    tuned = are_tuned(known, tools.tuned_to())

    sure = {}
    for says_so in (False, True):
        given = marked(features, tuned) if says_so else features
        model = control.fit(labels[:count], given, None, tools)
        answers = model.answer(control.features(asked, tools))
        sure[says_so] = float(control.measure.reading(answers).confidence.mean())
        assert model.packed().artefact

    assert tuned.sum() == TUNED
    assert sure[True] < sure[False] - 0.02

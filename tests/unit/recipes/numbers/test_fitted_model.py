"""Fitting a model of numbers, and what is stored of it."""

import io

import numpy as np
import pytest

from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.numbers.cells import CELLS, cells_of
from labelloop.recipes.numbers.design import Design
from labelloop.recipes.numbers.experts import stacked
from labelloop.recipes.numbers.fitted_model import FittedModel
from labelloop.recipes.numbers.model import NumberModel
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.ridge import RidgeLimits
from labelloop.recipes.text.terms import bags_of

WORDS = {0.0: "awful", 0.25: "poor", 0.5: "plain", 0.75: "nice", 1.0: "superb"}
SHARES = [number % 5 / 4 for number in range(60)]
TEXTS = [f"a {WORDS[share]} stay, said guest {row}" for row, share in enumerate(SHARES)]


def features_of(texts, dimensions=0) -> Features:
    bags = bags_of(texts)
    if not dimensions:
        return Features(bags)
    vectors = np.random.default_rng(3).standard_normal((len(texts), dimensions))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return Features(bags, unit.astype(np.float32))


def fitted(features, shares=SHARES, landmarks=None, tools=None) -> FittedModel:
    around = landmarks and landmarks.columns()
    return FittedModel(features.columns(), shares, around, tools, ("1 to 5",), {})


def shares_of(answers):
    return answers.columns.array("share")


def explained(said, shares) -> float:
    return 1 - np.mean((said - np.array(shares)) ** 2) / np.var(shares)


def test_words_are_learnt_out_of_fold_too():
    trained = fitted(features_of(TEXTS)).packed()

    out_of_fold = shares_of(trained.out_of_fold)
    assert explained(out_of_fold, SHARES) > 0.9
    assert trained.facts["r2"] == pytest.approx(explained(out_of_fold, SHARES), abs=1e-3)
    assert trained.out_of_fold.names == ("1 to 5",)


def test_what_cannot_be_learnt_is_the_mean_with_its_spread():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), 5)) for _ in range(300)]
    shares = rng.random(300)

    trained = fitted(features_of(texts), shares.tolist()).packed()

    assert -0.1 < trained.facts["r2"] < 0.05
    assert trained.facts["spread"] == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("dimensions", [0, 12])
def test_the_artefact_answers_as_the_fit_does(dimensions):
    features = features_of(TEXTS, dimensions)
    made = fitted(features, landmarks=features)

    loaded = NumberModel.load(made.packed().artefact)

    assert loaded.needs == made.needs == (("bags", "vectors") if dimensions else ("bags",))
    shares = loaded.shares(features.columns())
    assert shares == pytest.approx(shares_of(made.answer(features.columns())), abs=1e-5)
    assert explained(shares, SHARES) > 0.9


def test_an_artefact_that_answers_differently_is_not_stored(monkeypatch):
    made = fitted(features_of(TEXTS))
    monkeypatch.setattr(NumberModel, "shares", lambda self, features: np.zeros(len(features)))

    with pytest.raises(BadModel, match="up to 1"):
        made.packed()


def test_many_examples_are_learnt_as_few_are():
    design = Design.of(features_of(TEXTS).columns(), None, None)
    numbers = np.array(SHARES)

    few = stacked(design.inputs, numbers)
    many = stacked(design.inputs, numbers, RidgeLimits(dual_rows=20))

    assert explained(many.out_of_fold, SHARES) == pytest.approx(
        explained(few.out_of_fold, SHARES), abs=0.1
    )


def test_three_labels_make_a_model():
    trained = fitted(features_of(TEXTS[:3]), SHARES[:3]).packed()

    assert trained.out_of_fold.columns.are_finite().all()
    assert NumberModel.load(trained.artefact).spread > 0.05  # three labels show little


def test_what_grows_with_a_number_of_a_table_is_learnt_by_it():
    rng = np.random.default_rng(0)
    ages = rng.integers(20, 90, 60)
    texts = [f"name: {row}\nage: {age}" for row, age in enumerate(ages)]
    features = features_of(texts).columns()
    seen = Columns(len(texts), {**features.blocks, CELLS: cells_of(texts)})

    made = FittedModel(seen, ((ages - 20) / 70).tolist(), None, None, ("0 to 9",), {})

    assert made.packed().facts["r2"] > 0.95
    loaded = NumberModel.load(made.packed().artefact)
    assert loaded.needs == ("bags", "cells")
    assert loaded.shares(seen) == pytest.approx((ages - 20) / 70, abs=0.1)


def test_texts_without_words_are_nothing_to_see():
    with pytest.raises(Unprocessable, match="no words"):
        fitted(features_of(["", " ", ""]), [0.0, 0.5, 1.0])


def test_a_text_of_unknown_words_gets_a_number_all_the_same():
    made = fitted(features_of(TEXTS))

    said = shares_of(made.answer(features_of(["", "xyzzy"]).columns()))

    assert np.isfinite(said).all()
    assert said[0] == pytest.approx(np.mean(SHARES), abs=0.2)


def test_a_model_of_vectors_wants_them():
    made = fitted(features_of(TEXTS, 12))

    for features in (features_of(TEXTS), features_of(TEXTS, 5)):
        with pytest.raises(BadModel, match="vectors of 12"):
            made.answer(features.columns())


def _changed(**changes) -> bytes:
    arrays = dict(np.load(io.BytesIO(fitted(features_of(TEXTS)).packed().artefact)))
    body = io.BytesIO()
    np.savez_compressed(body, **arrays | changes)
    return body.getvalue()


@pytest.mark.parametrize(
    "changes",
    [
        {"of_term": np.full(3, np.nan, np.float32)},
        {"of_term": np.zeros(3, np.float32)},
        {"centre": np.zeros(3, np.float32)},
        {"rarity": np.zeros((2, 2), np.float32)},
        {"facts": np.frombuffer(b'{"format": 99}', np.uint8)},
        {"facts": np.frombuffer(b"[]", np.uint8)},
        {"terms": np.array([object()], object)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_an_artefact_whose_arrays_do_not_fit_is_refused(changes):
    with pytest.raises(BadModel):
        NumberModel.load(_changed(**changes))


def test_an_artefact_that_fits_is_taken():
    assert NumberModel.load(_changed()).names == ("1 to 5",)

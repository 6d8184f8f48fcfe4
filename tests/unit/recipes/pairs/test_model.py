"""Models of pairs: fitted, stored and loaded."""

import numpy as np
import pytest

from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes import control_of
from labelloop.recipes.text.probabilities import probabilities_of
from labelloop.recipes.text_choices.measure import MEASURE
from labelloop.recipes.tools import Toolbox
from tests.kinds.pairs import EXAMPLE
from tests.tiny_encoder import CountingEncoder

CONTROL = control_of(EXAMPLE.config)
INPUTS = [CONTROL.input_of(data) for data in EXAMPLE.tasks]
LABELS = [str(CONTROL.label_of(result)) for result in EXAMPLE.results]
TURNED = [{**one, "texts": one["texts"][::-1]} for one in INPUTS if one]


@pytest.fixture(params=[Toolbox(), Toolbox(CountingEncoder.name, CountingEncoder)])
def tools(request):
    return request.param


def features(inputs, tools) -> Columns:
    return CONTROL.features(inputs, tools)


def test_swapping_the_texts_swaps_the_answer(tools):
    model = CONTROL.fit(LABELS, features(INPUTS, tools), tools=tools)

    straight, turned = (
        probabilities_of(model.answer(features(inputs, tools))) for inputs in (INPUTS, TURNED)
    )

    np.testing.assert_allclose(straight, turned[:, ::-1], atol=1e-6)


def test_where_the_preferred_text_stands_is_not_learnt(tools):
    other = {"left": "right", "right": "left"}
    seen = features(INPUTS, tools)
    one = CONTROL.fit(LABELS, seen, tools=tools)
    turned = CONTROL.fit([other[label] for label in LABELS], features(TURNED, tools), tools=tools)

    straight, other_way = (probabilities_of(model.answer(seen)) for model in (one, turned))
    np.testing.assert_allclose(straight, other_way, atol=1e-4)


def test_labels_of_one_side_teach_what_is_preferred(tools):
    rows = [row for row, label in enumerate(LABELS) if label == "left"]
    seen = features(INPUTS, tools)

    model = CONTROL.fit([LABELS[row] for row in rows], seen.take(rows), tools=tools)

    assert MEASURE.hits(model.answer(seen), LABELS).mean() > 0.9


def test_two_equal_texts_are_a_tie(tools):
    model = CONTROL.fit(LABELS, features(INPUTS, tools), tools=tools)
    same = [{"texts": ["the same", "the same"], "beside": ""}]

    np.testing.assert_array_equal(
        probabilities_of(model.answer(features(same, tools))), [[0.5, 0.5]]
    )


def test_two_labels_are_enough(tools):
    seen = features(INPUTS[:2], tools)

    trained = CONTROL.fit(LABELS[:2], seen, tools=tools).packed()

    assert trained.out_of_fold.columns.are_finite().all()


def test_the_longer_answer_can_be_what_people_prefer():
    inputs = [
        {"texts": ["x" * (1 + n % 7), "x" * (9 + n % 5)][:: 1 if n % 2 else -1], "beside": "?"}
        for n in range(40)
    ]
    labels = ["right" if n % 2 else "left" for n in range(40)]
    model = CONTROL.fit(labels, features(inputs, Toolbox()))

    assert MEASURE.hits(model.answer(features(inputs, Toolbox())), labels).mean() == 1


def test_texts_without_words_teach_nothing():
    blank = [{"texts": ["", " "], "beside": ""}] * 4

    with pytest.raises(Unprocessable, match="no words"):
        CONTROL.fit(["left"] * 4, features(blank, Toolbox()))


def test_a_model_that_wants_vectors_refuses_features_without():
    tools = Toolbox(CountingEncoder.name, CountingEncoder)
    artefact = CONTROL.fit(LABELS, features(INPUTS, tools), tools=tools).packed().artefact
    model = CONTROL.load(artefact)

    assert model.encoder == CountingEncoder.name
    with pytest.raises(BadModel, match="wants vectors"):
        model.answer(features(INPUTS, Toolbox()))


def test_a_model_without_vectors_asks_for_none():
    artefact = CONTROL.fit(LABELS, features(INPUTS, Toolbox())).packed().artefact
    model = CONTROL.load(artefact)
    encoder = CountingEncoder()
    tools = Toolbox(encoder.name, lambda: encoder)

    model.answer(CONTROL.features(INPUTS, tools, model.needs))

    assert model.encoder == ""
    assert not encoder.texts


def test_the_question_is_a_hint_before_the_labels():
    tools = Toolbox(CountingEncoder.name, CountingEncoder)
    silent = control_of(EXAMPLE.config.replace("more", "very"))
    seen = features(INPUTS, tools)

    with_hint, without = (
        control.fit(LABELS[:4], seen.take(range(4)), tools=tools) for control in (CONTROL, silent)
    )

    assert "anchor" in with_hint.packed().facts["sharpness"]
    assert "anchor" not in without.packed().facts["sharpness"]

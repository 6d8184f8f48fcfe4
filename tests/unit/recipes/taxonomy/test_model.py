"""Fitting paths, and loading what was fitted."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.taxonomy.paths import usual_of
from labelloop.recipes.text.probabilities import probabilities_of
from labelloop.recipes.text_choices.recipe import RECIPE as CHOICES
from labelloop.recipes.tools import Toolbox
from tests.tiny_encoder import CountingEncoder
from tests.unit.recipes.taxonomy.test_config import config, read
from tests.unit.recipes.text.examples import features_of, train

CONTROL = read(config())
HUMAN, ALIEN, BUG = ["Eukarya", "Human"], ["Eukarya", "Extraterrestial", "Grey"], ["Bacteria"]
TEXTS = [f"{what} number {n}" for n in range(8) for what in ("a man", "a flying saucer", "E. coli")]
LABELS: list[Any] = [[HUMAN], [ALIEN], [BUG]] * 8
TOOLS = Toolbox(CountingEncoder.name, CountingEncoder)


def seen(texts: list[str], tools: Toolbox | None = None) -> Any:
    return CONTROL.features(texts, tools or Toolbox())


def test_without_an_encoder_only_paths_that_were_chosen_are_known():
    model = CONTROL.fit(LABELS, seen(TEXTS))

    assert model.names == ("Bacteria", "Eukarya / Extraterrestial / Grey", "Eukarya / Human")


def test_with_an_encoder_all_leaves_are_known_and_others_if_somebody_chose_them():
    given = [*LABELS[:-1], [["Eukarya"]]]

    model = CONTROL.fit(given, seen(TEXTS, TOOLS), None, TOOLS)

    assert set(model.names) == set(CONTROL.offered) - {"Eukarya / Extraterrestial"}


def test_single_paths_are_predicted_singly():
    answers = CONTROL.fit(LABELS, seen(TEXTS)).answer(seen(["the man", "my saucer"]))

    assert usual_of(answers).tolist() == [1.0, 1.0]
    assert CONTROL.measure.labels(answers) == [[HUMAN], [ALIEN]]


def test_several_paths_are_predicted_where_texts_ask_for_several():
    texts = [*TEXTS, *(f"a man beside a flying saucer, number {n}" for n in range(8))]
    labels = [*LABELS, *[[HUMAN, ALIEN]] * 8]

    trained = CONTROL.fit(labels, seen(texts)).packed()
    answers = CONTROL.load(trained.artefact).answer(seen(["man and flying saucer", "E. coli"]))

    assert trained.facts["usual_paths"] == 1.25
    assert CONTROL.measure.labels(answers)[1] == [BUG]
    shares = dict(zip(answers.names, probabilities_of(answers)[0], strict=True))
    assert shares["Bacteria"] == min(shares.values())


def test_where_most_texts_have_two_paths_two_are_predicted():
    texts = [f"{one} and {two}, {n}" for n in range(12) for one, two in _PAIRS]
    labels = [sorted(map(list, pair)) for _ in range(12) for pair in _PAIRS.values()]

    answers = CONTROL.fit(labels, seen(texts)).answer(seen(["a man and E. coli"]))

    assert CONTROL.measure.labels(answers) == [[BUG, HUMAN]]


_PAIRS = {
    ("a man", "a saucer"): (HUMAN, ALIEN),
    ("a man", "E. coli"): (HUMAN, BUG),
    ("a saucer", "E. coli"): (ALIEN, BUG),
}


def test_the_names_of_leaves_and_of_whole_paths_both_count():
    asked: list[str] = []

    class Listening(Toolbox):
        def vectors(self, texts):
            asked.extend(texts)
            return super().vectors(texts)

    CONTROL.fit(LABELS, seen(TEXTS, TOOLS), None, Listening(TOOLS.encoder, CountingEncoder))

    assert {"oppossum", "eukarya oppossum", "grey", "eukarya extraterrestial grey"} <= set(asked)


def test_the_only_example_of_a_path_has_no_answer_out_of_fold():
    found = CONTROL.fit([[["Archaea"]], *LABELS[1:]], seen(TEXTS)).packed().out_of_fold

    assert found.columns.are_finite().tolist() == [False] + [True] * 23


def test_there_must_be_something_to_see():
    with pytest.raises(Unprocessable):
        CONTROL.fit(LABELS[:2], seen(["", ""]))


def test_a_model_of_choices_is_none_of_paths():
    choices = train(features_of(["good", "bad"] * 4), ["p", "n"] * 4).artefact

    assert CHOICES.load(choices).names == ("n", "p")
    with pytest.raises(BadModel, match="paths"):
        CONTROL.load(choices)


def test_a_model_that_lacks_its_vectors_says_so():
    fitted = CONTROL.fit(LABELS, seen(TEXTS, TOOLS), None, TOOLS)
    model = CONTROL.load(fitted.packed().artefact)

    assert set(model.needs) == {"bags", "vectors"}
    with pytest.raises(BadModel):
        model.answer(seen(["a man"]))


def test_one_label_of_each_of_two_paths_is_enough():
    answers = CONTROL.fit([[HUMAN], [BUG]], seen(["a man", "E. coli"])).answer(seen(["man"]))

    assert np.isfinite(probabilities_of(answers)).all()


def test_serving_takes_neither_scipy_nor_scikit_learn():
    script = (
        "import sys; from labelloop.recipes.taxonomy import control, measure, model; "
        "print(*sys.modules)"
    )
    run = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert not {"scipy", "sklearn", "onnx"} & set(run.stdout.split())

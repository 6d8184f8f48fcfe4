"""Models of images: vectors in, probabilities out; what can't be seen is not learnt."""

import io

import numpy as np
import pytest

from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes import control_of
from labelloop.recipes.image_choices.features import VECTORS
from labelloop.recipes.image_choices.fitted_model import FittedImages
from labelloop.recipes.image_choices.model import load
from labelloop.recipes.text.probabilities import probabilities_of
from labelloop.recipes.tools import Toolbox
from tests.kinds.image_choices import EXAMPLE
from tests.tiny_images import DIMENSIONS, inline, picture, toolbox

CONTROL = control_of(EXAMPLE.config)
INPUTS = [CONTROL.input_of(data) for data in EXAMPLE.tasks]
LABELS: list[str] = [str(CONTROL.label_of(result)) for result in EXAMPLE.results]
BROKEN = ["https://files.example.com/unknown-1.png"]


@pytest.fixture(scope="module")
def features() -> Columns:
    return CONTROL.features(INPUTS, toolbox())


@pytest.fixture(scope="module")
def fitted(features) -> FittedImages:
    return FittedImages(features, LABELS, features, "tiny-1")


def accuracy(answers, labels) -> float:
    return float(CONTROL.measure.hits(answers, labels).mean())


def test_colours_are_told_apart_by_a_dozen_labels(features):
    model = FittedImages(features.take(range(12)), LABELS[:12], features, "tiny-1")

    assert accuracy(model.answer(features.take(range(12, 72))), LABELS[12:72]) == 1.0


def test_vectors_have_unit_length_and_are_stored_in_16_bits(features):
    vectors = features.array(VECTORS)

    assert vectors.dtype == np.float16
    np.testing.assert_allclose(np.linalg.norm(CONTROL.vectors(features), axis=1), 1, rtol=1e-5)


def test_without_an_image_encoder_there_is_nothing_to_see():
    nothing = CONTROL.features(INPUTS, Toolbox())

    assert not nothing.blocks
    assert not CONTROL.vectors(nothing).any()
    assert CONTROL.apart("") == ()
    with pytest.raises(Unprocessable, match="ImageEncoder"):
        CONTROL.fit(LABELS, nothing, nothing, Toolbox())


def test_an_image_that_cannot_be_read_is_a_row_of_nan_and_has_no_answer(fitted):
    features = CONTROL.features([INPUTS[0], BROKEN], toolbox())
    answers = load(fitted.packed().artefact).answer(features)

    assert features.are_finite().tolist() == [True, False]
    assert answers.columns.are_finite().tolist() == [True, False]


def test_a_second_image_has_numbers_of_its_own():
    both = control_of(EXAMPLE.config.replace("<Choices", '<Image name="b" value="$b"/><Choices'))
    red, blue = inline(picture("red", 1)), inline(picture("blue", 2))

    features = both.features([[red, blue], [red, None]], toolbox()).array(VECTORS)

    assert features is not None
    assert features.shape == (2, 2 * DIMENSIONS)
    assert features[0, DIMENSIONS:].any()
    assert not features[1, DIMENSIONS:].any()


def test_the_only_example_of_a_class_has_no_answer_out_of_fold(features):
    labels = ["red", "red", "red", "blue", "blue", "green"]

    trained = FittedImages(features.take(range(6)), labels, None, "").packed()

    assert trained.out_of_fold.columns.are_finite().tolist() == [True] * 5 + [False]
    assert probabilities_of(trained.out_of_fold).shape == (6, 3)


def test_the_card_says_what_was_chosen(fitted):
    facts = fitted.packed().facts

    assert facts["choices"].keys() == {"penalty", "balance"}
    assert facts["largest_difference"] <= 1e-5


def test_a_model_names_its_encoder(fitted):
    assert load(fitted.packed().artefact).encoder == "tiny-1"


def changed(artefact: bytes, **arrays) -> bytes:
    with np.load(io.BytesIO(artefact)) as file:
        found = dict(file) | arrays
    body = io.BytesIO()
    np.savez(body, **found)
    return body.getvalue()


@pytest.mark.parametrize(
    "arrays",
    [
        {"facts": np.frombuffer(b'{"recipe": "other", "format": 1}', np.uint8)},
        {"facts": np.frombuffer(b"[]", np.uint8)},
        {"centre": np.zeros(DIMENSIONS + 1, np.float32)},
        {"scale": np.full(DIMENSIONS, np.nan, np.float32)},
        {"intercepts": np.zeros(2, np.float32)},
        {"coefficients": np.zeros((DIMENSIONS, 3))},
    ],
    ids=str,
)
def test_a_file_of_other_arrays_is_no_model(fitted, arrays):
    with pytest.raises(BadModel):
        load(changed(fitted.packed().artefact, **arrays))


def test_vectors_of_another_length_are_refused(fitted):
    other = Columns(1, {VECTORS: np.ones((1, 5), np.float16)})

    with pytest.raises(BadModel, match=str(DIMENSIONS)):
        fitted.answer(other)

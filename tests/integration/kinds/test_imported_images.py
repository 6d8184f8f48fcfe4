"""Image classifiers of other libraries are imported, served, order the queue, and go back."""

from dataclasses import replace

import numpy as np
import pytest
from onnx import TensorProto

from labelloop.adapters.image_decoding import copy_of
from labelloop.recipes.image_choices import NAME as PLAIN
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.train import TrainOutcome
from labelloop.usecases.serving.activate import activate, roll_back
from labelloop.usecases.serving.pin import PinDeps, pin
from tests.integration.kinds.test_imported import Importing
from tests.integration.kinds.test_imported import sound as sound_of_texts
from tests.kinds.digits import EXAMPLE, NAMES, file_of, written
from tests.kinds.image_choices import EXAMPLE as COLOURED
from tests.onnx_models import artefact_of, convolution, image_model
from tests.tiny_images import COLOURS, FILE, inline, toolbox

TASKS = EXAMPLE.tasks
UNSEEN = [
    {"image": inline(file_of(image)), "shows": name}
    for image, name in zip(written()[0][200:260], written()[1][200:260], strict=True)
]
BROKEN = {"image": "data:image/png;base64,aGVsbG8="}
__all__ = ["sound_of_texts"]  # a fixture


@pytest.fixture(scope="module")
def sound():
    """A model that knows the three digits."""
    images, names = written()
    return artefact_of(image_model(images[120:], names[120:]), NAMES)


@pytest.fixture(scope="module")
def upside_down():
    """A model that takes each digit for the next one."""
    images, names = written()
    shifted = [NAMES[(NAMES.index(name) + 1) % 3] for name in names]
    return artefact_of(image_model(images[120:], shifted[120:]), NAMES)


def project(example=EXAMPLE):
    return Importing(toolbox(), example)


def test_a_model_is_served_from_the_first_label_on_and_orders_the_queue(sound):
    digits = project()
    digits.label(range(2), EXAMPLE.answer)

    outcome = digits.imported(sound)
    digits.rank(digits.tools)

    assert (outcome["served"], outcome["labels"], outcome["accuracy"]) == (True, 2, 1.0)
    assert digits.version == outcome["version"]
    assert digits.right(UNSEEN, EXAMPLE.answer, digits.tools) > 0.95
    assert digits.studio.prediction_counts(digits.id) == {outcome["version"]: 20}
    card = digits.card
    assert (card.recipe, card.is_imported, card.labels) == ("imported_images", True, 2)
    assert card.facts["imported"]["inputs"] == [
        "pixel_values: image 8 x 8 of the whole, grey, colours from 0 to 1"
    ]
    assert "it was imported (model.onnx, sha256" in digits.status["told"][0]


def test_what_is_unsure_comes_first_in_the_queue(sound):
    digits = project()
    digits.configure(EXAMPLE.config)
    digits.imported(sound)
    digits.rank(digits.tools)

    first = digits.studio.predictions_of(digits.id, digits.version)

    scores = [region["score"] for one in first for region in one["result"]]
    every = digits.predict(TASKS, digits.tools)
    assert np.mean(scores) < np.mean([one[0]["score"] for one in every])


def test_an_image_that_cannot_be_read_is_not_predicted_and_takes_no_other_with_it(sound):
    digits = project()
    digits.label(range(2), EXAMPLE.answer)
    digits.imported(sound)

    answers = digits.predict(
        [UNSEEN[0], BROKEN, {"image": 7}, {"image": FILE + "lost.png"}, {}, UNSEEN[1]],
        digits.tools,
    )

    assert [bool(answer) for answer in answers] == [True, False, False, False, False, True]


def test_a_pool_with_images_that_cannot_be_read_is_ordered_and_says_why(sound):
    lost = {"image": f"{FILE}lost.png", "shows": "zero"}
    digits = project(replace(EXAMPLE, tasks=[*TASKS[:30], BROKEN | {"shows": "zero"}, lost]))
    digits.label(range(2), EXAMPLE.answer)
    digits.imported(sound)

    digits.rank(digits.tools)

    assert digits.studio.prediction_counts(digits.id) == {digits.version: 20}
    unread = digits.status["unread"]
    assert unread["tasks"] == 2
    reasons = sorted(one["reason"] for one in unread["why"])
    assert reasons[0].startswith(("answered 404", "no picture"))
    assert reasons[1].startswith("not an image that can be read")


def test_a_label_of_an_image_that_cannot_be_read_is_not_compared_on(sound):
    tasks = [*TASKS[:30], *[BROKEN | {"shows": "zero"}] * 5]
    digits = project(replace(EXAMPLE, tasks=tasks))
    digits.label(range(35), EXAMPLE.answer)

    assert digits.imported(sound)["labels"] == 30


def test_a_worse_model_is_stored_and_not_served_unless_it_is_forced(upside_down):
    digits = project()
    digits.label(range(50), EXAMPLE.answer)
    digits.learn("sweep")
    trained = digits.version
    assert digits.card.recipe == PLAIN

    refused = digits.imported(upside_down)

    assert (refused["served"], digits.version) == (False, trained)
    assert refused["why"].startswith("worse on 50 labels")
    assert digits.stored_card(refused["version"]).is_rejected
    forced = digits.imported(upside_down, is_forced=True)
    assert (digits.version, forced["served"]) == (forced["version"], True)
    assert roll_back(digits.key, digits.by_hand) == trained
    assert digits.right(UNSEEN, EXAMPLE.answer, digits.tools) > 0.5


def test_a_training_that_is_better_takes_over_and_the_imported_model_can_come_back(upside_down):
    digits = project()
    digits.label(range(1), EXAMPLE.answer)
    version = digits.imported(upside_down)["version"]
    digits.label(range(1, 60), EXAMPLE.answer)

    assert digits.learn("sweep") is TrainOutcome.SWITCHED

    assert digits.version != version
    assert digits.right(UNSEEN, EXAMPLE.answer, digits.tools) > 0.5
    assert activate(digits.key, version, digits.by_hand)
    assert digits.right(UNSEEN, EXAMPLE.answer, digits.tools) < 0.1


def test_a_better_model_takes_the_place_of_a_trained_one_and_stays(sound):
    digits = project()
    digits.label(range(40), EXAMPLE.answer)
    digits.learn("sweep")

    outcome = digits.imported(sound)

    assert outcome["served"], outcome["why"]
    assert outcome["why"].startswith("not worse than the active version on 40 labels")
    digits.label(range(40, 60), EXAMPLE.answer)
    digits.learn("sweep")
    assert digits.version == outcome["version"]
    assert digits.stored.untrained_dataset("", digits.tools.image_encoder) is None


def test_a_pinned_project_stays_pinned(sound):
    digits = project()
    digits.label(range(12), EXAMPLE.answer)
    digits.learn("sweep")
    pin(digits.key, PinDeps(store=digits.store, train_queue=digits.queue, clock=digits.clock))

    version = digits.imported(sound)["version"]
    digits.label(range(12, 40), EXAMPLE.answer)
    digits.learn("sweep")

    assert digits.stored.active().value.pinned
    assert digits.version == version


def test_a_head_is_trained_on_what_a_network_sees():
    """Of another question: it tells colours apart, and is told that they have other names."""
    wrong = ("green", "blue", "red")
    graph = convolution(list(COLOURS.values()), size="side", kind=TensorProto.FLOAT)
    asked = {"height": 8, "width": 8}
    artefact = artefact_of(graph, wrong, role="vectors", pixels=asked)
    coloured = project(COLOURED)
    coloured.studio.labels = set(COLOURS)
    coloured.label(range(6), COLOURED.answer)
    version = coloured.imported(artefact)["version"]
    assert coloured.right(COLOURED.tasks, COLOURED.answer, coloured.tools) < 0.2
    coloured.label(range(6, 50), COLOURED.answer)

    assert coloured.learn("sweep") is TrainOutcome.SWITCHED

    assert coloured.version != version
    assert not coloured.card.is_imported
    assert "trained on what an imported model sees" in coloured.status["told"][0]
    assert coloured.right(COLOURED.tasks, COLOURED.answer, coloured.tools) > 0.9
    assert coloured.rank(coloured.tools)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.UINT8, TensorProto.FLOAT16])
def test_a_network_reads_colours_as_its_input_wants_them(kind):
    graph = convolution(list(COLOURS.values()), size=8, kind=kind)
    coloured = project(COLOURED)
    coloured.label(range(3), COLOURED.answer)

    outcome = coloured.imported(artefact_of(graph, tuple(COLOURS)))

    assert outcome["served"], outcome["why"]
    assert coloured.right(COLOURED.tasks, COLOURED.answer, coloured.tools) > 0.95


def test_a_model_of_texts_is_refused_where_an_image_is_asked_about(sound_of_texts):
    digits = project()
    digits.label(range(3), EXAMPLE.answer)

    outcome = digits.imported(sound_of_texts)

    assert not outcome["served"]
    assert outcome["why"] == "the label config asks about an image, and the model reads none"


def test_a_stack_that_sees_no_images_says_so(sound):
    digits = project()
    digits.label(range(3), EXAMPLE.answer)
    digits.tools = Toolbox()

    outcome = digits.imported(sound)

    assert (outcome["served"], outcome["why"]) == (False, "this deployment reads no images")
    assert "ImageEncoder" in outcome["fix"]


def test_each_image_is_copied_once_for_all_trainings(sound):
    copied = []

    def copy(image):
        copied.append(image)
        return copy_of(image)

    digits = project()
    digits.tools = toolbox(copy=copy)
    digits.label(range(30), EXAMPLE.answer)
    digits.imported(sound)
    digits.tools = toolbox(copy=copy)  # as in another process
    copied.clear()
    digits.label(range(30, 34), EXAMPLE.answer)

    digits.learn("sweep")

    assert len(copied) == 4


def test_a_label_config_about_a_text_is_learnt_once_and_the_model_stays(sound):
    digits = project()
    digits.label(range(20), EXAMPLE.answer)
    version = digits.imported(sound)["version"]
    digits.configure("<View/>")

    assert digits.learn("sweep") is TrainOutcome.UP_TO_DATE

    assert digits.version == version
    assert digits.stored.untrained_dataset("", digits.tools.image_encoder) is None

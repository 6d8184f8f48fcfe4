"""An imported model and a recipe of one's own are compared wherever both answer one question."""

from importlib import metadata
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from labelloop import recipes
from labelloop.labelstudio.label_config import parse
from labelloop.recipes.classifier.recipe import TextClassifier
from labelloop.recipes.entry_points import GROUP
from labelloop.recipes.guard import within
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.train import TrainOutcome
from labelloop.usecases.serving.activate import activate, roll_back
from tests.integration.kinds.test_imported import GOOD, LABELS, TRUE, Importing
from tests.integration.kinds.test_ml_backend import CONFIG as FILMS
from tests.integration.kinds.test_ml_backend import DATA as REVIEWS
from tests.integration.kinds.test_ml_backend import answer as said
from tests.kinds.digits import EXAMPLE as DIGITS
from tests.kinds.digits import NAMES, written
from tests.kinds.example import Example
from tests.kinds.text_choices import EXAMPLE
from tests.moved_backends import deployed
from tests.onnx_models import artefact_of, image_model, text_pipeline
from tests.tiny_encoder import CountingEncoder
from tests.tiny_images import toolbox
from tests.unit.recipes.test_recipes import Point


@pytest.fixture
def install(monkeypatch):
    """Have a recipe of one's own installed."""

    def install(recipe: Any) -> None:
        points = {GROUP: (Point(recipe.name, recipe),)}
        monkeypatch.setattr(metadata, "entry_points", lambda group: points.get(group, ()))
        recipes.forget_added()

    yield install
    monkeypatch.undo()
    recipes.forget_added()


@pytest.fixture
def own(install):
    install(TextClassifier("mine", LogisticRegression))


@pytest.fixture(scope="module")
def sound():
    return artefact_of(text_pipeline(GOOD, TRUE), LABELS)


@pytest.fixture(scope="module")
def upside_down():
    shifted = {label: LABELS[(place + 1) % 3] for place, label in enumerate(LABELS)}
    return artefact_of(text_pipeline(GOOD, [shifted[label] for label in TRUE]), LABELS)


def learnt(labels: int = 50) -> Importing:
    """A project with a version of one's own recipe."""
    project = Importing(Toolbox(CountingEncoder.name, CountingEncoder))
    project.label(range(labels), EXAMPLE.answer)
    project.learn("sweep")
    assert project.card.recipe == "mine"
    return project


def test_a_worse_model_is_not_served(own, upside_down):
    project = learnt()
    trained = project.version

    refused = project.imported(upside_down)

    assert (refused["served"], project.version) == (False, trained)
    assert refused["why"].startswith("worse on 50 labels: right 0% against ")
    forced = project.imported(upside_down, is_forced=True)
    assert (forced["served"], forced["contender"], forced["rival"]) == (True, "mine", "")
    assert project.version == forced["version"]
    assert roll_back(project.key, project.by_hand) == trained


def test_a_better_model_is_served_and_the_recipe_does_not_take_its_place(own, sound):
    project = learnt()

    outcome = project.imported(sound)

    assert outcome["served"], outcome["why"]
    assert outcome["why"].startswith("not worse than the active version on 50 labels: right 100%")
    project.label(range(50, 60), EXAMPLE.answer)
    assert project.learn("sweep") is TrainOutcome.UP_TO_DATE
    assert project.version == outcome["version"]
    refused = project.stored.evidence.rejection(project.version).value
    assert refused.reason.startswith("not clearly better than the imported model on 60 labels")
    assert project.learn("sweep") is TrainOutcome.UP_TO_DATE  # and is not trained for ever
    assert project.stored.untrained_dataset(CountingEncoder.name, "") is None


def test_a_version_of_the_recipe_that_is_better_takes_over(own, upside_down):
    project = Importing(Toolbox(CountingEncoder.name, CountingEncoder))
    project.label(range(2), EXAMPLE.answer)
    version = project.imported(upside_down)["version"]
    project.label(range(2, 60), EXAMPLE.answer)

    assert project.learn("sweep") is TrainOutcome.SWITCHED

    assert project.card.recipe == "mine"
    assert project.card.gate["reason"].startswith("better than the imported model on 60 labels")
    assert activate(project.key, version, project.by_hand)
    assert project.right(EXAMPLE.tasks, EXAMPLE.answer, project.tools) < 0.2


def test_with_few_labels_the_model_stays(own, sound):
    project = Importing()
    project.label(range(2), EXAMPLE.answer)
    version = project.imported(sound)["version"]
    project.label(range(2, 15), EXAMPLE.answer)

    assert project.learn("sweep") is TrainOutcome.UP_TO_DATE

    assert project.version == version
    reason = project.stored.evidence.rejection(version).value.reason
    assert reason.startswith("the imported model stays until 20 labels show a better one")


class Notes(TextClassifier):
    """A recipe that learns from what people note of a text, and from no choice."""

    def read(self, config):
        found = super().read(config)
        return found and ControlOfNotes(found)


class ControlOfNotes:
    """Its control: labels are under a name of their own."""

    def __init__(self, control: Any) -> None:
        self._control = control

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._control, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ControlOfNotes) and other._control == self._control

    def __hash__(self) -> int:
        return hash(self._control)

    def label_of(self, result):
        noted = [one | {"from_name": "subject"} for one in result if one["from_name"] == "note"]
        return self._control.label_of(noted)


def noted(data):
    return [one | {"from_name": "note"} for one in EXAMPLE.answer(data)]


def test_what_learns_from_other_annotations_takes_its_place_uncompared_and_is_named(install, sound):
    install(Notes("notes", LogisticRegression))
    project = Importing()
    project.label(range(2), EXAMPLE.answer)

    outcome = project.imported(sound)

    assert (outcome["served"], outcome["rival"], outcome["contender"]) == (True, "notes", "")
    project.label(range(2, 40), noted)
    assert project.learn("sweep") is TrainOutcome.SWITCHED
    assert project.card.gate["reason"] == (
        "the active version is an imported model, and not compared: they learn from "
        "other annotations"
    )


def test_a_backend_that_moved_over_is_compared_by_what_it_shows(tmp_path):
    with deployed("word_votes", tmp_path):
        project = Importing(example=Example("text_choices", FILMS, REVIEWS, said))
        project.label(range(40), said)
        project.learn("sweep")
        assert project.card.recipe == "word_votes"
        texts = [one["text"] for one in REVIEWS]
        names = [said(one)[0]["value"]["choices"][0] for one in REVIEWS]
        wrong = {"Positive": "Negative", "Negative": "Positive"}

        refused = project.imported(
            artefact_of(text_pipeline(texts, [wrong[name] for name in names]), tuple(wrong))
        )
        served = project.imported(artefact_of(text_pipeline(texts, names), tuple(wrong)))

        assert refused["why"].startswith("worse on 40 labels: right 0% against")
        assert "on 40 labels: right 100% against" in served["why"]
        assert served["contender"] == "word_votes"


def test_a_version_whose_recipe_is_gone_is_not_compared(install, sound):
    install(TextClassifier("mine", LogisticRegression))
    project = learnt(30)
    install(Notes("other", LogisticRegression))

    outcome = project.imported(sound)

    assert outcome["served"]
    assert "not compared" in outcome["why"]


class Addresses(TextClassifier):
    """A recipe that reads where an image is, and sees none: its encoder is that of texts."""

    def read(self, config):
        return super().read(parse(DIGITS.config.replace("<Image", "<Text")))


def test_a_recipe_beside_another_encoder_is_compared_and_does_not_train_for_ever(install):
    install(Addresses("addresses", LogisticRegression))
    images, names = written()
    digits = Importing(toolbox(has_encoder=True), DIGITS)
    digits.label(range(2), DIGITS.answer)
    version = digits.imported(artefact_of(image_model(images[120:], names[120:]), NAMES))["version"]
    digits.label(range(2, 40), DIGITS.answer)

    with within(20, "the training"):
        assert digits.learn("sweep") is TrainOutcome.UP_TO_DATE

    assert digits.version == version
    reason = digits.stored.evidence.rejection(version).value.reason
    assert reason.startswith("not clearly better than the imported model on 40 labels")
    tools = digits.tools
    assert digits.stored.untrained_dataset(tools.encoder, tools.image_encoder) is None

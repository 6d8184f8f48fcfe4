"""A backend of Label Studio's own shape goes through the whole loop, and breaks as any recipe."""

import json
from importlib import import_module
from itertools import cycle
from typing import Any

import pytest

from labelloop.bucket.project import Project
from labelloop.recipes import load
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.train import TrainOutcome
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.serving.predict import predict
from tests.builders import label_config, region
from tests.deps import stored_versions
from tests.integration.kinds.project import ChangingProject
from tests.moved_backends import deployed

CONFIG = label_config()
WORDS = {"Positive": ("great", "lovely"), "Negative": ("awful", "boring")}
DATA = [
    {"text": f"a {WORDS[label][number // 2 % 2]} film, number {number}"}
    for number, label in zip(range(60), cycle(WORDS), strict=False)
]
GOOD, BAD = {"text": "a lovely evening"}, {"text": "a boring evening"}


@pytest.fixture
def deploy(tmp_path):
    with deployed("word_votes", tmp_path) as again:
        yield again


@pytest.fixture
def project(deploy):
    return ChangingProject(CONFIG, DATA)


def answer(data):
    is_good = any(word in data["text"] for word in WORDS["Positive"])
    return [region("Positive" if is_good else "Negative")]


def active_model(project) -> Any:
    artefact = Project(project.store, project.key).model(project.version)
    assert artefact is not None
    return load("word_votes", artefact)


def test_a_backend_learns_predicts_and_orders(project):
    # Until it has learnt, the pool has an order and no suggestion.
    assert RankOutcome.PUSHED in project.rank()
    assert not any(one["result"] for one in project.studio.predictions_of(project.id))

    # Its `fit` gets the labels, and what it writes and sets is the version.
    project.label(range(20), answer)
    assert project.train() is TrainOutcome.SWITCHED
    first = project.version
    assert project.card.recipe == "word_votes"
    assert project.right(DATA[20:], answer) == 1
    assert active_model(project).backend.values["trained_on"] == "20"

    # The pool is ranked by its scores, and Label Studio's import takes its results.
    assert RankOutcome.PUSHED in project.rank()
    pushed = project.studio.predictions_of(project.id, first)
    assert {one["type"] for row in pushed for one in row["result"]} == {"choices"}

    # A second version learns all labels, and is judged by those of the first.
    project.label(range(20, 40), answer)
    assert project.train() is TrainOutcome.SWITCHED
    assert active_model(project).backend.values["trained_on"] == "40"
    assert project.card.gate["numbers"]["labels"]["rows"] == 20
    assert project.card.facts["learns"] is True
    assert project.status["learning"]["usable"]["usable"] == 40


def test_two_versions_in_one_process_have_models_of_their_own(project):
    project.label(range(20), answer)
    project.train()
    one = active_model(project)
    turned = ChangingProject(CONFIG, DATA)
    opposite = {"Positive": "Negative", "Negative": "Positive"}
    turned.label(range(20), lambda data: [region(opposite[choice(answer(data))])])
    turned.train()
    other = active_model(turned)

    said = [choice(model.suggested({"id": 1, "data": GOOD}, {})) for model in (one, other, one)]

    assert said == ["Positive", "Negative", "Positive"]


def choice(result):
    return result[0]["value"]["choices"][0]


@pytest.mark.parametrize(
    ("breaks", "why"),
    [
        ("raises", "out of cheese"),
        ("fewer", "predictions for"),
        ("a text", "no list of predictions"),
        ("no result", "a prediction without a result"),
        ("a set", "no JSON value"),
        ("not finite", "not JSON compliant"),
        ("fit raises", "no labels today"),
        ("fit reaches the network", "it reaches for the network"),
        ("fit fills the disk", "MB into MODEL_DIR"),
    ],
)
def test_a_backend_that_breaks_keeps_what_is_served_and_says_why(breaks, why, project, deploy):
    project.label(range(20), answer)
    project.train()
    version = project.version

    deploy(breaks)
    project.label(range(20, 40), answer)

    assert project.train() is TrainOutcome.RECIPE_FAILED
    assert project.version == version
    assert why in project.status["put_off"]["reason"]
    predicted = project.predict([GOOD, BAD, {}])
    assert len(predicted) == 3
    assert json.dumps(predicted, allow_nan=False)


def test_a_task_that_a_backend_fails_on_costs_no_other_its_prediction(project):
    project.label(range(20), answer)
    project.train()

    good, poison, bad = project.predict([GOOD, {"text": "poison"}, BAD])

    assert (choice(good), poison, choice(bad)) == ("Positive", [], "Negative")


def test_what_a_backend_draws_while_people_draw_is_asked_without_a_version(project):
    module = import_module("labelloop.usecases.serving.suggest")
    served = stored_versions(project.store, project.clock).of(project.key, 0.0)
    drawn = {"result": [region("Negative")]}

    (suggested,) = module.suggest([{"id": 1, "data": GOOD}], CONFIG, served, drawn, Toolbox())

    assert choice(suggested.result) == "Negative"
    assert module.suggest([{"id": 1, "data": GOOD}], CONFIG, served, {}, Toolbox()) is None
    (predicted,) = predict([{"id": 1, "data": GOOD}], CONFIG, served, Toolbox())
    assert predicted.result == []

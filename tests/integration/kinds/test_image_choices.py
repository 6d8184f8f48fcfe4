"""Choices about images go through the loop: labelled, learnt, served, ranked; some unreadable."""

from typing import Any

import pytest

from labelloop.bucket.project import Project
from labelloop.labelstudio.payloads import key_of
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes import load
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.learning.train import TrainDeps, TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.ranking import RankDeps
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.predict import predict
from labelloop.usecases.serving.serve import Versions
from tests.deps import training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import annotate, ranked
from tests.kinds.image_choices import EXAMPLE
from tests.tiny_encoder import CountingEncoder
from tests.tiny_images import COLOURS, FILE, inline, picture, toolbox

LABELS = 30
TASKS = EXAMPLE.tasks[:72]
BROKEN = {"image": f"{FILE}lost-1.png", "ref": "900-red"}


@pytest.fixture
def studio(clock) -> MemoryLabelStudio:
    studio = MemoryLabelStudio(clock=clock)
    studio.labels = set(COLOURS)
    return studio


@pytest.fixture
def id_(studio) -> int:
    made = studio.create_project(label_config=EXAMPLE.config)
    studio.import_tasks(made, [*TASKS, BROKEN, BROKEN | {"ref": "901-red"}])
    return int(made)


@pytest.fixture
def key(studio, id_) -> str:
    return key_of(studio.project(id_))


@pytest.fixture
def train_deps(store, rank_queue, clock) -> TrainDeps:
    return training_deps(store, rank_queue, clock, min_labels=10, tools=toolbox())


@pytest.fixture
def versions(store, clock) -> Versions:
    return Versions(store, load, "", toolbox().image_encoder, lambda: clock.now.timestamp())


@pytest.fixture
def rank_deps(studio, versions, ranking_of) -> RankDeps:
    return ranking_of(studio, versions, tools=toolbox, queue_length=100)


@pytest.fixture
def label(studio, id_, store, queue, clock):
    """Have people label some tasks; the webhook tells of each."""

    def label(tasks: list[dict[str, Any]]) -> None:
        deps = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
        for task in tasks:
            annotate(studio, id_, task, EXAMPLE.answer(task["data"]), deps, clock)

    return label


@pytest.fixture
def tasks(studio, id_) -> list[dict[str, Any]]:
    return [task for page in studio.tasks(id_) for task in page]


def test_images_go_through_the_loop(
    studio, id_, key, tasks, store, clock, label, train_deps, rank_deps, versions
):
    # Before any label the readable tasks are put in an order.
    broken = {task["id"] for task in tasks if task["data"]["image"] == BROKEN["image"]}
    assert RankOutcome.PUSHED in ranked(RankWakeUp(key), rank_deps, clock)
    assert {one["task"] for one in studio.predictions_of(id_)} == {t["id"] for t in tasks} - broken

    # Labels are learnt, but not that of an image that can't be read.
    label([*tasks[:LABELS], tasks[-1]])
    assert train(WakeUp(key, "sweep"), train_deps) is TrainOutcome.SWITCHED
    project = Project(store, key)
    active = project.active().value
    card = project.card(active.version)
    assert card is not None
    assert (active.recipe, active.encoder) == ("image_choices", toolbox().image_encoder)
    assert card.labels == LABELS

    # It predicts what can be read; the rest goes last, with an empty result.
    asked = [
        {"id": 1, "data": {"image": inline(picture("blue", 99, "JPEG"), "jpeg")}},
        {"id": 2, "data": BROKEN},
        {"id": 3, "data": {"image": 7}},
        {"id": 4, "data": {"image": f"{FILE}green-98.png"}},
    ]
    answers = predict(asked, EXAMPLE.config, versions.of(key, 0.0), toolbox())
    assert [a.result[0]["value"]["choices"] if a.result else [] for a in answers] == [
        *(["blue"], [], [], ["green"])
    ]
    assert answers[1].score == answers[2].score == 1.0 > answers[0].score
    (alone,) = predict(asked[1:2], EXAMPLE.config, versions.of(key, 0.0), toolbox())
    assert (alone.result, alone.score) == ([], 1.0)

    # The pool is ranked by it.
    assert RankOutcome.PUSHED in ranked(RankWakeUp(key), rank_deps, clock)
    pushed = studio.predictions_of(id_, active.version)
    assert len(pushed) == len(TASKS) - LABELS
    assert describe(key, store)["learning"]["usable"]["usable"] == LABELS + 1


def test_another_image_encoder_has_all_made_anew_and_another_one_of_texts_nothing(
    key, tasks, store, label, train_deps
):
    label(tasks[:LABELS])
    train(WakeUp(key, "sweep"), train_deps)
    project, images = Project(store, key), toolbox().image_encoder

    assert project.untrained_dataset("", images) is None
    assert project.untrained_dataset(CountingEncoder.name, images) is None
    assert project.untrained_dataset("", "another") is not None
    assert Versions(store, load, images).of(key).model is not None
    assert Versions(store, load, "", "another").of(key).model is None


def test_a_stack_that_sees_no_images_says_so(key, tasks, store, label, train_deps, clock):
    label(tasks[:LABELS])
    blind = training_deps(store, train_deps.rank_queue, clock, min_labels=10, tools=Toolbox())

    train(WakeUp(key, "sweep"), blind)

    assert Project(store, key).active_version() == "untrained"


def test_without_enough_readable_images_there_is_no_version(key, tasks, store, label, train_deps):
    label([*tasks[:9], *tasks[-2:]])

    train(WakeUp(key, "sweep"), train_deps)

    assert Project(store, key).active_version() == "untrained"

"""Several choices at once go through the whole loop: labelled, learnt, served, ranked, pushed."""

import pytest

from labelloop.bucket.project import Project
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes import control_of
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.doubt import doubt
from labelloop.usecases.serving.predict import predict
from tests.deps import stored_versions, training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import annotate, ranked
from tests.kinds.several_choices import EXAMPLE

CONTROL = control_of(EXAMPLE.config)
POOL = 200


@pytest.fixture
def studio(clock) -> MemoryLabelStudio:
    return MemoryLabelStudio(clock=clock, labels=CONTROL.offered)


@pytest.fixture
def id_(studio) -> int:
    made = studio.create_project(label_config=EXAMPLE.config)
    more = [{**data, "text": f"{data['text']} Sent twice."} for data in EXAMPLE.tasks]
    studio.import_tasks(made, [*EXAMPLE.tasks, *more][:POOL])
    return made


@pytest.fixture
def label(studio, id_, store, queue, clock):
    """Have people label some tasks; the webhook tells of each. `wrongly`: tick nothing."""

    def label(rows: range, wrongly: bool = False) -> None:
        tasks = [task for page in studio.tasks(id_) for task in page]
        deps = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
        for task in tasks[rows.start : rows.stop]:
            result = [] if wrongly else EXAMPLE.answer(task["data"])
            annotate(studio, id_, task, result, deps, clock)

    return label


@pytest.fixture
def learn(key, store, rank_queue, clock):
    deps = training_deps(store, rank_queue, clock, min_labels=10, strategy="typical_then_margin")
    return lambda: train(WakeUp(key, "sweep"), deps)


@pytest.fixture
def versions(store, clock):
    return stored_versions(store, clock)


@pytest.fixture
def order(key, studio, versions, clock, ranking_of):
    """Take a step of ranking, and all that it asks for."""
    deps = ranking_of(studio, versions, strategy="typical_then_margin", queue_length=50)

    return lambda: ranked(RankWakeUp(key), deps, clock)


def test_several_choices_go_through_the_loop(
    studio, id_, key, store, label, learn, order, versions
):
    order()
    label(range(60))
    assert learn() is TrainOutcome.SWITCHED
    active = Project(store, key).active().value
    assert active.recipe == "several_choices"

    # A prediction request is answered with the boxes to tick, maybe none.
    unseen = EXAMPLE.tasks[64:96]
    asked = [{"id": 9_000 + n, "data": data} for n, data in enumerate(unseen)]
    answers = predict(asked, EXAMPLE.config, versions.of(key, 0.0), Toolbox())
    ticked = [CONTROL.label_of(one.result) for one in answers]
    given = [CONTROL.label_of(EXAMPLE.answer(data)) for data in unseen]
    assert sum(one == other for one, other in zip(ticked, given, strict=True)) > 28
    assert [] in ticked
    assert all(0 < one.score <= 1 for one in answers)

    # The pool is ranked by it, and pushed with results that the import accepts.
    order()
    pushed = studio.predictions_of(id_, active.version)
    parts = [part for one in pushed for part in one["result"]]
    assert len(pushed) == 50
    assert {(part["from_name"], part["type"]) for part in parts} == {("topics", "choices")}

    # A second version is judged against it.
    label(range(60, 96))
    assert learn() is TrainOutcome.SWITCHED
    card = Project(store, key).card(Project(store, key).active_version())
    assert card is not None
    assert card.insights["saving"] is None
    assert set(card.facts["sharpness"]) == {"rate", "bag", "topic"}

    # People see how many annotations can be learnt: empty ones among them.
    usable = describe(key, store)["learning"]["usable"]
    assert usable["usable"] == usable["annotations"] == 96
    assert all(isinstance(one["suggested"], list) for one in doubt(key, store)["doubts"])


def test_boxes_that_are_not_ticked_any_more_are_refused(key, store, label, learn):
    label(range(120))
    assert learn() is TrainOutcome.SWITCHED
    good = Project(store, key).active_version()
    label(range(120), wrongly=True)

    learn()

    assert Project(store, key).active_version() == good

"""Stars go through the whole loop: by the webhook, into a model, onto the page and the queue."""

from typing import Any

import pytest

from labelloop.bucket.project import Project
from labelloop.labelstudio.payloads import key_of
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes import control_of
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.learning.train import TrainDeps, TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome as Pushed
from labelloop.usecases.ordering.ranking import RankDeps
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.doubt import doubt
from labelloop.usecases.serving.predict import predict
from tests.deps import stored_versions, training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import annotate, ranked
from tests.kinds.numbers import EXAMPLE

FIRST, SECOND = range(60), range(60, 90)


@pytest.fixture
def studio(clock) -> MemoryLabelStudio:
    return MemoryLabelStudio(clock=clock)


@pytest.fixture
def id_(studio) -> int:
    made = studio.create_project(label_config=EXAMPLE.config)
    studio.import_tasks(made, EXAMPLE.tasks)
    return made


@pytest.fixture
def key(studio, id_) -> str:
    return key_of(studio.project(id_))


@pytest.fixture
def train_deps(store, rank_queue, clock) -> TrainDeps:
    return training_deps(store, rank_queue, clock, min_labels=10, strategy="typical_then_margin")


@pytest.fixture
def rank_deps(store, studio, clock, ranking_of) -> RankDeps:
    versions = stored_versions(store, clock)
    return ranking_of(studio, versions, strategy="typical_then_margin", queue_length=30)


@pytest.fixture
def tasks(studio, id_) -> list[dict[str, Any]]:
    return [task for page in studio.tasks(id_) for task in page]


@pytest.fixture
def label(studio, id_, tasks, store, queue, clock):
    """Have people label some tasks, some upside down; the webhook tells of each."""

    def label(rows: range, wrong: frozenset[int] = frozenset()) -> None:
        deps = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
        for row in rows:
            task = tasks[row]
            result = EXAMPLE.answer(task["data"])
            if row in wrong:
                result[0]["value"]["rating"] = 6 - result[0]["value"]["rating"]
            annotate(studio, id_, task, result, deps, clock)

    return label


def test_stars_go_through_the_loop(
    studio, id_, key, store, clock, tasks, label, train_deps, rank_deps
):
    # Before any label the pool is put in an order, without suggestions.
    assert Pushed.PUSHED in ranked(RankWakeUp(key), rank_deps, clock)
    assert not any(one["result"] for one in studio.predictions_of(id_))

    # Labels come by the webhook, are learnt, and the version is served.
    label(FIRST)
    assert train(WakeUp(key, "sweep"), train_deps) is TrainOutcome.SWITCHED
    active = Project(store, key).active().value
    assert active.recipe == "numbers"

    # It predicts stars as the editor has them; nothing of a task without a text.
    served = rank_deps.versions().of(key, 0.0)
    asked = [{"id": 1, "data": {"text": "The inn was superb, spotless and superb."}}]
    asked.append({"id": 2, "data": {"text": {"no": "text"}}})
    said = predict(asked, EXAMPLE.config, served, Toolbox())
    (region,), nothing = said[0].result, said[1].result
    assert (region["type"], region["to_name"], nothing) == ("rating", "review", [])
    assert region["value"]["rating"] in (4, 5)
    assert 0.5 < said[0].score <= 1

    # On a longer scale its stars would mean others: nothing, until there is a new version.
    longer = EXAMPLE.config.replace('maxRating="5"', 'maxRating="10"')
    assert [one.result for one in predict(asked, longer, served, Toolbox())] == [[], []]

    # The pool is ranked by it, and pushed with its stars.
    assert Pushed.PUSHED in ranked(RankWakeUp(key), rank_deps, clock)
    pushed = [part for one in studio.predictions_of(id_, active.version) for part in one["result"]]
    assert {part["type"] for part in pushed} == {"rating"}
    control = control_of(EXAMPLE.config)
    assert all(control.label_of([part]) in (1, 2, 3, 4, 5) for part in pushed)

    # A second version is judged against the first; the slip in it is doubted first.
    five = {"rating": 5}
    slip = next(row for row in SECOND if EXAMPLE.answer(tasks[row]["data"])[0]["value"] == five)
    label(SECOND, wrong=frozenset({slip}))
    assert train(WakeUp(key, "sweep"), train_deps) is TrainOutcome.SWITCHED
    card = Project(store, key).card(Project(store, key).active().value.version)
    assert card is not None
    assert card.insights["random_share"]["value"] > 0.8
    assert describe(key, store)["told"][0].startswith("closeness: ")
    assert describe(key, store)["learning"]["usable"]["usable"] == len(FIRST) + len(SECOND)
    first = doubt(key, store)["doubts"][0]
    assert (first["task"], first["label"]) == (tasks[slip]["id"], 1)
    assert first["suggested"] >= 4


def test_stars_that_contradict_are_refused(key, store, label, train_deps):
    label(range(120))
    assert train(WakeUp(key, "sweep"), train_deps) is TrainOutcome.SWITCHED
    good = Project(store, key).active_version()
    label(range(120), wrong=frozenset(range(120)))

    train(WakeUp(key, "sweep"), train_deps)

    assert Project(store, key).active_version() == good
    assert describe(key, store)["refused"]["reason"]

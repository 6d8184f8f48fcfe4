"""A project of the release before is served, learnt on, ranked and rolled back.

`tests/buckets` holds what that release (0.1.0 of 2026-11-28, before there were recipes) stored of
one project: three versions of 40, 90 and 120 labels, a ranking by the last one that is scored and
not pushed, an event that nobody folded; and in `answers.json` what it predicted.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from labelloop.bucket.project import Project
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.train import TrainDeps, TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome as Pushed
from labelloop.usecases.ordering.rank import rank
from labelloop.usecases.serving.activate import ActivateDeps, activate
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.predict import predict
from labelloop.usecases.serving.serve import Versions
from tests.builders import label_config
from tests.deps import ranking_deps, stored_versions, training_deps
from tests.fakes import MemoryLabelStudio
from tests.tiny_encoder import CountingEncoder

BUCKETS = Path(__file__).parents[1] / "buckets"
LABELS = 120


@pytest.fixture(params=["terms", "encoder"])
def answers(request, store) -> dict[str, Any]:
    """Fill the store; return what the earlier release answered."""
    with zipfile.ZipFile(BUCKETS / f"{request.param}.zip") as bucket:
        for name in bucket.namelist():
            if name.startswith("projects/"):
                store.create(name, bucket.read(name))
        found: dict[str, Any] = json.loads(bucket.read("answers.json"))
    return found


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def tools(request, encoder, answers) -> Toolbox:
    is_beside_one = request.node.callspec.params["answers"] == "encoder"
    return Toolbox(encoder.name, lambda: encoder) if is_beside_one else Toolbox()


@pytest.fixture
def versions(store, tools, clock) -> Versions:
    return stored_versions(store, clock, tools.encoder)


@pytest.fixture
def train_deps(store, rank_queue, tools, clock) -> TrainDeps:
    return training_deps(
        store, rank_queue, clock, tools=tools, min_labels=10, strategy="typical_then_margin"
    )


def test_it_is_served(answers, versions, tools):
    served = versions.of(answers["key"], 0.0)
    tasks = [{"data": {"text": text}} for text in answers["texts"]]

    found = predict(tasks, label_config(), served, tools)

    assert served.version == answers["version"]
    assert [_shown(one.result) for one in found] == [
        _shown(one["result"]) for one in answers["predictions"]
    ]
    assert [one.score for one in found] == pytest.approx(
        [one["score"] for one in answers["predictions"]], abs=1e-6
    )


def _shown(result: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return regions with scores that no other processor's arithmetic makes differ."""
    return [region | {"score": round(region["score"], 5)} for region in result]


def test_it_has_nothing_to_learn_but_what_is_new(answers, store, train_deps):
    project = Project(store, answers["key"])

    assert project.untrained_dataset(train_deps.tools.encoder) is None
    assert project.has_pending()


def test_the_next_version_is_judged_by_what_the_last_one_learnt(
    answers, store, train_deps, encoder
):
    assert train(WakeUp(answers["key"], "sweep"), train_deps) is TrainOutcome.SWITCHED

    project = Project(store, answers["key"])
    active = project.active().value
    card = project.card(active.version)
    assert card is not None
    assert (active.recipe, active.format) == ("text_choices", 2)
    assert card.labels == LABELS + 1
    assert card.gate["numbers"]["labels"]["rows"] == LABELS
    assert card.gate["numbers"]["pool"]["rows"] > 0  # the pool's features were read
    assert len(card.insights["curve"]) > 1  # and the earlier cards
    assert len(encoder.texts) <= 1  # the vectors of labels that were known are kept


def test_its_ranking_is_pushed(answers, store, rank_queue, queue, versions, tools, clock):
    studio = MemoryLabelStudio(clock=clock)
    studio.create_project(38, label_config=label_config())
    studio.import_tasks(38, [{"text": f"task {number}"} for number in range(160)])
    deps = ranking_deps(
        store,
        rank_queue,
        clock,
        train_queue=queue,
        versions=lambda: versions,
        tools=lambda: tools,
        label_studio=lambda: studio,
        strategy="typical_then_margin",
        queue_length=20,
    )

    rank_queue.send(RankWakeUp(answers["key"], "push", part=1), 0)
    outcomes = []
    while rank_queue.sent:
        one, delay = rank_queue.sent.pop(0)
        clock.sleep(delay)
        outcomes.append(rank(one, deps))

    assert Pushed.PUSHED in outcomes
    assert len(studio.predictions_of(38, answers["version"])) == 20


def test_it_is_rolled_back(answers, store, versions, rank_queue):
    project = Project(store, answers["key"])
    first = project.versions()[-1]

    assert activate(answers["key"], first, ActivateDeps(store=store, rank_queue=rank_queue))

    assert versions.of(answers["key"], 0.0).version == first
    assert project.active().value.recipe in ("", "text_choices")
    assert [one.project for one, _ in rank_queue.sent] == [answers["key"]]


def test_its_status_is_told(answers, store):
    status = describe(answers["key"], store)

    assert status["version"] == answers["version"]
    assert status["learning"]["usable"]["usable"] == LABELS
    assert any("accuracy" in line for line in status["told"])

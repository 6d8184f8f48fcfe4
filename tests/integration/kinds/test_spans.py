"""Spans go through the whole loop: labelled, learnt, served, ranked and judged."""

import json
from typing import Any

import pytest

from labelloop.bucket.project import Project
from labelloop.labelstudio.payloads import key_of, read_event
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome as Pushed
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.predict import predict
from tests.conftest import load_event
from tests.deps import stored_versions, training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import annotate, ranked
from tests.kinds.spans import EXAMPLE

FIRST = 40  # labels of the first version
TOOLS = Toolbox()


@pytest.fixture
def studio(clock) -> MemoryLabelStudio:
    return MemoryLabelStudio(clock=clock)


@pytest.fixture
def id_(studio) -> int:
    made = studio.create_project(label_config=EXAMPLE.config)
    studio.import_tasks(made, list(EXAMPLE.tasks))
    return int(made)


def label(studio, id_, store, queue, clock, rows: range) -> None:
    """Have people label some tasks; the webhook tells of each."""
    tasks = [task for page in studio.tasks(id_) for task in page]
    deps = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
    for task in tasks[rows.start : rows.stop]:
        annotate(studio, id_, task, EXAMPLE.answer(task["data"]), deps, clock)


def test_spans_go_through_the_loop(studio, id_, store, queue, rank_queue, clock, ranking_of):
    key = key_of(studio.project(id_))
    train_deps = training_deps(store, rank_queue, clock, min_labels=10)
    versions = stored_versions(store, clock)
    rank_deps = ranking_of(studio, versions, queue_length=50)

    # Before any label the pool is put in an order, without suggestions.
    assert Pushed.PUSHED in ranked(RankWakeUp(key), rank_deps, clock)
    assert not any(one["result"] for one in studio.predictions_of(id_))

    # Labels come by the webhook and are learnt; the version is served.
    label(studio, id_, store, queue, clock, range(FIRST))
    assert train(WakeUp(key, "sweep"), train_deps) is TrainOutcome.SWITCHED
    active = Project(store, key).active().value
    assert active.recipe == "spans"
    served = versions.of(key, 0.0)
    text = "Ada Lovelace works for Initech in Oslo"
    (answer,) = predict([{"id": 1, "data": {"text": text}}], EXAMPLE.config, served, TOOLS)
    values = [region["value"] for region in answer.result]
    found = {(text[one["start"] : one["end"]], *one["labels"]) for one in values}
    assert ("Oslo", "Place") in found
    assert ("Ada Lovelace", "Person") in found

    # The pool is ranked by it and pushed with its spans, which Label Studio's import takes.
    assert Pushed.PUSHED in ranked(RankWakeUp(key), rank_deps, clock)
    pushed = studio.predictions_of(id_, active.version)
    regions = [region for one in pushed for region in one["result"]]
    assert {region["type"] for region in regions} == {"labels"}

    # A second version is judged against the first on exact spans.
    label(studio, id_, store, queue, clock, range(FIRST, len(EXAMPLE.tasks)))
    assert train(WakeUp(key, "sweep"), train_deps) is TrainOutcome.SWITCHED
    card = Project(store, key).card(Project(store, key).active().value.version)
    assert card is not None
    assert card.gate["numbers"]["labels"]["rows"] == FIRST
    assert set(card.parts) == {"Person", "Place", "Company"}
    status = describe(key, store)
    assert status["learning"]["usable"]["usable"] == len(EXAMPLE.tasks)


def test_the_example_events_are_of_spans(clock):
    body: dict[str, Any] = json.loads(load_event("webhook-annotation-created-spans")["body"])
    request = json.loads(load_event("predict-spans")["body"])
    event = read_event(body, clock.now)

    from labelloop.recipes import control_of

    control = control_of(event.label_config or "")
    assert control.recipe == control_of(request["label_config"]).recipe == "spans"
    assert control.label_of(event.annotations[0].result) == [[5, 17, "Person"], [26, 32, "Place"]]

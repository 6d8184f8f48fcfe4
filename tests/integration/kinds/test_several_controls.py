"""Two controls of one config go through the whole loop as one version."""

from typing import Any

import pytest

from labelloop.bucket.project import Project
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.doubt import doubt
from labelloop.usecases.serving.predict import predict
from tests.deps import stored_versions, training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import ranked
from tests.kinds.example import Example
from tests.kinds.several_controls import EXAMPLE


@pytest.fixture
def example() -> Example:
    return EXAMPLE


@pytest.fixture
def studio(clock) -> MemoryLabelStudio:
    offered = ("bad", "good", "Delivery", "Price", "Service")
    return MemoryLabelStudio(offered, clock=clock)


def test_two_controls_are_learnt_judged_served_and_ranked_together(
    studio, id_, key, store, rank_queue, clock, label, ranking_of
):
    deps = training_deps(store, rank_queue, clock, min_labels=10, strategy="typical_then_margin")
    versions = stored_versions(store, clock)
    ranking = ranking_of(studio, versions, strategy="typical_then_margin", queue_length=20)

    assert RankOutcome.PUSHED in ranked(RankWakeUp(key), ranking, clock)
    label(range(36))
    assert train(WakeUp(key, "sweep"), deps) is TrainOutcome.SWITCHED
    active = Project(store, key).active().value
    assert active.recipe == "several_controls"
    rank_queue.sent.clear()
    assert RankOutcome.PUSHED in ranked(RankWakeUp(key), ranking, clock)

    pushed = studio.predictions_of(id_, active.version)
    shown = [one["result"] for one in pushed if one["result"]]
    assert all([r["from_name"] for r in one] == ["tone", "about.what"] for one in shown)
    assert shown

    label(range(36, 60))
    train(WakeUp(key, "sweep"), deps)
    card = Project(store, key).card(Project(store, key).active_version())
    assert card is not None
    assert card.recipe == "several_controls"
    assert card.gate["numbers"]
    assert set(card.parts) >= {"tone:good", "about%2Ewhat:Price"}

    data: dict[str, Any] = {"message": "lovely, great, the bill says what it costs"}
    served = stored_versions(store, clock).of(key)
    (answer,) = predict([{"id": 1, "data": data}], EXAMPLE.config, served, Toolbox())
    assert [one["value"]["choices"] for one in answer.result] == [["good"], ["Price"]]
    status = describe(key, store)
    assert status["learning"]["choice"] == "tone, about.what"
    assert status["learning"]["others"] == ["TextArea 'note'"]
    assert status["told"]
    assert "doubts" in doubt(key, store)

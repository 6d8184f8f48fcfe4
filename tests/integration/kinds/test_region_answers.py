"""Answers about spans go through the whole loop, in one version with the spans themselves."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelloop.bucket.project import Project
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.score import Scene
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.doubt import doubt
from labelloop.usecases.serving.predict import predict
from tests.deps import stored_versions, training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import annotate, ranked
from tests.kinds.example import Example
from tests.kinds.region_answers import CONFIG, EXAMPLE

Region = dict[str, Any]
OFFERED = ("Product", "Problem", "Low", "High", "Keep", "Return")
NAMED = "TextArea 'norm' (asked of each region; such answers are not learnt)"


@pytest.fixture
def example() -> Example:
    return EXAMPLE


@pytest.fixture
def studio(clock) -> MemoryLabelStudio:
    return MemoryLabelStudio(OFFERED, clock=clock)


@pytest.fixture
def deps(store, rank_queue, clock):
    return training_deps(store, rank_queue, clock, min_labels=10, strategy="typical_then_margin")


def severities(result: list[Region]) -> dict[str, list[str]]:
    """Return what a result says of regions, by their ids."""
    return {one["id"]: one["value"]["choices"] for one in result if one["from_name"] == "severity"}


def problems_in(result: list[Region]) -> set[str]:
    """Return the ids of the regions that mark a problem."""
    return {one["id"] for one in result if one["value"].get("labels") == ["Problem"]}


def test_spans_and_what_is_said_of_each_are_learnt_judged_served_and_ranked_together(
    studio, id_, key, store, rank_queue, clock, label, ranking_of, deps
):
    versions = stored_versions(store, clock)
    ranking = ranking_of(studio, versions, strategy="typical_then_margin", queue_length=20)

    assert RankOutcome.PUSHED in ranked(RankWakeUp(key), ranking, clock)
    label(range(36))
    assert train(WakeUp(key, "sweep"), deps) is TrainOutcome.SWITCHED
    active = Project(store, key).active().value
    assert active.recipe == "several_controls"
    rank_queue.sent.clear()
    assert RankOutcome.PUSHED in ranked(RankWakeUp(key), ranking, clock)

    pushed = [one["result"] for one in studio.predictions_of(id_, active.version)]
    shown = [one for one in pushed if one]
    assert shown
    assert all(severities(one).keys() == problems_in(one) for one in shown)
    assert any(severities(one) for one in shown)

    label(range(36, 60))
    train(WakeUp(key, "sweep"), deps)
    card = Project(store, key).card(Project(store, key).active_version())
    assert card is not None
    assert card.gate["numbers"]
    assert set(card.parts) >= {"span:Problem", "severity:High", "overall:Keep"}
    assert "severity:High" in card.insights["by_class"]

    data = {"text": "The lamp came totally broken and was a little dusty, order 5."}
    served = stored_versions(store, clock).of(key)
    (answer,) = predict([{"id": 1, "data": data}], CONFIG, served, Toolbox())
    said = severities(answer.result)
    assert said == {"span-14-28": ["High"], "span-37-51": ["Low"]}
    status = describe(key, store)
    assert status["learning"]["choice"] == "span, overall, severity"
    assert status["learning"]["others"] == [NAMED]
    assert "doubts" in doubt(key, store)


def test_a_version_of_the_spans_alone_is_served_until_answers_about_them_are_learnt(
    key, store, clock, label, deps
):
    """As after an update from a release that knew no answers about regions."""

    def spans(data: Region) -> list[Region]:
        return [one for one in EXAMPLE.answer(data) if one["from_name"] != "severity"]

    label(range(30), spans)
    assert train(WakeUp(key, "sweep"), deps) is TrainOutcome.SWITCHED
    served = stored_versions(store, clock).of(key)
    (before,) = predict([{"id": 1, "data": EXAMPLE.tasks[1]}], CONFIG, served, Toolbox())

    label(range(30, 60))
    assert train(WakeUp(key, "sweep"), deps) is TrainOutcome.SWITCHED
    served = stored_versions(store, clock).of(key)
    (after,) = predict([{"id": 1, "data": EXAMPLE.tasks[1]}], CONFIG, served, Toolbox())

    assert problems_in(before.result)
    assert severities(before.result) == {}
    assert severities(after.result).keys() == problems_in(after.result)


def test_two_people_who_differ_on_a_region_are_both_heard_and_the_newest_decides(
    studio, id_, key, store, queue, clock, label, deps
):
    label(range(24))
    (task,) = [task for page in studio.tasks(id_) for task in page][1:2]
    other = [
        one | {"value": one["value"] | {"choices": ["Low"]}}
        if one["from_name"] == "severity"
        else one
        for one in EXAMPLE.answer(task["data"])
    ]
    accepting = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
    annotate(studio, id_, task, other, accepting, clock, by=2)
    train(WakeUp(key, "sweep"), deps)

    doubts = {one["task"]: one for one in doubt(key, store)["doubts"]}
    disagreed = doubts[task["id"]]
    assert disagreed["why"] == "annotators disagree"
    assert {said for *_, said in disagreed["label"]["severity"]} == {"Low"}
    assert {said for *_, said in disagreed["suggested"]["severity"]} == {"High"}


@pytest.mark.parametrize("heavy", ["span", "severity"])
def test_label_studios_weights_say_how_much_each_control_counts_in_the_order(
    heavy, studio, id_, key, store, clock, label, deps
):
    names = ("span", "overall", "severity")
    weights = {name: {"overall": 5.0 if name == heavy else 0.0} for name in names}
    studio.change_project(id_, control_weights=weights)
    label(range(36))
    train(WakeUp(key, "sweep"), deps)
    project = Project(store, key)
    served = stored_versions(store, clock).of(key)
    scene = Scene(served, project.dataset(project.dataset_pointer().value), project, Toolbox())
    even = replace(scene, dataset=replace(scene.dataset, settings={}))
    control, plain = scene.control, even.control
    assert control is not None
    assert plain is not None
    assert served.model is not None
    inputs = [control.input_of(data) for data in EXAMPLE.tasks[60:]]
    answers = served.model.answer(control.features(inputs, Toolbox()))

    by_weight, evenly = (one.measure.reading(answers).sureness() for one in (control, plain))
    alone: Any = control
    own = alone.only(["span", heavy]).weighted({"span": heavy == "span", heavy: 1.0})

    assert np.allclose(by_weight, own.measure.reading(answers).sureness())
    assert not np.allclose(by_weight, evenly)
    learning = describe(key, store)["learning"]
    assert learning["weights"] == {name: 5.0 if name == heavy else 0.0 for name in names}

"""Texts that tasks have by address go through the loop as texts do, whatever kind they are of."""

import json
from datetime import timedelta
from typing import Any

import pytest

from labelloop.bucket.lease import TRAINER
from labelloop.messages import RankWakeUp
from labelloop.recipes import control_of, load
from labelloop.usecases.learning.train import TrainOutcome
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.serving.predict import predict
from labelloop.usecases.serving.serve import Versions
from labelloop.usecases.sweep import SweepDeps, sweep
from tests.about_texts import ABOUT_TEXTS
from tests.conftest import load_event
from tests.deps import ranking_deps
from tests.fakes import MemoryQueue
from tests.integration.kinds.loop import ranked
from tests.integration.kinds.project import STRATEGY, ChangingProject
from tests.kinds import (
    order_alone,
    region_answers,
    several_controls,
    spans,
    text_choices,
)
from tests.texts_by_address import HOST, Files, by_address

KINDS = {
    **ABOUT_TEXTS,
    "several": several_controls.EXAMPLE,
    "answers about spans": region_answers.EXAMPLE,
    "order alone": order_alone.EXAMPLE,
}
LABELLED, UNSEEN = range(30), range(40, 60)


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.mark.parametrize("has_encoder", [False, True], ids=["terms alone", "an encoder"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_ordered_learnt_and_predicted(kind, has_encoder, files):
    example = by_address(KINDS[kind], files)
    project = ChangingProject(example.config, example.tasks)
    unseen = [example.tasks[row] for row in UNSEEN]

    # Before any label: an order, in which none has a suggestion.
    assert RankOutcome.PUSHED in project.rank(files.toolbox(has_encoder))
    assert project.studio.predictions_of(project.id)
    if kind == "order alone":
        assert project.predict(unseen, files.toolbox()) == [[]] * len(unseen)
        return

    project.label(LABELLED, example.answer)
    assert project.train(files.toolbox(has_encoder)) is TrainOutcome.SWITCHED
    assert project.card.recipe == example.recipe
    assert project.card.labels == len(LABELLED)
    assert project.right(unseen, example.answer, files.toolbox(has_encoder)) > 0.4
    assert RankOutcome.PUSHED in project.rank(files.toolbox(has_encoder))
    assert project.studio.predictions_of(project.id, project.version)

    # What is out of reach gets nothing, and goes last.
    files.is_down = True
    assert project.predict(unseen, files.toolbox(has_encoder)) == [[]] * len(unseen)
    assert project.predict(unseen[:1], files.toolbox(has_encoder)) == [[]]
    assert project.train(files.toolbox(has_encoder)) is TrainOutcome.UP_TO_DATE


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_controls_are_learnt(kind, files):
    plain, fetched = (
        control_of(one.config) for one in (KINDS[kind], by_address(KINDS[kind], files))
    )

    assert fetched.about() == plain.about()
    assert fetched.asks == plain.asks


def test_spans_stand_where_the_page_counts_them(files):
    example = by_address(spans.EXAMPLE, files)
    project = ChangingProject(example.config, example.tasks)
    project.label(range(60), example.answer)
    project.train(files.toolbox())
    text = "\ufeffHi 😀 Ada Lovelace flew to Zürich.\r\n"
    shown = text.removeprefix("\ufeff")

    (result,) = project.predict([{"text": files.put(text)}], files.toolbox())

    marked = [shown[one["value"]["start"] : one["value"]["end"]] for one in result]
    assert marked == ["Ada Lovelace", "Zürich"]


def test_a_text_that_is_labelled_is_fetched_once(files):
    example = by_address(text_choices.EXAMPLE, files)
    project = ChangingProject(example.config, example.tasks)
    project.label(LABELLED, example.answer)
    project.train(files.toolbox())
    assert len(files.asked) == len(LABELLED)

    project.label(range(30, 32), example.answer)
    assert project.train(files.toolbox()) is TrainOutcome.SWITCHED
    assert len(files.asked) == len(LABELLED) + 2
    files.is_down = True
    project.label(range(32, 33), example.answer)
    assert project.train(files.toolbox()) is TrainOutcome.SWITCHED
    assert project.card.labels == len(LABELLED) + 2  # without the one that is out of reach
    files.is_down = False
    project.label(range(33, 34), example.answer)
    project.train(files.toolbox())
    assert project.card.labels == len(LABELLED) + 4


def test_too_few_texts_in_reach_put_a_training_off_and_keep_what_is_served(files):
    example = by_address(text_choices.EXAMPLE, files)
    project = ChangingProject(example.config, example.tasks)
    project.label(LABELLED, example.answer)
    files.is_down = True

    for _ in range(3):
        assert project.train(files.toolbox()) in (TrainOutcome.LEFT_TO_SWEEP, TrainOutcome.PUT_OFF)
        project.clock.sleep(300)

    reason = project.stored.lease(TRAINER).put_off(project.clock.now.timestamp()).reason
    assert "30 images or texts are out of reach (the server answered 503)" in reason
    files.is_down = False
    project.clock.now += timedelta(days=1)
    assert project.train(files.toolbox()) is TrainOutcome.SWITCHED


def test_what_is_out_of_reach_comes_into_the_order_later_and_status_names_it(files):
    example = by_address(text_choices.EXAMPLE, files)
    lost, odd = {"text": f"{HOST}none.txt"}, {"text": files.put("%PDF\0")}
    project = ChangingProject(example.config, [*example.tasks[:20], lost, odd])
    files.is_down = True
    assert _ranked(project, files)
    assert not project.studio.predictions_of(project.id)
    assert _sweep(project, files) == []

    files.is_down = False
    project.clock.now += timedelta(minutes=5)
    assert _sweep(project, files) == ["plan"]
    assert RankOutcome.PUSHED in _ranked(project, files)
    assert len(project.studio.predictions_of(project.id)) == 20

    unread = project.status["unread"]
    whys = {(why["reason"], why["is_final"]): why["examples"] for why in unread["why"]}
    assert set(whys) == {("the server answered 404", True), ("it is no text", True)}
    assert unread["line"].startswith("2 tasks are left out, with images or texts that can't be")
    assert "secret" not in json.dumps(unread)
    asked = len(files.asked)
    project.clock.now += timedelta(days=30)
    assert _sweep(project, files) == []
    _ranked(project, files)
    assert len(files.asked) == asked


def test_a_dialogue_that_is_none_is_left_out(files):
    example = by_address(spans.DIALOGUES, files)
    bad = [{"talk": files.put(text)} for text in ("no JSON", '{"a": 1}', "[" * 100_000)]
    project = ChangingProject(example.config, [*example.tasks, *bad])
    project.label(LABELLED, example.answer)
    project.train(files.toolbox())
    project.rank(files.toolbox())

    assert project.predict(bad, files.toolbox()) == [[], [], []]
    assert project.status["unread"]["tasks"] == 3


def test_the_events_of_a_text_by_address_are_of_this_kind(files):
    request = json.loads(load_event("predict-text-by-address")["body"])
    told = json.loads(load_event("webhook-annotation-created-text-by-address")["body"])
    config = request["label_config"]
    assert told["project"]["label_config"] == config
    example = by_address(spans.EXAMPLE, files)
    project = ChangingProject(config, example.tasks)
    data = [{"text_url": task["text"]} for task in example.tasks]
    project.studio.import_tasks(project.id, data)
    project.label(range(72, 132), lambda of: example.answer({"text": of["text_url"]}))
    project.train(files.toolbox())
    (address,) = (task["data"]["text_url"] for task in request["tasks"])
    files.bodies[address] = "Émile Zola walked through Paris.".encode()
    served = Versions(project.store, load, "").of(project.key)

    (answer,) = predict(request["tasks"], config, served, files.toolbox())

    assert [one["value"]["labels"] for one in answer.result] == [["Person"], ["Place"]]


def _deps(project: ChangingProject, files: Files) -> Any:
    versions = Versions(project.store, load, "", clock=lambda: project.clock.now.timestamp())
    return ranking_deps(
        project.store,
        MemoryQueue(),
        project.clock,
        train_queue=project.queue,
        versions=lambda: versions,
        label_studio=lambda: project.studio,
        tools=files.toolbox,
        strategy=STRATEGY,
        queue_length=100,
    )


def _ranked(project: ChangingProject, files: Files) -> list[RankOutcome]:
    return ranked(RankWakeUp(project.key), _deps(project, files), project.clock)


def _sweep(project: ChangingProject, files: Files) -> list[str]:
    """Sweep; return the steps of ranking that are asked for."""
    rank_queue = MemoryQueue()
    deps = SweepDeps(
        store=project.store,
        train_queue=MemoryQueue(),
        rank_queue=rank_queue,
        label_studio=lambda: project.studio,
        clock=project.clock,
        encoder="",
        fetches=True,
    )
    sweep(deps)
    return [wake_up.step for wake_up, _ in rank_queue.sent if wake_up.step != "trim"]

"""A deploy, or a person, takes another encoder where images are labelled: predictions go on."""

import json
from dataclasses import replace
from typing import Any

import pytest

from labelloop import bootstrap
from labelloop.adapters.encoder_files import base_of
from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Task
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.learning.vectors import Limits
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.rank import rank
from labelloop.usecases.serving import serve
from tests import tiny_encoder, tiny_images
from tests.builders import created, task
from tests.conftest import load_event
from tests.fakes import MemoryQueue
from tests.kinds import image_choices, texts_and_images
from tests.kinds.example import Example
from tests.tiny_images import COLOURS, inline, picture

KEY = json.loads(load_event("predict-predict")["body"])["project"]
SHARDS, TASKS_IN_ONE = 3, 10
KINDS = {"images": image_choices.EXAMPLE, "texts and images": texts_and_images.EXAMPLE}
ENCODERS = {
    "small": tiny_encoder.files(),
    "large": tiny_encoder.files(max_tokens=12),
    "eyes": tiny_images.files(),
    "glasses": tiny_images.files(mean=[0.4, 0.4, 0.4]),
}


def data_of(number: int) -> dict[str, Any]:
    colour = tuple(COLOURS)[number % 3]
    text = ("the loan has a high rate", "the train left early", "the soup was cold")[number % 3]
    return {
        "text": f"{text} {number:b}",
        "image": inline(picture(colour, number)),
        "ref": f"{number:03}-{colour}",
    }


def task_of(number: int) -> Task:
    return replace(task(number), data=data_of(number))


@pytest.fixture
def deploy(aws, monkeypatch, cold_start):
    """Deploy with other encoders: the functions start anew."""
    for name, files in ENCODERS.items():
        for file, body in files.items():
            bootstrap.store().create(f"encoders/{name}/{file}", body)
    monkeypatch.setattr(serve.Versions.of, "__defaults__", (0.0,))  # look at each request

    def deploy(texts: str, images: str) -> None:
        monkeypatch.setenv("ENCODER", texts)
        monkeypatch.setenv("IMAGE_ENCODER", images)
        cold_start()

    deploy("small", "eyes")
    return deploy


@pytest.fixture(params=KINDS)
def example(request) -> Example:
    return KINDS[request.param]


@pytest.fixture
def project(deploy, example) -> Project:
    """A project with labels, and a pool in three shards."""
    made = Project(bootstrap.store(), KEY)
    for number in range(1, 31):
        one, data = created(number, None), data_of(number)
        labelled = replace(one.annotations[0], result=example.answer(data))
        changes = {"project": KEY, "label_config": example.config, "annotations": (labelled,)}
        made.add_event(f"{number:04d}", replace(one, tasks=(task_of(number),), **changes))
    for shard in range(SHARDS):
        ids = range(100 * (shard + 1), 100 * (shard + 1) + TASKS_IN_ONE)
        made.pool.add(f"{shard:04d}", map(task_of, ids))
    made.pool.set_listed()
    return made


@pytest.fixture
def asked(call, example):
    """Ask for predictions; return their version, empty for empty ones."""

    def asked() -> str:
        body = json.loads(load_event("predict-predict")["body"])
        body["tasks"] = [body["tasks"][0] | {"id": n, "data": data_of(n)} for n in range(900, 903)]
        body["label_config"] = example.config
        results = call("predict-predict", body=json.dumps(body)).body["results"]
        (version,) = {one["model_version"] for one in results if one["result"]} or {""}
        assert version == "" or all(one["result"] for one in results)
        return str(version)

    return asked


def missing(call: Any) -> list[str]:
    """Return why no model is served, as the status says it."""
    path, query = "/status", {"project": KEY}
    event = {"queryStringParameters": query, "rawQueryString": f"project={KEY}"}
    status = call("predict-predict", path=path, method="GET", **event).body
    return [status["no_model"]["reason"]] if status["no_model"] else []


def trained(**changes: Any) -> TrainOutcome:
    return train(WakeUp(KEY, "sweep"), replace(bootstrap.train_deps(), **changes))


def ranked() -> RankOutcome:
    queue = MemoryQueue()
    queue.send(RankWakeUp(KEY), 0)
    outcomes = []
    while queue.sent:
        wake_up = queue.sent.pop(0)[0]
        outcomes.append(rank(wake_up, replace(bootstrap.rank_deps(), rank_queue=queue)))
    return outcomes[-1]


def names(encoder: str) -> set[str]:
    return {base_of(one) for one in encoder.split("+")}


def after_switch(project: Project, asked: Any, first: str) -> str:
    """Go through a switch of encoders that was chosen; return the encoders after it."""
    deps = bootstrap.sweep_deps()
    assert project.untrained_dataset(deps.encoder, deps.image_encoder, chosen=deps.chosen)
    assert asked() == first
    assert ranked() is RankOutcome.PLACED  # beside the encoders before

    # The version waits for its sample of the pool, which takes longer than there is time.
    assert trained(encoding=Limits(-1.0)) is TrainOutcome.LEFT_TO_SWEEP
    assert asked() == first

    assert trained() is TrainOutcome.SWITCHED
    second = project.active().value
    assert asked() == second.version != first
    record = project.evidence.of(second.version)
    assert record is not None
    assert len(record.sample.tasks) == SHARDS * TASKS_IN_ONE
    assert ranked() is RankOutcome.PLACED
    assert trained() is TrainOutcome.UP_TO_DATE
    return second.encoder


@pytest.fixture
def first(project, asked) -> str:
    """The version before the switch, beside `small` and `eyes`."""
    assert trained() is TrainOutcome.SWITCHED
    assert ranked() is RankOutcome.PLACED
    return str(asked())


def test_after_a_deploy_the_old_version_is_served_until_there_is_a_new_one(
    project, asked, deploy, first
):
    before = names(project.active().value.encoder)

    deploy("small", "glasses")

    assert names(after_switch(project, asked, first)) == before - {"eyes"} | {"glasses"}


@pytest.mark.parametrize("example", ["texts and images"], indirect=True)
def test_a_person_may_choose_the_encoder_of_the_texts(project, asked, first, call):
    body = json.dumps({"project": KEY, "encoder": "large"})
    call("predict-predict", path="/options", method="PUT", body=body)

    assert names(after_switch(project, asked, first)) == {"large", "eyes"}


@pytest.mark.parametrize("example", ["texts and images"], indirect=True)
def test_a_deploy_may_take_another_encoder_of_both(project, asked, deploy, first):
    deploy("large", "glasses")

    assert names(after_switch(project, asked, first)) == {"large", "glasses"}


def test_one_goes_back_to_the_old_version(project, asked, deploy, first, call):
    deploy("small", "glasses")
    trained()
    assert asked() != first

    body = json.dumps({"project": KEY, "version": first})
    assert call("predict-predict", path="/activate", method="POST", body=body).body["changed"]

    assert asked() == first
    assert ranked() is RankOutcome.PLACED
    assert trained() is TrainOutcome.UP_TO_DATE


@pytest.mark.parametrize("is_damaged", [True, False], ids=["damaged", "gone"])
def test_where_the_old_encoder_is_not_whole_nothing_is_waited_for(
    project, asked, deploy, first, call, aws, is_damaged
):
    key = "encoders/eyes/encoder.json"
    if is_damaged:
        aws.s3.put_object(Bucket=aws.bucket, Key=key, Body=b"damaged")
    else:
        aws.s3.delete_object(Bucket=aws.bucket, Key=key)
    deploy("small", "glasses")

    assert asked() == ""
    (reason,) = missing(call)
    why = "encoder eyes: encoder.json cannot be read" if is_damaged else "there is no encoder eyes"
    assert reason.startswith(f"{first} can't be served: {why}")
    assert reason.endswith("is trained in its place, which begins by itself")
    assert trained(encoding=Limits(-1.0)) is TrainOutcome.SWITCHED
    assert asked() == project.active_version() != first
    assert missing(call) == []


def test_a_stack_that_sees_images_no_more_predicts_nothing_of_them(
    project, asked, deploy, first, call, example
):
    deploy("small", "none")

    assert asked() == ""
    (reason,) = missing(call)
    assert "has no layer to run in: deploy with another ImageEncoder than none" in reason
    trained()
    assert asked() == ("" if example.recipe == "image_choices" else project.active_version())

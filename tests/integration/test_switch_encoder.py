"""A project gets another encoder while people label: no moment without predictions or an order."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from labelloop import bootstrap
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.bucket.features import FeatureFiles
from labelloop.bucket.project import Project
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.ports import utc_now
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.learning.vectors import Limits
from labelloop.usecases.ordering.limits import Limits as RankLimits
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.ordering.rank import rank
from labelloop.usecases.prune import prune
from labelloop.usecases.prune_features import StackEncoders
from labelloop.usecases.serving import serve
from labelloop.usecases.serving.describe import describe
from tests import tiny_encoder
from tests.builders import created, label_config, task
from tests.conftest import load_event
from tests.encoder_exports import states
from tests.fakes import MemoryQueue

KEY = json.loads(load_event("predict-predict")["body"])["project"]
WORDS = {"Positive": "a great film", "Negative": "boring"}
SHARDS, TASKS_IN_ONE = 12, 20
SAMPLED = 8  # of the shards
SLOW_S, HURRIED_S = 0.5, 0.4  # a shard takes longer than there is time


def reviews(first: int, last: int) -> list[Any]:
    config = label_config()
    return [
        replace(created(n, name, f"{WORDS[name]} {n:b}"), project=KEY, label_config=config)
        for n in range(first, last + 1)
        for name in [("Positive", "Negative")[n % 2]]
    ]


@pytest.fixture
def small(aws, monkeypatch) -> str:
    """The stack's encoder; beside it lies another one, which sees more."""
    monkeypatch.setenv("ENCODER", "small")
    monkeypatch.setattr(serve.Versions.of, "__defaults__", (0.0,))  # look at each request
    table = np.random.default_rng(1).normal(size=(27, 12)).astype(np.float32)
    large = tiny_encoder.files(states(table=table), dimensions=12, pooling="mean")
    for name, files in {"small": tiny_encoder.files(), "large": large}.items():
        for file, body in files.items():
            bootstrap.store().create(f"encoders/{name}/{file}", body)
    return bootstrap.tools().encoder


@pytest.fixture
def project(small) -> Project:
    """A project with twenty labels, and a pool in several shards."""
    made = Project(bootstrap.store(), KEY)
    for number, one in enumerate(reviews(1, 20)):
        made.add_event(f"{number:04d}", one)
    for shard in range(SHARDS):
        ids = range(100 * (shard + 1), 100 * (shard + 1) + TASKS_IN_ONE)
        made.pool.add(f"{shard:04d}", [task(id_, f"a film {id_:b} great") for id_ in ids])
    made.pool.set_listed()
    return made


@pytest.fixture
def asked(call):
    """Ask for predictions of three tasks; return the version. None of them may be empty."""

    def asked() -> str:
        body = json.loads(load_event("predict-predict")["body"])
        texts = ("a great film", "boring", "film of a boring boar")
        body["tasks"] = [
            body["tasks"][0] | {"id": 9000 + place, "data": {"text": text}}
            for place, text in enumerate(texts)
        ]
        results = call("predict-predict", body=json.dumps(body)).body["results"]
        assert all(one["result"] for one in results)
        (version,) = {one["model_version"] for one in results}
        return str(version)

    return asked


@pytest.fixture
def choose(call):
    def choose(status: int = 200, **options: Any) -> Any:
        body = json.dumps({"project": KEY} | options)
        answer = call("predict-predict", path="/options", method="PUT", body=body)
        assert answer.status == status, answer.text
        return answer.body

    return choose


def trained(hurried: bool = False) -> TrainOutcome:
    deps = bootstrap.train_deps()
    deps = replace(deps, encoding=Limits(2 * HURRIED_S)) if hurried else deps
    return train(WakeUp(KEY, "sweep"), deps)


@pytest.fixture
def slow(monkeypatch) -> None:
    """Encode a shard at a time, and slowly."""
    encode = OnnxEncoder.encode

    def slowly(self: OnnxEncoder, texts: Any) -> Any:
        time.sleep(SLOW_S if len(texts) >= TASKS_IN_ONE else 0)
        return encode(self, texts)

    monkeypatch.setattr(OnnxEncoder, "encode", slowly)


class Steps:
    """A ranking, a step at a time."""

    def __init__(self, hurried: bool = False) -> None:
        self.queue = MemoryQueue()
        self.queue.send(RankWakeUp(KEY), 0)
        limits = RankLimits(encoding_s=HURRIED_S if hurried else 60.0)
        self.deps = replace(bootstrap.rank_deps(), rank_queue=self.queue, limits=limits)

    def __iter__(self):
        while self.queue.sent:
            yield rank(self.queue.sent.pop(0)[0], self.deps)


def test_the_old_version_serves_until_one_beside_the_new_encoder_is_active(
    project, small, asked, choose, request
):
    assert trained() is TrainOutcome.SWITCHED
    list(Steps())
    first = asked()
    assert project.active().value.encoder == small
    assert project.orders.has(first)

    assert choose(encoder="large")["encoder"] == "large"

    # The trainer encodes labels and a sample of the pool; meanwhile nothing changes.
    request.getfixturevalue("slow")
    tries = 0
    while trained(hurried=True) is TrainOutcome.LEFT_TO_SWEEP:
        tries += 1
        assert asked() == first
        assert project.orders.has(first)
        assert tries < 50
    assert tries >= 3
    active = project.active().value
    assert active.encoder.startswith("large-")
    assert asked() == active.version != first  # by the process that served the first
    assert project.card(active.version).facts["landmarks"] > 0

    # The pool is encoded and ranked in steps; the order before stays until the new one is there.
    outcomes = []
    for outcome in Steps(hurried=True):
        outcomes.append(outcome)
        assert asked() == active.version
        assert project.orders.has(active.version) or project.orders.has(first)
    assert outcomes[-1] is RankOutcome.PLACED
    assert outcomes.count(RankOutcome.UNFINISHED) >= 2
    assert len(project.orders.newest(active.version).queue) == SHARDS * TASKS_IN_ONE


def test_one_goes_back_to_the_old_version_until_there_is_something_new_to_learn(
    project, small, asked, choose, call
):
    trained()
    first = asked()
    choose(encoder="large")
    trained()
    second = asked()

    body = json.dumps({"project": KEY, "version": first})
    answer = call("predict-predict", path="/activate", method="POST", body=body)

    assert answer.body["changed"], answer.text
    assert asked() == first
    assert list(Steps())[-1] is RankOutcome.PLACED  # beside the old encoder
    assert trained() is TrainOutcome.UP_TO_DATE
    assert asked() == first
    for number, one in enumerate(reviews(21, 24)):
        project.add_event(f"new-{number:04d}", one)
    assert trained() is TrainOutcome.SWITCHED
    third = project.active().value
    assert (asked(), third.passed_over) == (third.version, None)
    assert third.encoder == project.card(second).encoder


def test_after_features_were_pruned_going_back_encodes_anew(project, small, asked, choose):
    trained()
    list(Steps())
    choose(encoder="large")
    for number, one in enumerate(reviews(21, 22)):
        trained()
        project.add_event(f"new-{number:04d}", one)
    trained()
    list(Steps())
    stack = StackEncoders(small, chosen=bootstrap.sweep_deps().chosen)
    for day in range(1, 7):
        prune(project, 1, utc_now() + timedelta(days=day), stack)
    (folder,) = project.leftovers.features()
    assert "-large-" in folder

    choose(encoder=None)
    assert asked() == project.active_version()
    assert trained() is TrainOutcome.SWITCHED

    assert asked() == project.active_version()
    assert project.active().value.encoder == small
    record = project.evidence.of(asked())
    assert record is not None
    assert len(record.sample.tasks) == SAMPLED * TASKS_IN_ONE
    assert list(Steps())[-1] is RankOutcome.PLACED


def test_a_pool_whose_features_go_while_a_version_is_trained_beside_them_is_sampled_all_the_same(
    project, small, asked, choose, monkeypatch
):
    """The worst race: the deletion was decided before somebody went back, and comes now."""
    trained()
    choose(encoder="large")
    monkeypatch.setattr(FeatureFiles, "store_shard", lambda *_: None)  # gone as it is there
    assert trained() is TrainOutcome.SWITCHED

    record = project.evidence.of(asked())
    assert record is not None
    assert len(record.sample.tasks) == SAMPLED * TASKS_IN_ONE


def test_the_choice_is_taken_back(project, small, asked, choose):
    trained()
    choose(encoder="large")
    trained()
    assert project.active().value.encoder != small

    choose(encoder=None)
    trained()

    assert project.active().value.encoder == small
    assert asked() == project.active_version()


def test_after_a_deploy_with_another_encoder_the_old_version_is_served_until_there_is_a_new_one(
    project, small, asked, monkeypatch, cold_start
):
    trained()
    first = asked()
    monkeypatch.setenv("ENCODER", "large")
    cold_start()

    assert asked() == first
    assert list(Steps())[-1] is RankOutcome.PLACED
    assert trained() is TrainOutcome.SWITCHED
    assert asked() == project.active_version() != first


def test_a_project_may_do_without_an_encoder(project, asked, choose):
    choose(encoder="none")
    trained()

    assert project.active().value.encoder == ""
    assert list(Steps())[-1] is RankOutcome.PLACED
    assert asked() == project.active_version()


def test_one_that_is_not_there_is_not_chosen(project, choose, aws):
    told = choose(404, encoder="other")

    assert told["error"] == "there is no encoder other"
    assert "`labelloop encoder add other`" in told["fix"]
    assert project.options().value.encoder is None


@pytest.mark.parametrize("name", ["", "../small", "A", 7, ["small"]])
def test_a_name_that_can_be_none_is_not_chosen(project, choose, name):
    choose(422, encoder=name)


def test_a_version_whose_encoder_is_damaged_is_not_served_and_the_one_before_stays(
    project, asked, choose, aws, cold_start
):
    trained()
    first = asked()
    choose(encoder="large")
    trained()
    aws.s3.put_object(Bucket=aws.bucket, Key="encoders/large/model.onnx", Body=b"damaged")
    cold_start()

    assert asked() == first


def test_an_order_before_the_first_model_is_made_anew_beside_another_encoder(project, choose):
    for listed in project.pending():
        project.forget([listed])
    for number, one in enumerate(reviews(1, 3)):  # too few for a model
        project.add_event(f"few-{number}", one)
    trained()
    assert list(Steps())[-1] is RankOutcome.PLACED

    choose(encoder="large")
    trained()

    assert list(Steps())[-1] is RankOutcome.PLACED
    assert len(project.orders.newest("untrained").queue) == SHARDS * TASKS_IN_ONE


def test_the_sweep_wakes_a_project_whose_encoder_was_chosen(project, choose, small):
    trained()
    deps = bootstrap.sweep_deps()
    assert project.untrained_dataset(small, chosen=deps.chosen) is None

    choose(encoder="large")

    assert project.untrained_dataset(small, chosen=deps.chosen) is not None


def test_where_the_stack_has_no_encoder_none_is_chosen(project, choose, monkeypatch, cold_start):
    monkeypatch.setenv("ENCODER", "none")
    cold_start()

    assert "no layer to run in" in choose(404, encoder="large")["error"]


def test_a_project_that_chose_one_goes_on_without_it_where_a_deploy_takes_all_away(
    project, asked, choose, aws, monkeypatch, cold_start
):
    choose(encoder="large")
    trained()
    monkeypatch.setenv("ENCODER", "none")
    cold_start()
    deps = bootstrap.sweep_deps()

    assert project.untrained_dataset("", chosen=deps.chosen) is not None
    assert trained() is TrainOutcome.SWITCHED
    assert project.active().value.encoder == ""
    assert list(Steps())[-1] is RankOutcome.PLACED
    assert asked() == project.active_version()
    told = describe(project.key, bootstrap.store())["told"]
    assert any("the encoder large" in line and "than none" in line for line in told)


def test_a_stack_that_has_an_encoder_is_not_asked_for_one(project, choose):
    trained()
    choose(encoder="large")

    told = describe(project.key, bootstrap.store())["told"]

    (line,) = [line for line in told if "the encoder large" in line]
    assert line.endswith("is not in use yet: that takes a training")

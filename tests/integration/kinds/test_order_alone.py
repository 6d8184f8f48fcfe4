"""A project of which only the order is made: served before, while and after it is labelled."""

from datetime import datetime
from typing import Any, cast

import pytest

from labelloop.bucket.project import Project
from labelloop.labelstudio.payloads import read_event
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.intake.accept import AcceptDeps, accept
from labelloop.usecases.learning.train import train
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.predict import predict
from tests.deps import stored_versions, training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import ranked
from tests.kinds.example import Example
from tests.kinds.order_alone import EXAMPLE

QUEUE = 20


@pytest.fixture
def example() -> Example:
    return EXAMPLE


@pytest.fixture
def studio(clock) -> MemoryLabelStudio:
    return MemoryLabelStudio(clock=clock)


@pytest.fixture
def label_next(studio, id_, store, queue, clock):
    """Have people label the tasks that come first; return their ids."""

    def label_next(count: int) -> list[int]:
        deps = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
        done = []
        for _ in range(count):
            clock.sleep(1)
            task = studio.next_task(id_)
            data = next(t for page in studio.tasks(id_) for t in page if t["id"] == task)["data"]
            studio.annotate(task, EXAMPLE.answer(data))
            done.append(task)
            at = clock.now.isoformat().replace("+00:00", "Z")
            annotation = {"id": 10_000 + task, "task": task, "created_at": at, "updated_at": at}
            body = {
                "action": "ANNOTATION_CREATED",
                "project": studio.project(id_),
                "task": {"id": task, "data": data, "created_at": at, "updated_at": at},
                "annotation": annotation | {"result": EXAMPLE.answer(data)},
            }
            accept(read_event(body, cast(datetime, clock.now)), deps)
        return done

    return label_next


@pytest.fixture
def order(store, studio, clock, ranking_of):
    """Take a step of ranking, and all that it asks for."""
    versions = stored_versions(store, clock)
    deps = ranking_of(studio, versions, strategy="typical_then_margin", queue_length=QUEUE)

    return lambda wake_up: ranked(wake_up, deps, clock)


def test_tasks_come_in_order_while_they_are_labelled_and_nothing_is_predicted(
    studio, id_, key, store, rank_queue, clock, label_next, order
):
    deps = training_deps(store, rank_queue, clock, min_labels=10, strategy="typical_then_margin")
    assert RankOutcome.PUSHED in order(RankWakeUp(key))
    first = {one["task"] for one in studio.predictions_of(id_)}
    assert len(first) == QUEUE

    labelled: list[int] = []
    for _ in range(3):
        labelled += label_next(QUEUE - 2)
        train(WakeUp(key, "sweep"), deps)
        rank_queue.sent.clear()
        assert RankOutcome.PUSHED in order(RankWakeUp(key))
    assert len(set(labelled)) == 3 * (QUEUE - 2)
    # All tasks but the last few were in the queue by then, none of them with a suggestion.
    pushed: list[dict[str, Any]] = studio.predictions_of(id_)
    assert len({one["task"] for one in pushed}) >= len(labelled) + QUEUE
    assert not any(one["result"] for one in pushed)

    project = Project(store, key)
    assert project.active_version() == "untrained"
    assert project.untrained_dataset("") is None  # no sweep wakes a trainer for it
    status = describe(key, store)
    assert status["no_model"]["by_design"]
    assert not status["no_model"]["had_model"]
    assert status["refused"] is None
    assert status["put_off"] is None
    served = stored_versions(store, clock).of(key)
    (answer,) = predict([{"id": 1, "data": EXAMPLE.tasks[0]}], EXAMPLE.config, served, Toolbox())
    assert answer.result == []

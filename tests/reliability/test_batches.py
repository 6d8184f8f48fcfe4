"""What SQS does with our messages: partial batches, dead letters, a queue that is emptied."""

import json
from importlib import import_module
from itertools import product
from typing import Any

import pytest

import functions.train.app
from labelloop.bucket.project import Project
from labelloop.cli.redrive import move
from labelloop.errors import Unavailable
from labelloop.messages import WakeUp
from labelloop.usecases.learning.train import train
from labelloop.usecases.sweep import SweepDeps, sweep
from tests.builders import PROJECT, reviews
from tests.conftest import load_event
from tests.fakes import MemoryQueue, MemoryStore
from tests.integration.conftest import CONTEXT
from tests.reliability.report import find
from tests.reliability.training import no_model, training

MESSAGES = 10


class PartlyDown(MemoryStore):
    """A store that fails for some projects."""

    failing: frozenset[str] = frozenset()

    def list(self, prefix: str) -> Any:
        if prefix.split("/")[1] in self.failing:
            raise Unavailable("simulated")
        return super().list(prefix)


def test_exactly_the_messages_that_failed_come_again(monkeypatch):
    store, wrong = PartlyDown(), 0
    deps = training(store)
    monkeypatch.setattr(functions.train.app, "train_deps", lambda: deps)
    names = [f"{number}.1795398621" for number in range(1, MESSAGES + 1)]
    event = {"Records": [record(name, WakeUp(name, "sweep").to_json()) for name in names]}
    for chosen in product((False, True), repeat=MESSAGES):
        failing = {name for name, fails in zip(names, chosen, strict=True) if fails}
        store.failing = frozenset(failing)
        answer = functions.train.app.lambda_handler(event, CONTEXT)
        named = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
        wrong += sorted(named) != sorted(failing)

    find("partial batches: wrong answers", wrong, f"of {2**MESSAGES:,} subsets of {MESSAGES}")


def record(id_: str, body: str) -> dict[str, Any]:
    (template,) = load_event("train-wake-up")["Records"]
    return template | {"messageId": id_, "body": body}


def test_a_queue_that_was_emptied_heals_by_the_sweep():
    store, queue, projects = MemoryStore(), MemoryQueue(), [f"{n}.1795398621" for n in range(1, 51)]
    for name in projects:
        for number, event in enumerate(reviews(4)):
            Project(store, name).add_event(f"{number}", event)
    anything: Any = queue
    deps = training(store, no_model)

    sweep(
        SweepDeps(
            store=store,
            train_queue=anything,
            rank_queue=anything,
            label_studio=lambda: None,
            encoder="",
        )
    )
    for wake_up, _ in queue.sent:
        train(wake_up, deps)

    left = [name for name in projects if not Project(store, name).active().value.is_trained]
    find("emptied queue: projects not trained after a sweep", len(left), f"of {len(projects)}")


@pytest.fixture
def queues(aws) -> Any:
    """The queue of wake-ups with its dead letters, as the template joins them, hiding nothing."""
    dead = aws.sqs.create_queue(QueueName="dead")["QueueUrl"]
    attributes = aws.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    arn = attributes["Attributes"]["QueueArn"]
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": 5}
    aws.sqs.set_queue_attributes(
        QueueUrl=aws.queue_url,
        Attributes={"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "0"},
    )
    aws.dead_url = dead
    return aws


def consume(queues: Any) -> int:
    """Do once what the event source does; return how many messages there were."""
    received = queues.sqs.receive_message(QueueUrl=queues.queue_url, MaxNumberOfMessages=10)
    messages = received.get("Messages", [])
    if not messages:
        return 0
    event = {"Records": [record(one["MessageId"], one["Body"]) for one in messages]}
    answer = functions.train.app.lambda_handler(event, CONTEXT)
    failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
    for one in messages:
        if one["MessageId"] not in failed:
            queues.sqs.delete_message(QueueUrl=queues.queue_url, ReceiptHandle=one["ReceiptHandle"])
    return len(messages)


def waiting(queues: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    found = queues.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(found["Attributes"][name])


def test_a_poisonous_wake_up_is_a_dead_letter_after_five_tries(queues):
    queues.sqs.send_message(QueueUrl=queues.queue_url, MessageBody="poison")

    tries = sum(consume(queues) for _ in range(20))

    wrong = (tries != 5) + (waiting(queues, queues.dead_url) != 1)
    find("poisonous wake-up: not a dead letter after five tries", wrong, "of 1 message")


def test_a_poisonous_event_is_put_aside_and_the_others_train(queues):
    store = import_module("labelloop.bootstrap").store()
    project = Project(store, PROJECT)
    for number, event in enumerate(reviews(12)):
        project.add_event(f"{number:03d}", event)
    poison = (b"", b"{", b"[]", b"null", b'{"annotations": 7}', b"\xff", b"[" * 9_999)
    for number, body in enumerate(poison):
        store.create(f"projects/{PROJECT}/events/{number}-poison.json", body)
    queues.sqs.send_message(
        QueueUrl=queues.queue_url, MessageBody=WakeUp(PROJECT, "sweep").to_json()
    )

    consume(queues)

    aside, is_trained = project.quarantined(), project.active().value.is_trained
    wrong = abs(len(poison) - aside) + (not is_trained) + project.has_pending()
    find("poisonous events: not put aside, or in others' way", wrong, f"of {len(poison)} events")


def test_all_dead_letters_are_moved_back(queues):
    count = 137
    for number in range(count):
        body = WakeUp(f"{number}.1795398621", "sweep").to_json()
        queues.sqs.send_message(QueueUrl=queues.dead_url, MessageBody=body)

    moved = move(queues.sqs, queues.dead_url, queues.queue_url)

    left, there = waiting(queues, queues.dead_url), waiting(queues, queues.queue_url)
    wrong = abs(count - moved) + left + abs(count - there)
    find("redrive: dead letters not moved", wrong, f"of {count} messages")

"""Each alarm of the template: raised by the real code, and healed by the runbook's command.

The handlers run on moto. What they print is taken in as metrics, and what AWS measures of them is
measured: errors and durations of calls, statuses of answers, messages of queues.
"""

import json
import re
import shlex
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from labelloop import bootstrap
from labelloop.bucket.project import Project
from labelloop.cli.address import Address
from labelloop.cli.app import app
from labelloop.errors import Unavailable
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.usecases.learning.train_version import train_version
from tests.builders import reviews
from tests.cloudformation import Resolved
from tests.cloudwatch import CloudWatch, watched
from tests.conftest import load_event
from tests.fakes import Clock
from tests.integration.cli.conftest import World, send
from tests.integration.cli.stacks import Stacks, sign_in
from tests.integration.conftest import CONTEXT

RUNBOOK = (Path(__file__).parents[3] / "RUNBOOK.md").read_text()
STACK = Resolved({"DailyCostLimit": 1})
ALARMS = STACK.of_type("AWS::CloudWatch::Alarm")
TRIES = STACK.properties("TrainQueue")["RedrivePolicy"]["maxReceiveCount"]


class Operations:
    """A deployment that is watched: the handlers, what AWS measures of them, and the operator."""

    def __init__(self, world: World, clock: Clock, monkeypatch, capsys) -> None:
        self.world, self.clock, self.monkeypatch = world, clock, monkeypatch
        self.cloudwatch = CloudWatch(clock)
        self._capsys = capsys
        self._numbers = count(1)
        sqs = world.aws.sqs
        self.urls = {"TrainQueueUrl": world.aws.queue_url}
        self.urls["RankQueueUrl"] = sqs.get_queue_url(QueueName="rank")["QueueUrl"]
        for name in ("Train", "Rank"):
            url = sqs.create_queue(QueueName=f"dead-{name}")["QueueUrl"]
            self.urls[f"{name}DeadLetterQueueUrl"] = url
            arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
            redrive = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": TRIES}
            attributes = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "0"}
            sqs.set_queue_attributes(QueueUrl=self.urls[f"{name}QueueUrl"], Attributes=attributes)

    @property
    def project(self) -> Project:
        return Project(bootstrap.store(), self.world.key)

    def state(self, alarm: str) -> str:
        return self.cloudwatch.state(ALARMS[alarm])

    # -- what AWS does -----------------------------------------------------------------------

    def call(self, function: str, event: dict[str, Any]) -> Any:
        """Call a function; Lambda measures how long it takes, and whether it raises."""
        handler, began, errors = import_module(f"functions.{function}.app").lambda_handler, 0.0, 0
        began = self.clock().timestamp()
        try:
            return handler(event, CONTEXT)
        except Exception:
            errors = 1
            raise
        finally:
            name = {"FunctionName": f"{function.title()}Function"}
            seconds = self.clock().timestamp() - began
            self.cloudwatch.put("AWS/Lambda", "Duration", 1_000 * seconds, **name)
            self.cloudwatch.put("AWS/Lambda", "Errors", errors, **name)
            self.read()

    def deliver(self, function: str, times: int = 1) -> None:
        """Hand the messages of a queue to its function; those that it reports come again."""
        sqs, queue = self.world.aws.sqs, self.urls[f"{function.title()}QueueUrl"]
        (template,) = load_event("train-wake-up")["Records"]
        for _ in range(times):
            received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            for message in received.get("Messages", []):
                record = template | {"messageId": "m", "body": message["Body"]}
                answer = self.call(function, {"Records": [record]})
                if not answer["batchItemFailures"]:
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        sqs.receive_message(QueueUrl=queue)  # what was received too often leaves the queue now
        self.measure_dead_letters()

    def measure_dead_letters(self) -> None:
        name = "ApproximateNumberOfMessages"
        for queue in ("Train", "Rank"):
            url = self.urls[f"{queue}DeadLetterQueueUrl"]
            of = self.world.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
            dimension = {"QueueName": f"{queue}DeadLetterQueue.QueueName"}
            visible = float(of["Attributes"][name])
            self.cloudwatch.put("AWS/SQS", f"{name}Visible", visible, **dimension)

    def sweep(self) -> None:
        with suppress(Exception):
            self.call("sweep", load_event("sweep-schedule"))

    def request(self, path: str, password: str) -> int:
        """Send a request through the gateway, which counts answers."""
        at = Address("https://loop.example.com", "labelloop", password)
        status, _ = send(at, "GET", path, None)
        self.cloudwatch.put("AWS/ApiGateway", "Count", 1, ApiId="Api")
        self.cloudwatch.put("AWS/ApiGateway", "5xx", float(status >= 500), ApiId="Api")
        self.read()
        return status

    def read(self) -> None:
        self.cloudwatch.read(self._capsys.readouterr().out)

    # -- what happens ------------------------------------------------------------------------

    def label(self, times: int) -> None:
        """Store events of new labels, as the webhook does."""
        for number in range(times):
            (event,) = reviews(1, first=next(self._numbers))
            self.project.add_event(f"event-{number}", replace(event, project=self.world.key))

    def annotate(self, times: int) -> None:
        """Label in Label Studio, whose events get lost."""
        texts = [{"text": f"Text {next(self._numbers)}"} for _ in range(times)]
        for task in self.world.studio.import_tasks(self.world.project, texts):
            self.world.studio.annotate(task, "Positive")

    @contextmanager
    def broken(self, where: str):
        """Have something outside fail in a function."""

        def fail(*_: Any, **__: Any) -> Any:
            raise Unavailable("S3 is down")

        with self.monkeypatch.context() as patched:
            patched.setattr(where, fail)
            yield

    # -- the operator ------------------------------------------------------------------------

    def run(self, *command: str) -> None:
        """Run a command of the runbook."""
        assert f"labelloop {command[0]}" in RUNBOOK
        ran = self.world.run(*command)
        assert ran.exit_code == 0, ran.output
        self.read()

    def redrive(self) -> None:
        assert "labelloop redrive" in RUNBOOK
        self.run_with_aws("redrive")

    def run_with_aws(self, *command: str) -> None:
        """Run a command that finds what it needs by the stack."""
        logs = boto3.client("logs")
        groups = {f"{name}LogGroup": f"group-of-{name}" for name in ("Train", "Sweep")}
        groups |= {f"{name}LogGroup": f"group-of-{name}" for name in ("Webhook", "Predict")}
        for group in groups.values():
            with suppress(ClientError):  # it is there already
                logs.create_log_group(logGroupName=group)
        stacks = Stacks(self.urls, {"AWS::Logs::LogGroup": groups})
        sign_in(self.monkeypatch, stacks, sqs=self.world.aws.sqs, logs=logs)
        ran = CliRunner().invoke(app, [*command])
        assert ran.exit_code == 0, ran.output

    def run_section(self, alarm: str) -> None:
        """Run all of Labelloop's commands of a section of the runbook, as they stand there."""
        lines = re.findall(r"^(?:[A-Z_]+=\S+ )?labelloop ([^|\n]+)", section(alarm), re.MULTILINE)
        for words in map(shlex.split, lines):
            if words[0] in ("logs", "redrive"):
                self.run_with_aws(*words)
            else:
                assert words[1:] == ["--project", "38"], words  # the world gives its own
                ran = self.world.run(words[0])
                finds = (0, 1) if words[0] == "doctor" else (0,)
                assert ran.exit_code in finds, ran.output
                assert "Traceback" not in ran.output


def section(alarm: str) -> str:
    """Return what the runbook says of an alarm."""
    _, _, rest = RUNBOOK.partition(f"## {alarm}\n")
    return rest.partition("\n## ")[0]


@pytest.fixture
def operations(world, clock, monkeypatch, capsys) -> Operations:
    variables = STACK.properties("TrainFunction")["Environment"]["Variables"]
    for name in ("POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"):
        monkeypatch.setenv(name, variables[name])
    made = Operations(world, clock, monkeypatch, capsys)
    connected = replace(
        bootstrap.sweep_deps(),
        label_studio=lambda: world.studio,
        clock=lambda: max(bootstrap.sweep_deps().clock(), clock()),
    )
    monkeypatch.setattr("functions.sweep.app.sweep_deps", lambda: connected)
    return made


def raise_dead_letters(operations: Operations) -> None:
    bootstrap.queue().send(WakeUp(operations.world.key, "sweep"), 0)
    with operations.broken("functions.train.app.train_deps"):
        operations.deliver("train", TRIES)


def heal_dead_letters(operations: Operations) -> None:
    operations.clock.sleep(3 * 300)
    operations.redrive()
    operations.deliver("train")


def raise_rank_dead_letters(operations: Operations) -> None:
    bootstrap.rank_queue().send(RankWakeUp(operations.world.key), 0)
    with operations.broken("functions.rank.app.rank_deps"):
        operations.deliver("rank", TRIES)


def heal_rank_dead_letters(operations: Operations) -> None:
    operations.clock.sleep(3 * 300)
    operations.redrive()
    found = replace(bootstrap.rank_deps(), label_studio=lambda: operations.world.studio)
    operations.monkeypatch.setattr("functions.rank.app.rank_deps", lambda: found)
    operations.deliver("rank")


def raise_training_errors(operations: Operations) -> None:
    bootstrap.queue().send(WakeUp(operations.world.key, "sweep"), 0)
    with operations.broken("functions.train.app.train_deps"):
        operations.deliver("train")
        assert operations.state("TrainingErrorsAlarm") == "OK"  # the next try may succeed
        operations.deliver("train")


def heal_training_errors(operations: Operations) -> None:
    operations.run("status")
    operations.clock.sleep(3 * 3600)
    operations.deliver("train")


def raise_training_time(operations: Operations) -> None:
    """A training that takes 250 s."""

    def slow(*arguments: Any) -> bool:
        operations.clock.sleep(250)
        return train_version(*arguments)

    operations.monkeypatch.setattr("labelloop.usecases.learning.train.train_version", slow)
    operations.label(10)
    bootstrap.queue().send(WakeUp(operations.world.key, "sweep"), 0)
    operations.deliver("train")


def heal_training_time(operations: Operations) -> None:
    operations.run("pin")
    operations.clock.sleep(3 * 300)
    operations.label(1)
    bootstrap.queue().send(WakeUp(operations.world.key, "sweep"), 0)
    operations.deliver("train")


def raise_oldest_label(operations: Operations) -> None:
    operations.label(10)  # whose wake-ups are lost
    operations.clock.now = bootstrap.sweep_deps().clock()
    operations.clock.sleep(5_000)
    operations.sweep()
    assert operations.state("OldestLabelAlarm") == "OK"
    operations.clock.sleep(1_000)
    operations.sweep()


def heal_oldest_label(operations: Operations) -> None:
    operations.run("repair")
    operations.deliver("train")
    operations.clock.sleep(3 * 300)
    operations.sweep()


def raise_lost_events(operations: Operations) -> None:
    operations.annotate(4)
    operations.project.set_ordered()
    operations.sweep()
    assert operations.state("LostEventsAlarm") == "OK"  # what was there before it was connected
    operations.project.forget(operations.project.pending())
    operations.annotate(12)
    operations.sweep()


def heal_lost_events(operations: Operations) -> None:
    assert not operations.world.admin.hooks
    operations.run("connect")
    assert operations.world.admin.hooks
    operations.clock.sleep(3 * 3600)
    operations.sweep()


def raise_unauthorised(operations: Operations) -> None:
    for number in range(10):
        assert operations.state("UnauthorisedAlarm") == "OK"
        assert operations.request(("/setup", "/versions")[number % 2], "wrong") == 401


def heal_unauthorised(operations: Operations) -> None:
    operations.run("connect")
    operations.clock.sleep(3 * 900)
    assert operations.request("/versions", "example-password") == 200


def raise_token(operations: Operations) -> None:
    operations.project.set_ordered()
    operations.world.studio.denied = True
    operations.sweep()


def heal_token(operations: Operations) -> None:
    operations.world.studio.denied = False  # a new token
    operations.run("connect")
    assert bootstrap.token().read() == "made-up-token"
    operations.clock.sleep(3 * 300)
    operations.sweep()


def raise_api_errors(operations: Operations) -> None:
    with operations.broken("labelloop.web.api.list_versions"):
        assert operations.request("/versions", "example-password") == 503


def heal_api_errors(operations: Operations) -> None:
    operations.world.run("doctor")
    operations.clock.sleep(3 * 300)
    assert operations.request("/versions", "example-password") == 200


def raise_sweep_errors(operations: Operations) -> None:
    with operations.broken("labelloop.usecases.sweep._in_turn"):
        operations.sweep()


def heal_sweep_errors(operations: Operations) -> None:
    operations.world.run("doctor")
    operations.clock.sleep(3 * 300)
    operations.sweep()


def raise_cost(operations: Operations) -> None:
    """Trainings without end: 69 calls of 300 s with 3 GB are 1.01 dollars."""
    for calls in range(69):
        assert operations.state("CostAlarm") == "OK", calls
        operations.cloudwatch.put("AWS/Lambda", "Duration", 300_000, FunctionName="TrainFunction")


def heal_cost(operations: Operations) -> None:
    operations.run("pin")
    operations.clock.sleep(86_400)
    operations.sweep()


SCENARIOS: dict[str, tuple[Callable[[Operations], None], Callable[[Operations], None]]] = {
    "DeadLettersAlarm": (raise_dead_letters, heal_dead_letters),
    "RankDeadLettersAlarm": (raise_rank_dead_letters, heal_rank_dead_letters),
    "TrainingErrorsAlarm": (raise_training_errors, heal_training_errors),
    "TrainingTimeAlarm": (raise_training_time, heal_training_time),
    "OldestLabelAlarm": (raise_oldest_label, heal_oldest_label),
    "LostEventsAlarm": (raise_lost_events, heal_lost_events),
    "UnauthorisedAlarm": (raise_unauthorised, heal_unauthorised),
    "TokenAlarm": (raise_token, heal_token),
    "ApiErrorsAlarm": (raise_api_errors, heal_api_errors),
    "SweepErrorsAlarm": (raise_sweep_errors, heal_sweep_errors),
    "CostAlarm": (raise_cost, heal_cost),
}


def test_each_alarm_is_raised_here():
    assert set(SCENARIOS) == set(ALARMS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_alarm_is_raised_by_what_it_is_about_and_healed_by_the_runbook(name, operations):
    fire, heal = SCENARIOS[name]
    assert operations.state(name) == "OK"

    fire(operations)
    assert operations.state(name) == "ALARM"
    assert set(watched(ALARMS[name])) & operations.cloudwatch.series

    heal(operations)
    assert operations.state(name) == "OK"

    operations.run_section(name)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_runbook_says_of_each_alarm_what_it_means_and_what_to_run(name):
    assert f"RUNBOOK.md: {name}" in ALARMS[name]["AlarmDescription"]
    assert re.search(r"^```sh\n(.+\n)+```$", section(name), re.MULTILINE), name
    assert re.match(r"\w.{40,}", section(name).strip()), name

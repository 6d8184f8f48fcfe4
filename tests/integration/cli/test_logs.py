"""`labelloop logs`, against CloudWatch as moto plays it."""

import json
import time
from types import SimpleNamespace

import boto3
import pytest
from typer.testing import CliRunner

from labelloop.cli.app import app
from tests.integration.cli.stacks import Stacks, sign_in

GROUPS = {"TrainLogGroup": "group-of-train", "SweepLogGroup": "group-of-sweep"}


@pytest.fixture
def put(aws, monkeypatch):
    """Log lines of a function, so many seconds ago."""
    logs = boto3.client("logs")
    for group in GROUPS.values():
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="one")
    sign_in(monkeypatch, Stacks({}, {"AWS::Logs::LogGroup": GROUPS}), logs=logs)

    def put(function: str, ago_s: float, **fields):
        text = json.dumps({"level": "INFO", "message": "done"} | fields)
        event = {"timestamp": int((time.time() - ago_s) * 1000), "message": text}
        group = GROUPS[f"{function.title()}LogGroup"]
        logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[event])

    return put


def run(*arguments: str):
    return CliRunner().invoke(app, ["logs", *arguments])


def messages(*arguments: str) -> list[str]:
    ran = run(*arguments, "--json")
    assert ran.exit_code == 0, ran.output
    return [json.loads(line)["message"] for line in ran.stdout.splitlines()]


def test_the_entries_of_all_functions_come_in_the_order_of_time(put):
    put("train", 60, message="first", project="38.1")
    put("sweep", 40, message="second")
    put("train", 20, message="third")
    put("train", 7_200, message="too old")

    assert messages() == ["first", "second", "third"]
    assert messages("--since", "3h")[0] == "too old"
    assert messages("--function", "sweep") == ["second"]
    assert messages("--project", "38") == ["first"]
    assert messages("--project", "39") == []
    output = run().stdout.splitlines()
    assert len(output) == 3
    assert output[0].split()[2:] == ["train", "INFO", "first", "project=38.1"]


def test_only_errors_are_shown_if_wanted(put):
    put("train", 60, message="fine")
    put("train", 50, message="bad", level="ERROR")

    assert messages("--errors") == ["bad"]


def test_new_entries_are_followed_and_shown_once(put, monkeypatch):
    put("train", 60, message="first")
    put("sweep", 1, message="second")
    looks = []

    def pass_time(_):
        looks.append(1)
        if len(looks) == 1:
            put("train", 0, message="third")
        elif len(looks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("labelloop.cli.logs.time.sleep", pass_time)

    ran = run("--follow")

    assert [line.split()[4] for line in ran.stdout.splitlines()] == ["first", "second", "third"]


def test_entries_without_an_id_as_the_local_stacks_are_followed_all_the_same(monkeypatch):
    event = {"timestamp": int(time.time() * 1000), "logStreamName": "one", "message": "only one"}
    pages = SimpleNamespace(paginate=lambda **_: [{"events": [event]}])
    logs = SimpleNamespace(get_paginator=lambda _: pages)
    sign_in(monkeypatch, Stacks({}, {"AWS::Logs::LogGroup": {"A": "group"}}), logs=logs)
    looks: list[int] = []

    def pass_time(_):
        looks.append(1)
        if len(looks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("labelloop.cli.logs.time.sleep", pass_time)

    assert run("--follow").stdout.count("only one") == 1


def test_a_function_that_is_not_there_is_told_with_those_that_are(put):
    ran = run("--function", "paint")

    assert ran.exit_code == 1
    assert "no function paint" in ran.stderr
    assert "sweep, train" in ran.stderr


@pytest.mark.parametrize("since", ["1", "h", "-1h", "1w", "1.5h", ""])
def test_a_time_that_is_none_is_a_wrong_command_line(put, since):
    assert run("--since", since).exit_code == 2


def test_where_nothing_was_logged_nothing_is_written(put):
    ran = run("--json")

    assert (ran.exit_code, ran.stdout) == (0, "")
    assert "no such entry" in run().stderr


def test_no_password_is_shown(put):
    put("train", 5, message="no answer from https://me:hidden-word@host", why="Basic aGlkZGVu")

    assert "hidden-word" not in run().output
    assert "aGlkZGVu" not in run("--json").output


def test_rich_markup_in_a_message_is_shown_as_it_is(put):
    put("train", 5, message="[red]x[/] [/")

    assert "[red]x[/] [/" in run().stdout

"""Log lines as people read them."""

import json

import pytest

from labelloop.cli.log_entries import read_entry, without_secrets

AT = 1_795_000_000_000


def logged(**fields):
    common = {"level": "INFO", "message": "wake-up done", "location": "x:1", "service": "labelloop"}
    return json.dumps(common | fields)


def test_a_structured_line_is_told_with_its_facts():
    entry = read_entry("train", AT, logged(project="38.1", outcome="up to date", cold_start=True))

    assert entry is not None
    assert entry.line() == (
        '2026-11-18 11:06:40  train   INFO     wake-up done  project=38.1 outcome="up to date"'
    )
    assert entry.is_of("38")
    assert entry.is_of("38.1")
    assert not entry.is_of("3")
    assert not entry.is_error


def test_of_an_exception_its_last_line_is_told():
    text = logged(
        level="ERROR", exception_name="KeyError", exception="Traceback\n  File x\nKeyError: 'a'\n"
    )

    entry = read_entry("rank", AT, text)

    assert entry is not None
    assert entry.is_error
    assert entry.fields == {"error": "KeyError: 'a'"}


@pytest.mark.parametrize(
    "text",
    [
        "START RequestId: 1 Version: $LATEST",
        "END RequestId: 1",
        "REPORT RequestId: 1\tDuration: 3 ms",
        "INIT_START Runtime Version: python:3.13",
        logged(_aws={"CloudWatchMetrics": []}),
        "\n",
    ],
)
def test_metrics_and_what_lambda_writes_of_each_call_are_left_out(text):
    assert read_entry("train", AT, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-18T10:26:40Z 1 Task timed out after 300.00 seconds",
        "RequestId: 1 Error: Runtime exited with error: signal: killed",
        "REPORT RequestId: 1\tDuration: 300000 ms\tStatus: timeout",
        "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'",
    ],
)
def test_what_lambda_says_of_a_failure_is_an_error(text):
    entry = read_entry("train", AT, text)

    assert entry is not None
    assert entry.is_error


@pytest.mark.parametrize("text", ["[1]", "7", "[" * 100_000, "null", '"a"'])
def test_other_json_is_a_plain_line(text):
    entry = read_entry("train", AT, text)

    assert entry is not None
    assert (entry.level, entry.message) == ("INFO", text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET https://me:secret-word@host/x", "GET https://***@host/x"),
        ("Authorization: Basic dXNlcjpzZWNyZXQ=", "Authorization: Basic ***"),
        ("sent Token 0123456789abcdef", "sent Token ***"),
        ("Bearer eyJhbGciOi.eyJzdWIi.c2ln", "Bearer ***"),
        ("the token is missing", "the token is missing"),
    ],
)
def test_nothing_that_looks_like_a_password_is_shown(text, shown):
    assert without_secrets(text) == shown
    entry = read_entry("train", AT, logged(message=text, why=text))
    assert entry is not None
    assert (entry.message, entry.fields["why"]) == (shown, shown)


def test_nor_in_lists_and_objects_that_were_logged():
    tries = [{"url": "https://me:secret-word@host/x"}, "Basic dXNlcjpzZWNyZXQ="]
    line = json.dumps({"level": "INFO", "message": "tried", "tries": tries})

    entry = read_entry("rank", 0, line)

    assert entry is not None
    assert entry.row()["fields"] == {"tries": [{"url": "https://***@host/x"}, "Basic ***"]}
    assert "secret" not in entry.line()

"""What a command that cannot be done says, and how it exits."""

import json
import subprocess
import sys

import pytest

from labelloop.cli import session as session_module
from labelloop.errors import Denied, Unavailable
from tests.integration.cli.conftest import LABEL_STUDIO


@pytest.mark.parametrize(
    "arguments", [["bogus"], ["status", "--bogus"], ["activate"], ["rank", "--every", "x"]]
)
def test_a_wrong_command_line_exits_with_2(world, arguments):
    assert world.run(*arguments).exit_code == 2


def test_without_an_address_both_ways_to_give_one_are_told(world):
    ran = world.run("status", LABELLOOP_URL=None)

    assert ran.exit_code == 1
    assert "LABELLOOP_STACK" in ran.output
    assert "LABELLOOP_URL" in ran.output


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("loop.example.com", "lacks https://"),
        ("https://loop.example.com", "no user and password"),
        ("https://labelloop:wrong@loop.example.com:x", "not an address"),
    ],
)
def test_an_address_that_is_none_is_told_of(world, url, why):
    told = world.told("status", "--url", url, exit_code=1)

    assert why in told["error"]
    assert "https://user:password@host" in told["fix"]


def test_a_host_that_does_not_answer_is_told_of(world, monkeypatch):
    monkeypatch.undo()
    result = world.run("status", "--url", "http://u:made-up-password@127.0.0.1:9", "-p", world.key)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "does not answer at http://127.0.0.1:9" in result.stderr
    assert "made-up-password" not in result.output


def test_a_page_that_is_no_labelloop_is_told_of(world, monkeypatch):
    from labelloop.cli.backend import Backend

    html = lambda *_: (200, b"<html>")  # noqa: E731
    monkeypatch.setattr(session_module, "open_backend", lambda at: Backend(at, html))

    assert "no Labelloop" in world.told("status", exit_code=1)["error"]


def test_wrong_credentials_are_told_of(world):
    world.aws.ssm.put_parameter(Name="/labelloop/test", Value="a:b", Overwrite=True)

    assert "refuses the credentials" in world.told("status", exit_code=1)["error"]


@pytest.mark.parametrize("name", ["connect", "disconnect", "backfill", "status", "pin"])
def test_an_unknown_project_is_told_of(world, name):
    told = world.told(name, "--project", "999", exit_code=1)

    assert "has no project 999" in told["error"]


@pytest.mark.parametrize("project", ["x", "1.x", "../1.2"])
def test_a_project_that_is_no_number_is_told_of(world, project):
    assert world.run("status", "--project", project).exit_code == 1


def test_a_token_that_is_refused_is_told_of(world, monkeypatch):
    world.studio.denied = True

    told = world.told("connect", exit_code=1)

    assert "refuses the token" in told["error"]


def test_without_a_token_nobody_is_asked_unless_at_a_terminal(world):
    result = world.run("connect", LABEL_STUDIO_TOKEN=None)

    assert result.exit_code == 1
    assert "LABEL_STUDIO_TOKEN" in result.stderr


def test_without_label_studio_the_project_is_found_by_its_number(world):
    world.publish()

    assert json.loads(world.run("status", "--json", LABEL_STUDIO_URL=None).stdout)["project"]


@pytest.mark.parametrize("error", [Denied("no"), Unavailable("down\nfor good")])
@pytest.mark.parametrize("name", ["connect", "disconnect", "backfill", "doctor"])
def test_whatever_fails_is_one_line_and_no_traceback(world, monkeypatch, name, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(world.studio, "project", fail)

    result = world.run(name)

    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert result.stderr.count("\n") <= 2, "what and why, and what to do about it"


def test_it_runs_as_a_module_too():
    run = subprocess.run(
        [sys.executable, "-m", "labelloop.cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "disconnect" in run.stdout
    assert LABEL_STUDIO not in run.stdout

"""Each command's help, its example, and its completion."""

import os
import shlex
import subprocess
import sys
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from labelloop.cli.app import app


def commands_of(group: Any, before: str = "") -> dict[str, Any]:
    """Return all commands by the words that start them."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        is_group = hasattr(command, "commands")
        words = f"{before}{name}"
        found |= commands_of(command, f"{words} ") if is_group else {words: command}
    return found


COMMANDS = commands_of(typer.main.get_command(app))


@pytest.mark.parametrize("name", COMMANDS)
def test_each_help_ends_with_an_example_that_can_be_run(name):
    words = name.split()
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"}).output
    example = COMMANDS[name].epilog.removeprefix("Example: ")

    program, *typed = shlex.split(example)
    arguments = typed[len(words) :]

    assert example in shown
    assert [program, *typed[: len(words)]] == ["labelloop", *words]
    environment = {"LABELLOOP_URL": "https://u:p@host"}
    ran = CliRunner(env=environment)
    with ran.isolation(env=environment):
        COMMANDS[name].make_context(name, arguments)  # raises for a wrong command line


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_can_print_json(name):
    options = {text for each in COMMANDS[name].params for text in each.opts}

    assert "--json" in options


@pytest.mark.parametrize(
    ("words", "completed"), [("labelloop sta", "status"), ("labelloop logs --err", "--errors")]
)
def test_a_shell_completes_commands_and_options(words, completed):
    place = str(len(words.split()) - 1)
    environment = {"_LABELLOOP_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": place}
    paths = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-m", "labelloop.cli"],
        env=environment | paths,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.split() == [completed]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_the_shell_is_printed(shell):
    environment = {"_LABELLOOP_COMPLETE": f"source_{shell}"}
    paths = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-m", "labelloop.cli"],
        env=environment | paths,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "labelloop" in ran.stdout

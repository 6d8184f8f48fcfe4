"""Documents are tests: what README says of settings and commands is so."""

import re
from dataclasses import fields
from pathlib import Path

import typer

from labelloop.cli.app import app
from labelloop.config import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_readme_fits_five_minutes():
    assert len(README.splitlines()) <= 175


def test_the_table_of_settings_is_the_settings():
    rows = re.findall(r"^\| `([A-Z]\w+)` \| (\S*) \|", README, re.MULTILINE)
    by_variable = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper(): value for name, value in rows}

    for field in fields(Settings):
        default = field.metadata["default"]
        if default is not None:
            assert by_variable[field.metadata["variable"]] == f"{default}"


def test_each_make_target_that_readme_names_exists():
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(re.findall(r"`?make ([a-z0-9-]+)", README))
    assert named
    assert named <= targets


def test_readme_names_each_command_and_no_other():
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    listed = README[README.index("- **All commands**") :].partition("\n\n")[0]

    run = set(re.findall(r"\blabelloop ([a-z]+)", README))
    assert run <= commands
    assert commands <= run | set(re.findall(r"`([a-z]+)\b", listed))


def test_each_file_that_readme_links_exists():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target

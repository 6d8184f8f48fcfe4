"""Documents are tests: what they say of settings and commands is so."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from labelloop.cli.app import app
from labelloop.config import Settings
from tests.test_template import PARAMETERS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "RUNBOOK.md").read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
DOCUMENTS = ("README.md", "RUNBOOK.md", "CONTRIBUTING.md", "layers/recipes/README.md")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_readme_fits_five_minutes():
    assert len(README.splitlines()) <= 175


def test_the_table_of_settings_is_the_settings():
    rows = re.findall(r"^\| `([A-Z]\w+)` \| (\S*) \|", SETTINGS, re.MULTILINE)
    by_variable = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper(): value for name, value in rows}

    for field in fields(Settings):
        default = field.metadata["default"]
        if default is not None:
            assert by_variable[field.metadata["variable"]] == f"{default}"


def test_each_parameter_of_the_template_has_a_row():
    """That each works is seen in tests/integration/test_settings.py."""
    rows = re.findall(r"^\| (`[A-Z].*?) \|", SETTINGS, re.MULTILINE)

    assert sorted(name for row in rows for name in re.findall(r"\w+", row)) == sorted(PARAMETERS)


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "RUNBOOK.md"])
def test_each_make_target_that_is_named_exists(document):
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(
        re.findall(r"(?:`|^)make ([a-z0-9-]+)", (ROOT / document).read_text(), re.MULTILINE)
    )
    assert named
    assert named <= targets


def test_readme_names_each_command_and_no_other():
    commands = set(COMMANDS)
    listed = README[README.index("- **All commands**") :].partition("\n\n")[0]

    run = set(re.findall(r"\blabelloop ([a-z]+)", README))
    assert run <= commands
    assert commands <= run | set(re.findall(r"`([a-z]+)\b", listed))


def commands_in(tree: ast.AST) -> Iterator[str]:
    """Yield the words that a test gives to the command line first, or by a parameter of its own."""
    runs = {"run", "told", "invoke"}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        given = node.args[:2] if name in runs else node.args[1:] if name == "parametrize" else ()
        for one in given:
            among = one.elts if isinstance(one, ast.List) else [one]
            for word in among[: None if name == "parametrize" else 1]:
                if isinstance(word, ast.Constant) and isinstance(word.value, str):
                    yield word.value


def test_each_command_is_run_in_a_test():
    """Between the real handlers, or the AWS that it reads: not only its help."""
    files = (ROOT / "tests" / "integration" / "cli").rglob("test_*.py")
    run = {word for file in files for word in commands_in(ast.parse(file.read_text()))}

    assert set(COMMANDS) <= run


def anchors(text: str) -> set[str]:
    """Return the names that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.*)", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_linked_exists(document):
    path = ROOT / document
    links = re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]+))?\)", path.read_text())

    assert links
    for target, anchor in links:
        file = path.parent / target if target else path
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text()), (target, anchor)


def test_sections_that_messages_name_exist():
    code = "\n".join(file.read_text() for file in (ROOT / "shared").rglob("*.py"))
    named = re.findall(r"\b(README|RUNBOOK)(?:'s|,) '([^']+)'", code)

    assert named
    for document, section in named:
        assert f"# {section}\n" in (ROOT / f"{document}.md").read_text(), section

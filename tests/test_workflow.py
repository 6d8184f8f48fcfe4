"""The workflow that deploys from GitHub: what it may do, and that what it runs exists."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from labelloop.local import stack
from tests.test_template import TEMPLATE

ROOT = Path(__file__).parent.parent
FILE = ROOT / ".github" / "workflows" / "deploy.yml"
WORKFLOW: dict[Any, Any] = yaml.safe_load(FILE.read_text())
(JOB,) = WORKFLOW["jobs"].values()
RUNS = [step["run"] for step in JOB["steps"] if "run" in step]


def test_it_runs_only_when_a_person_presses_the_button():
    assert set(WORKFLOW[True]) == {"workflow_dispatch"}  # YAML 1.1 reads `on` as true


def test_it_may_sign_in_and_read_and_nothing_else():
    assert WORKFLOW["permissions"] == {"contents": "read", "id-token": "write"}
    assert "permissions" not in JOB
    assert "secrets." not in FILE.read_text()


def test_each_action_is_of_a_known_maker_and_pinned():
    actions = [step["uses"] for step in JOB["steps"] if "uses" in step]

    assert actions
    for action in actions:
        assert re.fullmatch(r"(actions|aws-actions)/[a-z-]+@(v\d+|[0-9a-f]{40})", action), action


def test_no_expression_is_pasted_into_a_shell():
    assert not [run for run in RUNS if "${{" in run]


def test_each_make_target_and_each_file_that_it_runs_exists():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    named = {target for run in RUNS for target in re.findall(r"\bmake ([a-z0-9-]+)", run)}

    assert named
    assert named <= targets
    for tool in re.findall(r"\.local/(\w+)/bin/\w+", "\n".join(RUNS)):
        assert f".local/{tool}/.stamp" in makefile


def test_it_deploys_by_options_that_the_local_stack_deploys_by():
    """They are run against the real template there, in `make test`."""
    ours = Path(stack.__file__).read_text()
    options = {option for run in RUNS for option in re.findall(r" (--[a-z0-9-]+)", run)}

    assert "--no-fail-on-empty-changeset" in options
    assert not [option for option in options if f'"{option}"' not in ours]


@pytest.mark.parametrize("name", re.findall(r"\b([A-Z]\w+)=", FILE.read_text()))
def test_each_parameter_that_it_names_is_the_templates(name):
    assert name in TEMPLATE["Parameters"] or name == "ARCH"

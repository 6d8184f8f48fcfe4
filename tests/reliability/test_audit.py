"""The template and the code before their checkers, for the report; `make check` runs them too."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.report import find
from tests.test_privileges import ALLOWED, named
from tests.test_template import statements

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own tools
        [ROOT / command[0], *command[1:]],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"},
    )


def test_no_function_has_a_right_beyond_the_list():
    rights = {
        (function, action, named(resource))
        for function in ALLOWED
        for actions, resources in statements(function)
        for action in actions
        for resource in resources
    }
    listed = {(f, a, r) for f, rights in ALLOWED.items() for a, rs in rights.items() for r in rs}

    find("template: rights that differ from the list", len(rights ^ listed), f"of {len(listed)}")


def test_checkov_bandit_and_cfn_lint_find_nothing():
    checkov = run(".local/audit/bin/checkov", "--config-file", ".checkov.yaml", "-o", "json")
    told: dict[str, Any] = json.loads(checkov.stdout)
    bandit = run(".local/audit/bin/bandit", "-q", "-c", "pyproject.toml", "-r", *CODE, "-f", "json")
    issues = json.loads(bandit.stdout)
    lint = run(".local/sam/bin/sam", "validate", "--lint")

    failed, passed = told["summary"]["failed"], told["summary"]["passed"]
    find("checkov: failed checks", failed, f"of {failed + passed}")
    lines = issues["metrics"]["_totals"]["loc"]
    find("bandit: findings", len(issues["results"]), f"in {lines:,} lines")
    find("cfn-lint: findings", lint.returncode, "of 1 template")


CODE = ("functions", "layers", "shared")

"""Running `labelloop backtest` on an export."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labelloop.cli.app import app


@pytest.fixture
def run(tmp_path):
    def run(content, *arguments, strategies=("margin",)):
        path = content if isinstance(content, Path) else tmp_path / "export.json"
        if path is not content:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        options = ["--seeds", "1", "--jobs", "1", "--encoder", "none", "--labels", "20"]
        options += [part for name in strategies for part in ("--strategy", name)]
        return CliRunner().invoke(app, ["backtest", str(path), *options, *arguments])

    return run

"""The layer of recipes of one's own, as `sam build` makes it: what they need is of our versions."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LAYERS = Path(__file__).parents[2] / "layers"


def build(folder: Path, requirement: str) -> tuple[int, str, Path]:
    """Build the layer of recipes that need a package; return how it ended, and what it holds."""
    layers, artifacts = folder / "layers", folder / "artifacts"
    shutil.copytree(LAYERS, layers, ignore=shutil.ignore_patterns("__pycache__"))
    (layers / "recipes" / "requirements.txt").write_text(f"# packages\n{requirement}\n")
    (layers / "recipes" / "mine.py").write_text("RECIPE = None\n")
    done = subprocess.run(  # noqa: S603 - our own Makefile
        ["make", "build-RecipesLayer", f"ARTIFACTS_DIR={artifacts}"],  # noqa: S607
        cwd=layers,
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, artifacts / "python"


def ours(package: str) -> str:
    """Return the version of a package that the functions have."""
    locked = (LAYERS / "training" / "requirements.txt").read_text()
    found = re.search(rf"^{package}==([^ ;\\]+)", locked, re.MULTILINE)
    assert found
    return found[1]


def test_a_package_that_the_functions_have_too_is_of_the_same_version(tmp_path):
    rc, output, folder = build(tmp_path, "threadpoolctl")

    assert rc == 0, output
    assert (folder / f"threadpoolctl-{ours('threadpoolctl')}.dist-info").is_dir()
    assert "mine = mine:RECIPE" in "".join(p.read_text() for p in folder.glob("*/entry_points.txt"))


def test_another_version_of_such_a_package_is_refused_by_its_name(tmp_path):
    rc, output, _ = build(tmp_path, "threadpoolctl==3.0.0")

    assert rc != 0
    assert "threadpoolctl==3.0.0" in output
    assert f"threadpoolctl=={ours('threadpoolctl')}" in output  # what it conflicts with

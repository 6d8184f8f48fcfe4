"""The layer of recipes of one's own: what is in it, and how the functions find it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.broken_recipes import CONFIG, SOUND

FOLDER = Path(__file__).parents[3] / "layers" / "recipes"
FIND = (
    "from labelloop.recipes import control_of, has_own; import sys; "
    "print(has_own(), control_of(sys.argv[1]).recipe, 'numpy' in sys.modules)"
)


def build(folder: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "build.py"), str(folder), str(target)]
    return subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - ours


def found(target: Path) -> str:
    paths = [str(target), *sys.path]
    script = f"import sys; sys.path[:] = {paths!r}; {FIND}"
    command = [sys.executable, "-c", script, CONFIG]
    run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return run.stdout.strip()


def test_a_file_is_found_by_the_functions_without_numpy(tmp_path):
    folder, target = tmp_path / "folder", tmp_path / "python"
    folder.mkdir()
    (folder / "example.py").write_text(SOUND)
    (folder / "test_example.py").write_text("RECIPE = 1")
    (folder / "helper.py").write_text("WIDTH = 3")

    assert build(folder, target).returncode == 0

    assert found(target) == "True example False"
    assert {one.name for one in target.iterdir()} == {
        "example.py",
        "helper.py",
        "labelloop_own_recipes-1.dist-info",
    }


def test_a_package_is_found_too(tmp_path):
    package, target = tmp_path / "folder" / "example", tmp_path / "python"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from example.recipe import RECIPE\n\nRECIPE = RECIPE\n")
    (package / "recipe.py").write_text(SOUND)

    assert build(tmp_path / "folder", target).returncode == 0
    assert found(target) == "True example False"


def test_without_recipes_the_layer_changes_nothing(tmp_path):
    target = tmp_path / "python"

    assert build(FOLDER, target).returncode == 0
    assert found(target) == "False text_choices False"
    assert sum(one.stat().st_size for one in target.rglob("*") if one.is_file()) < 200


@pytest.mark.parametrize("name", ["json.py", "My-Recipe.py", "1st.py"])
def test_a_name_that_hides_a_module_or_is_none_is_refused(name, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / name).write_text(SOUND)

    ended = build(folder, tmp_path / "python")

    assert ended.returncode
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr

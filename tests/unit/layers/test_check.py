"""What a build must be able to do, whatever recipes of one's own its layer holds."""

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from labelloop.cli.app import app
from layers.check import TRAIN
from tests.broken_recipes import CONFIG
from tests.moved_backends import BACKENDS

BUILD = Path(__file__).parents[3] / "layers" / "recipes" / "build.py"
PROVE = """
import sys
from types import SimpleNamespace

import numpy as np

from labelloop.cli.tools_at_hand import tools_at_hand
from labelloop.recipes import control_of
from labelloop.recipes.contract.encoder import LettersEncoder
from labelloop.recipes.tools import Images, Toolbox

class Pixels:
    dimensions = 3

    def encode(self, image):
        return np.ones(3, np.float32)

at_hand = tools_at_hand()._images
images = Images("pixels", Pixels, at_hand.fetch, at_hand.copy)
tools = Toolbox(LettersEncoder.name, LettersEncoder, images)
print(control_of(sys.argv[2]).recipe)
exec(sys.argv[1], {"bootstrap": SimpleNamespace(tools=lambda: tools)})
print("proved")
"""


def made(folder: Path, *command: str) -> None:
    """Have the command line write a recipe of one's own."""
    ended = CliRunner().invoke(app, ["recipe", *command, "--to", str(folder)])
    assert ended.exit_code == 0, ended.output


def proved(folder: Path, target: Path) -> list[str]:
    """Put a folder's recipes into a layer, and go through what the build proves of training."""
    subprocess.run([sys.executable, BUILD, folder, target], check=True)  # noqa: S603 - ours
    script = f"import sys; sys.path[:] = {[str(target), *sys.path]!r}\n{PROVE}"
    command = [sys.executable, "-c", script, TRAIN, CONFIG]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


def test_a_recipe_of_ones_own_for_choices_leaves_the_build_whole(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    made(folder, "new", "mine")

    assert proved(folder, tmp_path / "python") == ["mine", "proved"]


def test_so_does_a_backend_made_a_recipe(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    made(folder, "from-backend", str(BACKENDS / "word_votes" / "model.py"))

    assert proved(folder, tmp_path / "python") == ["word_votes", "proved"]

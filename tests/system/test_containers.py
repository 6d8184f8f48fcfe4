"""Functions as containers: the steps of their image, run without Docker, and what they make."""

import subprocess
import sys
from pathlib import Path

import pytest

from layers.check import importing, variables
from layers.containers import IMAGES
from tests.dockerfile import run_steps
from tests.test_containers import CONTAINERS, command_of

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
IMPORT = "import sys; sys.path[:0] = sys.argv[1:2]; from {} import {} as handler; print(handler)"


@pytest.fixture(scope="module")
def task_root(tmp_path_factory) -> Path:
    """Return the folder that is /var/task in the image."""
    folder = tmp_path_factory.mktemp("image")
    root, command = run_steps(REPOSITORY / "layers" / "Dockerfile", REPOSITORY, folder)
    assert command == command_of("Predict")
    return root / "var" / "task"


@pytest.mark.parametrize("name", IMAGES)
def test_a_function_does_its_work_with_what_is_in_the_image(task_root, name):
    path = [task_root / "functions" / name.lower(), task_root]

    assert list(importing(f"{name}Function", path, variables(CONTAINERS))) == []


@pytest.mark.parametrize("name", IMAGES)
def test_a_function_starts_by_the_command_of_the_template(task_root, name):
    (command,) = command_of(name)
    module, _, function = command.rpartition(".")
    script = IMPORT.format(module, function)
    environment = {**variables(CONTAINERS), "AWS_DEFAULT_REGION": "eu-central-1"}

    started = subprocess.run(  # noqa: S603 - this interpreter, with our own code
        [sys.executable, "-B", "-I", "-S", "-c", script, str(task_root)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "lambda_handler" in started.stdout, started.stderr

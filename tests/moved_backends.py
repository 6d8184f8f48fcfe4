"""ML backends of the tests, made recipes by `labelloop recipe from-backend` and deployed."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from typer.testing import CliRunner

from labelloop import recipes
from labelloop.cli.app import app
from layers.recipes.build import build

BACKENDS = Path(__file__).parent / "ml_backends"
type Deploy = Callable[[str], None]


def moved(name: str, folder: Path) -> Path:
    """Make a recipe of a backend of the tests, in a folder; return the recipe's folder."""
    command = ["recipe", "from-backend", str(BACKENDS / name / "model.py"), "--to", str(folder)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    return folder / name


@contextmanager
def deployed(name: str, folder: Path) -> Iterator[Deploy]:
    """Have a backend in the layer of recipes; the function deploys it again, broken in some way."""
    source, target = folder / "recipes", folder / "layer"
    model = moved(name, source) / "backend" / "model.py"
    sound = model.read_text()
    sys.path.insert(0, str(target))

    def deploy(breaks: str = "") -> None:
        model.write_text(sound.replace('"BREAKS", ""', f'"BREAKS", "{breaks}"'))
        _forget(name)
        for path in sorted(target.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        assert build(source, target) == [name]
        recipes.forget_added()

    try:
        deploy()
        yield deploy
    finally:
        sys.path.remove(str(target))
        _forget(name)
        recipes.forget_added()


def _forget(name: str) -> None:
    for module in [one for one in sys.modules if one.partition(".")[0] == name]:
        del sys.modules[module]

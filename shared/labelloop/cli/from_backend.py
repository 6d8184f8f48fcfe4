"""The command that makes a recipe of an ML backend: `labelloop recipe from-backend`."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from labelloop.cli.command import AsJson, ended
from labelloop.cli.recipe_folder import To, folder_or_default
from labelloop.cli.report import Report
from labelloop.errors import Rejected
from labelloop.recipes.ml_backend.fitness import read_folder
from labelloop.recipes.own import as_name, check_name, demand_there

_REQUIREMENTS: Final = "requirements.txt"
_FOLDER: Final = "backend"
# What belongs to their server, or to its image.
_LEFT: Final = ("_wsgi.py", "Dockerfile*", "docker-compose*", "requirements*.txt", "README*")
_OUT: Final = (*_LEFT, "test_*", "tests", "__pycache__", ".*", "start.sh", "cache.db")
_THEIRS: Final = (
    "label-studio-ml",
    "label-studio-sdk",
    "label_studio",
    "gunicorn",
    "numpy",
    "-",
    "#",
)
_CONTROLS: Final = {
    *("Choices", "Labels", "HyperTextLabels", "ParagraphLabels", "Taxonomy", "Rating", "Number"),
    *("Pairwise", "Ranker", "TextArea", "DateTime", "RectangleLabels", "PolygonLabels"),
    *("BrushLabels", "KeyPointLabels", "EllipseLabels", "Rectangle", "Polygon", "Brush"),
    *("KeyPoint", "Ellipse", "VideoRectangle", "TimelineLabels", "TimeSeriesLabels"),
}
_MODULE: Final = '''"""An ML backend as a recipe: what the folder `backend` holds is as it was."""

from pathlib import Path

from labelloop.recipes.ml_backend import backend_recipe

RECIPE = backend_recipe(
    name="{name}",
    model=Path(__file__).parent / "backend" / "{model}",
    controls={controls},  # the tags that it answers
    class_name="{class_name}",  # if the module has several
    variables={{}},  # its settings: {{"NAME": "value"}}, as it reads them from the process
)
'''


def from_backend(
    model: Annotated[
        Path, typer.Argument(help="the file with the class, model.py, or the folder it lies in")
    ],
    name: Annotated[
        str, typer.Option(help="of the recipe; default: of the folder that the file lies in")
    ] = "",
    control: Annotated[
        list[str] | None,
        typer.Option(help="a tag that it answers, such as Choices; default: those it names"),
    ] = None,
    class_name: Annotated[
        str, typer.Option("--class", help="the class, if the file has several backends")
    ] = "",
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Make a recipe of an ML backend of Label Studio's own shape; its class stays as it is."""
    with ended(Report(as_json)) as report:
        demand_there(model)
        path = model / "model.py" if model.is_dir() else model
        demand_there(path)
        folder = folder_or_default(to)
        imported = _imported(path.parent)
        recipe = name or _default(path.resolve().parent.name, imported)
        if recipe in imported:
            raise Rejected(f"{recipe!r} is a package that it imports", "name another one by --name")
        check_name(recipe, folder.resolve())
        controls = tuple(control or _controls(path.parent))
        target = _write(
            path,
            folder / recipe,
            _MODULE.format(name=recipe, model=path.name, controls=controls, class_name=class_name),
        )
        report.say(f"wrote {target}, which answers {', '.join(controls)}")
        added = _require(path.parent, folder, recipe)
        if added:
            where = folder / _REQUIREMENTS
            report.say(f"added to {where}, to be given exact versions: {', '.join(added)}")
        report.say(f"Then: labelloop recipe check {target} --config CONFIG.xml --tasks EXPORT.json")
        report.data |= {"folder": str(target), "controls": controls, "requirements": added}


def _imported(folder: Path) -> set[str]:
    try:
        return read_folder(folder).tops()
    except (SyntaxError, ValueError) as exc:
        raise Rejected(f"{folder} holds a file that is no Python: {exc}") from None


def _default(folder: str, imported: set[str]) -> str:
    name = as_name(folder)
    return f"{name}_backend" if name in imported else name


def _controls(folder: Path) -> Sequence[str]:
    found = sorted(_CONTROLS & read_folder(folder).texts)
    if not found:
        raise Rejected("it names no tag that it answers", "name it: --control Choices")
    return found


def _write(model: Path, target: Path, module: str) -> Path:
    if target.exists():
        raise Rejected(f"there is {target} already", "take another --name, or another --to")
    try:
        shutil.copytree(model.parent, target / _FOLDER, ignore=shutil.ignore_patterns(*_OUT))
        (target / "__init__.py").write_text(module)
    except OSError as exc:
        raise Rejected(f"{target}: {exc.strerror}", "name a folder that you may write to") from None
    return target


def _require(backend: Path, folder: Path, recipe: str) -> list[str]:
    """Add what a backend requires to the layer's requirements, and return it."""
    theirs, ours = backend / _REQUIREMENTS, folder / _REQUIREMENTS
    if not theirs.is_file() or not ours.is_file():
        return []
    text = ours.read_text()
    there = {_package(line) for line in text.splitlines()}
    wanted = [line.strip() for line in theirs.read_text().splitlines() if line.strip()]
    added = [one for one in wanted if not one.startswith(_THEIRS) and _package(one) not in there]
    if added:
        ours.write_text("\n".join([text.rstrip("\n"), f"# {recipe}:", *added, ""]))
    return added


def _package(line: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", line.strip(), maxsplit=1)[0].lower().replace("_", "-")

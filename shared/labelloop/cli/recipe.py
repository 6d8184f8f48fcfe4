"""The commands of recipes of one's own: `labelloop recipe new`, `labelloop recipe check`."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from labelloop.cli.check_recipe import check_recipe
from labelloop.cli.checked_recipe import LIGHT, ToCheck
from labelloop.cli.command import AsJson, ended
from labelloop.cli.export_file import read_json
from labelloop.cli.packages import demand_packages
from labelloop.cli.recipe_folder import To, folder_or_default
from labelloop.cli.report import Report
from labelloop.errors import Rejected
from labelloop.recipes.own import check_name, demand_there

_EXAMPLE: Final = "example"
_FUNCTION_MB: Final = 3_008  # of the function that trains
_CHANCE: Final = (
    "with {} tasks of a project that may be chance: try others or more; `labelloop backtest "
    "--recipe` says what the recipe learns"
)
_EXPLAINED: Final = {
    LIGHT: "import numpy, and all that needs it, within the methods that use it",
}


def new_recipe(
    name: Annotated[str, typer.Argument(help="lower-case letters, digits and underscores")],
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Write a recipe of your own to start from, what is labelled with it, and its test."""
    with ended(Report(as_json)) as report:
        folder = folder_or_default(to)
        written = _write_example(name, folder)
        report.data["files"] = [str(path) for path in written]
        for path in written:
            report.say(f"wrote {path}")
        report.say(f"Change it, and run: labelloop recipe check {folder / name}.py")


def _write_example(name: str, folder: Path) -> list[Path]:
    check_name(name, folder.resolve())
    texts = {
        folder / one.name.replace(_EXAMPLE, name): one.read_text().replace(_EXAMPLE, name)
        for one in sorted(files("labelloop.recipes.example_recipe").iterdir(), key=lambda f: f.name)
        if _EXAMPLE in one.name
    }
    there = [path for path in texts if path.exists()]
    if there:
        raise Rejected(f"there is {there[0]} already", "take another name, or another --to")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text)
    except OSError as exc:
        raise Rejected(f"{folder}: {exc.strerror}", "name a folder that you may write to") from None
    return list(texts)


def check(
    source: Annotated[str, typer.Argument(help="a file, the folder of a package, or a module")],
    config: Annotated[
        Path | None,
        typer.Option(help="a label config that it learns; default: the file .xml beside it"),
    ] = None,
    tasks: Annotated[
        Path | None,
        typer.Option(
            help="some dozen labelled tasks, an export in the format JSON; default: the file .json"
            " beside it"
        ),
    ] = None,
    annotations: Annotated[
        Path | None,
        typer.Option(help="a list of results, in the tasks' order, if they have no annotations"),
    ] = None,
    limit: Annotated[
        float, typer.Option(min=1, help="seconds that a rule may take; the last one if it is over")
    ] = 60,
    containers: Annotated[
        bool, typer.Option("--containers", help="it is for container functions, which hold more")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a recipe of your own by the rules that the built-in ones keep to."""
    with ended(Report(as_json)) as report:
        demand_packages("numpy", "defusedxml")
        given = _read(source, config, tasks, annotations)
        given = replace(given, in_containers=containers, of_project=tasks is not None)
        findings = list(_shown(given, limit, report))
        notes = sum(one["is_note"] for one in findings)
        failed = sum(bool(one["why"]) for one in findings) - notes
        report.data |= {"rules": findings, "failed": failed, "notes": notes}
        if failed:
            report.fail(f"{failed} of {len(findings)} rules are broken")
        elif notes:
            report.say(f"No rule is broken; of {len(findings)}, {notes} may be for lack of labels.")
        else:
            report.say(f"All {len(findings)} rules hold.")


def _shown(given: ToCheck, limit: float, report: Report) -> Any:
    for one in check_recipe(given, limit):
        sign = "note " if one.is_note else "fails" if one.why else "holds"
        line = f"{sign}  {one.title}"
        report.say(f"{line}: {one.why}" if one.why else line)
        if one.why and (fix := _EXPLAINED.get(one.title)):
            report.say(f"       -> {fix}")
        if one.is_note:
            report.say(f"       -> {_CHANCE.format(len(given.tasks))}")
        yield {"rule": one.title, "why": one.why, "is_note": one.is_note}


def _read(
    source: str, config: Path | None, tasks: Path | None, annotations: Path | None
) -> ToCheck:
    beside = Path(source)
    if len(beside.parts) > 1 or beside.suffix:
        demand_there(beside)
    config, tasks = config or beside.with_suffix(".xml"), tasks or beside.with_suffix(".json")
    try:
        text = config.read_text()
    except (OSError, ValueError):
        raise Rejected(f"{config} can't be read", "name the label config by --config") from None
    rows = _rows(tasks)
    data = [row.get("data", row) if isinstance(row, dict) else row for row in rows]
    results = _rows(annotations) if annotations else [_result_of(row, tasks) for row in rows]
    if len(results) != len(data):
        raise Rejected(
            f"there are {len(results)} annotations of {len(data)} tasks",
            "list one for each task in the file of --annotations, in the tasks' order",
        )
    return ToCheck(source, text, data, results, _FUNCTION_MB)


def _rows(path: Path) -> list[Any]:
    rows = read_json(path)
    if not isinstance(rows, list) or not rows:
        raise Rejected(f"{path}: no list of tasks", "export some dozen labelled tasks as JSON")
    return rows


def _result_of(row: Any, path: Path) -> list[dict[str, Any]]:
    given = row.get("annotations") if isinstance(row, dict) else None
    first = given[0] if isinstance(given, list) and given else None
    result = first.get("result") if isinstance(first, dict) else first
    if not isinstance(result, list):
        raise Rejected(f"{path}: a task has no annotation", "name results by --annotations")
    return result

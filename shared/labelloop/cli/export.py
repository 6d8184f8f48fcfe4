"""Export a project's dataset, or its active model, into a folder: to use them without Labelloop.

It reads the stack's bucket with a person's own AWS rights: a dataset may be larger than any answer
of the API.
"""

import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from labelloop.bucket.project import Project, projects
from labelloop.cli import aws
from labelloop.cli.command import AsJson, Stack, ended
from labelloop.cli.exported_model import export_model
from labelloop.cli.report import Report
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.learning.examples import examples_of
from labelloop.domain.ordering.random_share import is_random
from labelloop.errors import BadSettings, NotFound, Rejected
from labelloop.ports import ObjectStore
from labelloop.recipes import control_or_none, why_order_alone


class What(StrEnum):
    """What can be exported."""

    DATASET = "dataset"
    MODEL = "model"


def export(
    project: Annotated[str, typer.Argument(help="its number in Label Studio, or its key")],
    what: Annotated[What, typer.Argument(help="what to export")],
    folder: Annotated[Path, typer.Option("--to", help="the folder to write; made if missing")],
    encoder: Annotated[
        Path | None,
        typer.Option(
            help="the folder of the model's encoder; default: the bucket, else the one that `make "
            "build` made in the current folder"
        ),
    ] = None,
    stack: Stack = "labelloop",
    as_json: AsJson = False,
) -> None:
    """Export the labelled tasks, or the active model with its card. Needs AWS rights."""
    command = f"labelloop export {project} {what} --to {folder} --stack {stack}"
    with ended(Report(as_json)) as report, aws.errors_explained(stack, command):
        store = aws.bucket(stack)
        found = Project(store, key_of(project, store))
        report.data |= {"project": found.key, "folder": str(folder)}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if what is What.DATASET:
                return _export_dataset(found, folder, report)
            return export_model(found, store, folder, encoder, report)
        except OSError as exc:
            raise Rejected(f"{exc.filename}: {exc.strerror}", "name another folder") from None


def key_of(project: str, store: ObjectStore) -> str:
    """Return the key of a project by its key or its number in Label Studio."""
    keys = [key for key in projects(store) if project in (key, key.partition(".")[0])]
    if not keys:
        raise NotFound(f"nothing is stored of project {project}")
    if len(keys) > 1:
        raise BadSettings(f"there are several projects {project}: {', '.join(keys)}", "name one")
    return keys[0]


def _export_dataset(project: Project, folder: Path, report: Report) -> None:
    """Write the labelled tasks as JSON lines."""
    dataset = project.snapshots.read(project.dataset_pointer().value)
    file, count = folder / "dataset.jsonl", 0
    with file.open("w", encoding="utf-8", errors="backslashreplace") as lines:
        for row in rows_of(dataset, project.active().value.recipe, project.key):
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    (folder / "label_config.xml").write_text(dataset.label_config or "", encoding="utf-8")
    report.data |= {"tasks": count, "files": [str(file), str(folder / "label_config.xml")]}
    report.say(f"{count:,} labelled tasks in {file}")


def rows_of(dataset: Dataset, recipe: str, key: str) -> Iterator[dict[str, Any]]:
    """Yield a JSON object for each task with a label, by id. Rejected if nothing is learnt.

    `input`: what a model reads of the data; `annotators`: how many gave a usable label;
    `random_share`: whether the task was chosen by no model.
    """
    control = control_or_none(dataset.label_config, recipe)
    if control is None or why_order_alone(dataset.label_config or ""):
        raise Rejected(
            "no label of this project can be learnt, so none is known by its meaning",
            "export the annotations in Label Studio; `labelloop status` says why",
        )
    examples = examples_of(dataset, control)
    for place, id_ in enumerate(examples.tasks):
        task = dataset.tasks[id_]
        yield {
            "task": id_,
            "data": task.data,
            "input": examples.inputs[place],
            "label": examples.labels[place],
            "annotators": len(examples.votes[place]),
            "created_at": task.created_at,
            "labelled_at": examples.updated_at[place],
            "random_share": is_random(id_, key),
        }

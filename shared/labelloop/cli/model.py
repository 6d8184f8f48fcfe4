"""The command that imports a model of one's own: `labelloop model import`.

It is checked here, as far as can be, then put into the stack's bucket with a person's own AWS
rights, as it is larger than any request may be. The function that trains checks it again, compares
it with the version at work, and says what came of it.
"""

import time
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import uuid4

import typer

from labelloop.adapters.sandbox import SandboxLimits, run_on_file
from labelloop.bucket.project import Project
from labelloop.cli import aws
from labelloop.cli.image_processor import named as prepared_as
from labelloop.cli.imported_model import Wishes, artefact_of, read_source
from labelloop.cli.packages import ONNX, PILLOW, demand_packages
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.errors import BadSettings, LabelloopError, NotFound, Unavailable
from labelloop.recipes import control_of_imported
from labelloop.recipes.importing import (
    MOST_TOKENS,
    TRIAL,
    demand_offered,
    fitted_to,
    pixels_shown,
    read_as,
    rows_of,
)

_TASKS: Final = 40
_LIMITS: Final = SandboxLimits(megabytes=1_300, seconds=60)  # as in the function that predicts
_LOOK_S: Final = 2.0
_AGAIN: Final = 30  # looks, after which the function is woken again
_LATER: Final = "labelloop logs --errors says why; run the command again"


class Role(StrEnum):
    """What becomes of a model when labels are learnt."""

    MODEL = "model"
    VECTORS = "vectors"


def import_model(
    session: Session,
    report: Report,
    source: Annotated[
        Path, typer.Argument(help="an .onnx file, or a folder with one and tokenizer.json")
    ],
    labels: Annotated[
        str,
        typer.Option(
            help="its labels as the label config has them, in the order of its numbers; default: "
            "as the file or config.json names them"
        ),
    ] = "",
    role: Annotated[
        Role,
        typer.Option(
            "--as",
            help="model: it stays until a training is clearly better; vectors: trainings learn "
            "from what it sees, until you activate a version from before",
        ),
    ] = Role.MODEL,
    force: Annotated[
        bool, typer.Option("--force", help="serve it, though the version at work is better")
    ] = False,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            help="what an input gets, if it is not clear: NAME=text, =ids, =mask, =types, "
            "=column:FIELD, =columns:FIELD,FIELD or =image",
        ),
    ] = None,
    columns: Annotated[
        str, typer.Option(help="fields of the tasks' data, in the order of its only input")
    ] = "",
    output: Annotated[str, typer.Option(help="the output with a number for each label")] = "",
    vectors: Annotated[
        str, typer.Option(help="the output with a vector for each task, with --as vectors")
    ] = "",
    max_tokens: Annotated[
        int, typer.Option(min=0, max=MOST_TOKENS, help="of a text; 0: 128, or as its input is")
    ] = 0,
    image_size: Annotated[
        str,
        typer.Option(
            help="pixels, as 224 or 320x240; default: as its input or preprocessor_config.json has "
            "it, else 224"
        ),
    ] = "",
    crop_from: Annotated[
        int | None,
        typer.Option(
            min=0, help="pixels of the shorter side, of which the middle is read; 0: the whole"
        ),
    ] = None,
    channels: Annotated[str, typer.Option(help="rgb, bgr or grey; default: rgb")] = "",
    scale: Annotated[str, typer.Option(help="what colours are multiplied by; default: 1/255")] = "",
    mean: Annotated[
        str, typer.Option(help="of each channel, taken off the scaled colours; default: 0")
    ] = "",
    deviation: Annotated[
        str, typer.Option(help="of each channel, divided by after that; default: 1")
    ] = "",
    wait: Annotated[int, typer.Option(min=1, help="seconds to wait for the outcome")] = 300,
) -> None:
    """Serve an ONNX model of another library, if it is no worse than the version at work.

    It is checked, compared on the project's labels, and then is a version like any other: it orders
    the queue, can be pinned, and rolled back. Needs AWS rights to write into the stack's bucket.
    """
    demand_packages(*ONNX)
    read = read_source(source)
    wishes = Wishes(
        labels=_listed(labels),
        role=role.value,
        inputs=_named(inputs or []),
        columns=_listed(columns),
        output=output,
        vectors=vectors,
        max_tokens=max_tokens,
        pixels=prepared_as(image_size, crop_from, channels, scale, mean, deviation),
    )
    artefact, file, remark = artefact_of(read, wishes)
    size = f"{file.bytes / 1e6:.1f} MB, opset {file.opset}"
    report.step("checked", "done", f"{read.path.name}: {size}{_by(file.producer)}")
    if remark:
        report.step("labels", "warning", f"taken {remark}")
    if pixels := pixels_shown(artefact):
        demand_packages(PILLOW)
        _tell_pixels(pixels, report, is_said=bool(read.processor or wishes.pixels))
    stack = session.stack or "labelloop"
    with aws.errors_explained(stack, f"labelloop model import {source} --stack {stack}"):
        project = Project(aws.bucket(stack), session.key)
        artefact, tried, lacking = _tried(artefact, project)
        report.step("tried", "done", f"{tried['ms_a_task']:g} ms a task, {tried['megabytes']} MB")
        if lacking:
            report.step("labels", "warning", f"it never answers {', '.join(lacking)}")
        number = f"{time.time_ns()}-{uuid4().hex[:8]}"
        user = session.backend.address.user
        project.imports.add(number, artefact, user, is_forced=force)
        report.step("uploaded", "done", f"to the bucket of stack {stack}")
        _tell(_awaited(session, project, number, wait), session, report)


def _tell_pixels(pixels: str, report: Report, *, is_said: bool) -> None:
    guess = "" if is_said else "; that is a guess: name --mean, --deviation if it learnt others"
    report.step("images", "done" if is_said else "warning", f"{pixels}{guess}")


def _tried(artefact: bytes, project: Project) -> tuple[bytes, dict[str, Any], list[str]]:
    """Return the artefact with the form of its output, what a trial showed, and labels it lacks."""
    from labelloop.cli.tools_at_hand import tools_at_hand  # late, as numpy is: not all have it
    from labelloop.usecases.learning.import_version import some_data

    dataset = project.dataset(project.dataset_pointer().value)
    if dataset.label_config is None:
        raise NotFound(
            f"Labelloop knows no label config of project {project.key}",
            f"labelloop connect --project {project.key.partition('.')[0]}, and label a task",
        )
    control = control_of_imported(dataset.label_config)
    artefact = fitted_to(artefact, control)
    lacking = demand_offered(artefact, control)
    inputs = [control.input_of(data) for data in some_data(project, dataset)[:_TASKS]]
    rows = rows_of([one for one in inputs if one is not None], control, tools_at_hand())
    tried = run_on_file(TRIAL, "package", artefact, {"rows": rows}, _LIMITS)
    return read_as(artefact, tried["form"]), tried, lacking


def _awaited(session: Session, project: Project, number: str, wait: int) -> dict[str, Any]:
    """Return what came of a model, or take it back."""
    looks, outcome = max(1, round(wait / _LOOK_S)), None
    try:
        for look in range(looks):
            if look % _AGAIN == 0:
                session.backend.post("/train", project=session.key)
            outcome = project.imports.outcome(number)
            if outcome is not None:
                return outcome
            time.sleep(_LOOK_S)
    finally:
        with suppress(LabelloopError):
            project.imports.forget(number)
    late = f"the function that trains said nothing within {wait} s"
    raise Unavailable(f"{late}; nothing is served", _LATER)


def _tell(outcome: dict[str, Any], session: Session, report: Report) -> None:
    report.data |= {"project": session.key, **outcome}
    if not outcome["served"]:
        version = outcome["version"]
        stored = f"{version} is stored, and not served: " if version else "it is not served: "
        report.fail(f"{stored}{outcome['why']}", outcome["fix"])
        return
    accuracy = outcome["accuracy"]
    measured = "" if accuracy is None else f", {outcome['title']} {accuracy:.0%}"
    report.step("served", "done", f"{outcome['version']}: {outcome['why']}")
    report.say(f"compared on {outcome['labels']} labels{measured}; some may be known to it already")
    if doubt := outcome.get("doubt"):
        report.step("labels", "warning", doubt)
    if rival := outcome.get("rival"):
        why = "learns this project too: its next version takes the place of this, uncompared"
        report.step("next", "warning", f"the recipe {rival!r} {why}, unless it is pinned")
    if contender := outcome.get("contender"):
        why = "learns this project too: its versions take over once they are clearly more often"
        report.say(f"the recipe {contender!r} {why} right on people's labels")
    report.say("`labelloop rollback` takes it back, `labelloop pin` keeps trainings from it")


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _named(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, sign, role in pairs:
        if not (name and sign and role):
            raise BadSettings(f"--input {name}: expected NAME=ROLE", "as --input input_ids=ids")
    return {name.strip(): role.strip() for name, _, role in pairs}


def _by(producer: str) -> str:
    return f", by {producer}" if producer else ""

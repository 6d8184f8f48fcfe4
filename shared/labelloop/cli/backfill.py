"""Send the labels that exist already: from Label Studio's API, or from an export file."""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer

from labelloop.cli.export_file import read_file
from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.errors import LabelloopError, TooLarge
from labelloop.labelstudio.fields import read_settings

_TASK = ("id", "created_at", "updated_at", "data", "overlap")
_ANNOTATION = (
    "id",
    "created_at",
    "updated_at",
    "result",
    "was_cancelled",
    "ground_truth",
    "completed_by",
    "lead_time",
)


def send_labels(
    session: Session,
    report: Report,
    file: Annotated[
        Path | None, typer.Option("--from", help="an export in the format JSON; default: the API")
    ] = None,
) -> None:
    """Send the labels that no webhook delivered. Sending a label twice changes nothing."""
    if file:
        sent = backfill_file(session, file, report)
    else:
        session.project  # noqa: B018 - its error names a project that does not exist
        batches = iter(session.studio.api.export(session.project_id))
        sent = backfill(session, batches, report)
    report.data |= {"project": session.key} | sent
    report.say(f"{sent['annotations']:,} annotations of {sent['tasks']:,} tasks sent")


def backfill(
    session: Session,
    batches: Iterable[list[dict[str, Any]]],
    report: Report,
    config: str | None = "",
) -> dict[str, int]:
    """Send labelled tasks in requests that Lambda accepts; return the counts of what was sent.

    Sending the same annotations again changes nothing: the newest state of each counts. `config`:
    the label config to send; None for none, empty for Label Studio's if Labelloop has another.
    """
    sent = {"requests": 0, "tasks": 0, "annotations": 0}
    about = _project_to_send(session) if config == "" else {}
    about |= {"label_config": config} if config else {}
    body: dict[str, Any] = {"project": session.key} | about
    with report.working("sending labels") as shown:
        try:
            tasks = (task for batch in batches for task in batch)
            for chunk in chunks(tasks, session.backend.most_bytes):
                session.backend.post("/backfill", **body, tasks=chunk)
                body = {"project": session.key}
                sent["requests"] += 1
                sent["tasks"] += len(chunk)
                sent["annotations"] += sum(len(task["annotations"]) for task in chunk)
                shown.update(f"sending labels: {sent['annotations']:,} annotations")
        except LabelloopError as exc:
            raise type(exc)(f"{exc}. {_so_far(sent)}", exc.fix) from exc
    return sent


def backfill_file(session: Session, path: Path, report: Report) -> dict[str, int]:
    """Send the labels of an export file, after checking all of it."""
    tasks = read_file(path)
    for _ in chunks(tasks, session.backend.most_bytes):
        pass  # TooLarge names a task that is too large for a request
    dataset = session.backend.get("/status", project=session.key)["dataset"]
    config = "" if dataset["label_config_sha256"] else _label_config(session, report)
    return backfill(session, iter([tasks]), report, config or None)


def _label_config(session: Session, report: Report) -> str:
    """Return Label Studio's label config; empty if Label Studio can't be reached."""
    try:
        return str(session.project["label_config"]) if session.has_studio else ""
    except LabelloopError as exc:
        report.errors.print(f"sent without the label config: {exc}", markup=False)
        return ""


def _so_far(sent: dict[str, int]) -> str:
    if not sent["requests"]:
        return "Nothing was sent"
    return (
        f"{sent['annotations']:,} annotations of {sent['tasks']:,} tasks were sent before; "
        "sending them again changes nothing"
    )


def is_complete(project: dict[str, Any], status: dict[str, Any]) -> bool:
    """Say whether Labelloop has as many annotations and skips as Label Studio."""
    return counts_of(project) == known_counts(status)


def counts_of(project: dict[str, Any]) -> tuple[int, int]:
    """Return Label Studio's counts: annotations, and skips."""
    return project["total_annotations_number"], project.get("skipped_annotations_number", 0)


def known_counts(status: dict[str, Any]) -> tuple[int, int]:
    """Return Labelloop's counts: annotations, and skips."""
    return status["dataset"]["annotations"], status["dataset"]["skipped"]


def chunks(tasks: Iterable[dict[str, Any]], most_bytes: int) -> Iterator[list[dict[str, Any]]]:
    """Yield labelled tasks, with the fields that are learnt from, in lists that fit a request."""
    return fitting(filter(_is_labelled, tasks), most_bytes)


def fitting(tasks: Iterable[dict[str, Any]], most_bytes: int) -> Iterator[list[dict[str, Any]]]:
    """Yield tasks, with the fields that are learnt from, in lists that fit a request."""
    chunk: list[dict[str, Any]] = []
    size = 0
    for task in tasks:
        row = _trimmed(task)
        bytes_ = _escaped_bytes(row)
        if bytes_ > most_bytes:
            raise TooLarge(
                f"task {row.get('id')} alone is too large to send",
                "shorten its text: only 20,000 characters of a text are read",
            )
        if chunk and size + bytes_ > most_bytes:
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += bytes_
    if chunk:
        yield chunk


def _project_to_send(session: Session) -> dict[str, Any]:
    """Return the label config and settings that Labelloop lacks: each sent makes a new dataset."""
    if not session.has_studio:
        return {}
    config, settings = str(session.project["label_config"]), read_settings(session.project)
    dataset = session.backend.get("/status", project=session.key)["dataset"]
    digest = sha256(config.encode("utf-8", "surrogatepass")).hexdigest()
    is_known = dataset["label_config_sha256"] == digest
    about: dict[str, Any] = {} if is_known else {"label_config": config}
    return about if dataset["settings"] == settings else about | {"settings": settings}


def _is_labelled(task: dict[str, Any]) -> bool:
    return bool(task.get("annotations"))


def _trimmed(task: dict[str, Any]) -> dict[str, Any]:
    row = {name: task[name] for name in _TASK if name in task}
    row["annotations"] = [
        {name: annotation[name] for name in _ANNOTATION if name in annotation}
        for annotation in task["annotations"]
    ]
    return row


def _escaped_bytes(row: dict[str, Any]) -> int:
    text = json.dumps(row, ensure_ascii=False)
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")) + 2

"""Send what was labelled already: from Label Studio's API, or from an export file."""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from labelloop.cli.report import Report
from labelloop.cli.session import Session
from labelloop.errors import Rejected, TooLarge

# Lambda takes 6 MB of the event, in which the body is a text: its quotes are escaped once more.
MOST_ESCAPED_BYTES: Final = 4_500_000
_TASK = ("id", "created_at", "updated_at", "data")
_ANNOTATION = (
    "id",
    "created_at",
    "updated_at",
    "result",
    "was_cancelled",
    "ground_truth",
    "completed_by",
)


def backfill(
    session: Session, batches: Iterable[list[dict[str, Any]]], report: Report, config: str = ""
) -> dict[str, int]:
    """Send labelled tasks in requests that Lambda takes; return how much was sent.

    The same annotations again change nothing: the newest state of each counts.
    """
    sent = {"requests": 0, "tasks": 0, "annotations": 0}
    body: dict[str, Any] = {"project": session.key}
    if config := config or _config_to_send(session):
        body["label_config"] = config
    with report.errors.status("sending labels") as shown:
        for chunk in chunks(task for batch in batches for task in batch):
            session.backend.post("/backfill", **body, tasks=chunk)
            body.pop("label_config", None)
            sent["requests"] += 1
            sent["tasks"] += len(chunk)
            sent["annotations"] += sum(len(task["annotations"]) for task in chunk)
            shown.update(f"sending labels: {sent['annotations']:,} annotations")
    return sent


def is_complete(project: dict[str, Any], status: dict[str, Any]) -> bool:
    """Say whether Labelloop knows as many annotations as Label Studio counts."""
    return counts_of(project) == known_counts(status)


def counts_of(project: dict[str, Any]) -> tuple[int, int]:
    """Return Label Studio's counts: annotations, and skips."""
    return project["total_annotations_number"], project.get("skipped_annotations_number", 0)


def known_counts(status: dict[str, Any]) -> tuple[int, int]:
    """Return Labelloop's counts: annotations, and skips."""
    return status["dataset"]["annotations"], status["dataset"]["skipped"]


def chunks(tasks: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield labelled tasks, cut down to what is learnt from, in lists that fit a request."""
    chunk: list[dict[str, Any]] = []
    size = 0
    for task in filter(_is_labelled, tasks):
        row = _trimmed(task)
        bytes_ = _escaped_bytes(row)
        if bytes_ > MOST_ESCAPED_BYTES:
            raise TooLarge(f"task {row.get('id')} alone is too large to send")
        if chunk and size + bytes_ > MOST_ESCAPED_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += bytes_
    if chunk:
        yield chunk


def read_file(path: Path) -> list[dict[str, Any]]:
    """Return the tasks of an export file; Rejected if it is none."""
    try:
        tasks = json.loads(path.read_bytes())
    except OSError as exc:
        raise Rejected(f"{path}: {exc.strerror}") from None
    except (ValueError, RecursionError):
        raise Rejected(f"{path}: not JSON") from None
    is_list = isinstance(tasks, list) and all(isinstance(task, dict) for task in tasks)
    if not is_list or any("annotations" not in task for task in tasks):
        raise Rejected(f"{path}: not an export in Label Studio's format JSON (not JSON-MIN)")
    return list(tasks)


def _config_to_send(session: Session) -> str:
    """Return the label config unless Labelloop has it: each new one would be a new dataset."""
    if not session.has_studio:
        return ""
    config = str(session.project["label_config"])
    known = session.backend.get("/status", project=session.key)["dataset"]
    is_known = known["label_config_sha256"] == sha256(config.encode()).hexdigest()
    return "" if is_known else config


def _is_labelled(task: dict[str, Any]) -> bool:
    return bool(task.get("annotations"))


def _trimmed(task: dict[str, Any]) -> dict[str, Any]:
    row = {name: task[name] for name in _TASK if name in task}
    row["annotations"] = [
        {name: one[name] for name in _ANNOTATION if name in one} for one in task["annotations"]
    ]
    return row


def _escaped_bytes(row: dict[str, Any]) -> int:
    text = json.dumps(row, ensure_ascii=False)
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")) + 2

"""Read an export file of Label Studio, or say what is wrong with it before anything is sent."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from labelloop.errors import Rejected, TooLarge, Unprocessable
from labelloop.labelstudio.payloads import read_export

MOST_BYTES: Final = 500_000_000
_ANY_PROJECT: Final = "1.1000000000"
_EXPORT: Final = (
    "export it again in Label Studio: Export > JSON, not JSON-MIN, CSV or another format"
)
_PACKED: Final = {b"PK\x03\x04": "zip", b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}


def read_file(path: Path) -> list[dict[str, Any]]:
    """Return the tasks of an export file; Rejected says what is wrong with it."""
    tasks = read_json(path)
    if not isinstance(tasks, list):
        raise Rejected(f"{path}: not an export, which is a list of tasks", _EXPORT)
    for place, task in enumerate(tasks, 1):
        _check(path, place, task)
    return tasks


def read_json(path: Path) -> Any:
    """Return what a file of JSON holds; Rejected says what is wrong with it."""
    return _json(path, _content(path))


def _content(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise Rejected(f"{path}: a folder", "name the file in it")
        if path.exists() and not path.is_file():
            raise Rejected(f"{path}: not a file", "name a file")
        if path.stat().st_size > MOST_BYTES:
            message = f"{path}: more than {MOST_BYTES // 1_000_000} MB"
            raise TooLarge(message, "leave --from out: the API is read in pieces")
        content = path.read_bytes()
    except OSError as exc:
        raise Rejected(
            f"{path}: {exc.strerror}", "check the name, and that you may read it"
        ) from None
    except ValueError:
        raise Rejected(f"{str(path)!r}: not a name of a file", "name a file") from None
    if not content.strip():
        raise Rejected(f"{path}: empty", _EXPORT)
    for start, packed in _PACKED.items():
        if content.startswith(start):
            raise Rejected(f"{path}: packed ({packed})", "unpack it first, and name the JSON file")
    return content


def _json(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content)
    except RecursionError:
        raise Rejected(f"{path}: nested too deeply", _EXPORT) from None
    except UnicodeDecodeError:
        raise Rejected(f"{path}: not a text in UTF-8, so not JSON", _EXPORT) from None
    except ValueError as exc:
        is_csv = content[:2000].partition(b"\n")[0].count(b",") and content[:1] not in b"[{"
        kind = "CSV, not JSON" if is_csv else f"not JSON ({exc})"
        raise Rejected(f"{path}: {kind}", _EXPORT) from None


def _check(path: Path, place: int, task: Any) -> None:
    """Raise Rejected for a task that Labelloop would refuse; the message names the task."""
    if not isinstance(task, dict) or "annotations" not in task:
        is_min = isinstance(task, dict) and "annotator" in task
        lacks = f"task {place} of the file has no `annotations`, so this is not an export"
        reason = "JSON-MIN, which leaves out annotations" if is_min else lacks
        raise Rejected(f"{path}: {reason}", _EXPORT)
    try:
        read_export(_ANY_PROJECT, [task], datetime.now(UTC))
    except Unprocessable as exc:
        name = f"task {task['id']}" if type(task.get("id")) is int else f"task {place} of the file"
        raise Rejected(f"{path}: {name}: {exc}", _EXPORT) from None

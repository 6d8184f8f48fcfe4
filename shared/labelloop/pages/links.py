"""Addresses in Label Studio: a project, a task, and a list of tasks in the Data Manager."""

import gzip
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from labelloop.domain.serving.task_list import TaskList

_OLDEST: Final = "1970-01-01T00:00:00+00:00"
_NEWEST: Final = "2100-01-01T00:00:00+00:00"


def project_link(label_studio: str, project: str) -> str:
    """Return the address of a project in Label Studio, empty if none is connected."""
    if not label_studio.startswith(("http://", "https://")):
        return ""
    return f"{label_studio.rstrip('/')}/projects/{project.partition('.')[0]}/data"


def task_link(label_studio: str, project: str, task: int) -> str:
    """Return the address of a task in Label Studio, empty if none is connected."""
    link = project_link(label_studio, project)
    return f"{link}?task={task}" if link else ""


def list_link(label_studio: str, project: str, tasks: TaskList) -> str:
    """Return the address of a list of tasks in Label Studio, empty if none is connected.

    Its Data Manager takes a tab that nobody stored out of the address: `tab` is the tab's JSON,
    compressed (Label Studio 1.23, `web/libs/datamanager/src/stores/Tabs/store.js`).
    """
    link = project_link(label_studio, project)
    filters = {"conjunction": "and", "items": list(_filters(tasks))}
    tab = {"title": tasks.title, "filters": filters, "ordering": []}
    packed = gzip.compress(json.dumps(tab).encode(), mtime=0)
    return f"{link}?tab={urlsafe_b64encode(packed).rstrip(b'=').decode()}" if link else ""


def _filters(tasks: TaskList) -> Iterator[dict[str, Any]]:
    if tasks.annotations is not None:
        # The only column that takes many values at once: "1 2 3" is any of them.
        ids = " ".join(map(str, tasks.annotations)) or "0"
        yield _filter("annotations_ids", "String", "contains", ids)
    if tasks.is_labelled is not None:
        operator = "greater" if tasks.is_labelled else "equal"
        yield _filter("total_annotations", "Number", operator, 0)
    if tasks.is_skipped:
        yield _filter("cancelled_annotations", "Number", "greater", 0)
    if tasks.annotator is not None:
        yield _filter("annotators", "List", "contains", tasks.annotator)
    if tasks.since or tasks.until:
        span = {"min": _time(tasks.since or _OLDEST), "max": _time(tasks.until or _NEWEST)}
        yield _filter("completed_at", "Datetime", "in", span)


def _filter(column: str, kind: str, operator: str, value: Any) -> dict[str, Any]:
    named = {"filter": f"filter:tasks:{column}", "type": kind}
    return named | {"operator": operator, "value": value}


def _time(text: str) -> str:
    """Return a time as the Data Manager writes it."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"

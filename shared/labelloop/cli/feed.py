"""Send the tasks of a Label Studio that AWS can't reach, so that Labelloop can rank them."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final

from labelloop.bucket.pool import shard_name
from labelloop.cli.session import Session

type Rows = list[dict[str, Any]]

_IDS_IN_A_PAGE: Final = 500  # a task that is deleted or added changes one page only
_FIELDS: Final = ("id", "created_at", "updated_at", "data", "overlap")


def send_tasks(session: Session, label_config: str) -> int:
    """Send the pages of tasks that Labelloop lacks; return how many tasks were sent.

    A page covers a range of ids, and its name is a digest of its contents: after an interruption,
    only the missing pages are sent.
    """
    stored = session.backend.get("/tasks", project=session.key)
    names, sent = set(stored["sent"]), 0
    listed = session.studio.api.tasks(session.project_id)
    for page in pages_of(listed, session.backend.most_bytes):
        if shard_name([(task["id"], task["data"]) for task in page]) in names:
            continue
        session.backend.post("/tasks", project=session.key, tasks=page)
        sent += len(page)
    if sent or not stored["is_listed"]:
        config = {"label_config": label_config}
        session.backend.post("/tasks", project=session.key, tasks=[], **config)
    return sent


def pages_of(listed: Iterable[Rows], most_bytes: int) -> Iterator[Rows]:
    """Yield all tasks, with only the fields that are needed, in pages that fit a request."""
    tasks = (task for page in listed for task in page)
    for _, group in groupby(tasks, lambda task: int(task["id"]) // _IDS_IN_A_PAGE):
        page: Rows = []
        size = 0
        for task in group:
            row: dict[str, Any] = {name: task[name] for name in _FIELDS if name in task}
            bytes_ = 2 * len(json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass"))
            if page and size + bytes_ > most_bytes:
                yield page
                page, size = [], 0
            page.append(row)
            size += bytes_
        yield page

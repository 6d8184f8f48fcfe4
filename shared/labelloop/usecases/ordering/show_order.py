"""Show the active version's order, and its progress, so that it can be pushed from outside."""

import json
from dataclasses import asdict
from typing import Any, Final

from labelloop.bucket.project import Project
from labelloop.ports import ObjectStore

MOST_BYTES: Final = 2_000_000  # Lambda takes 6 MB, with each quote escaped once more


def show_order(
    key: str,
    store: ObjectStore,
    start: int,
    limit: int,
    *,
    keeps_predictions: bool,
    most_bytes: int = MOST_BYTES,
) -> dict[str, Any]:
    """Return the places from `start` on: `limit` of them, or as many as fit an answer.

    `order` is 0 while none is placed. `keeps_predictions`: the default for the project's option.
    """
    project = Project(store, key)
    pool = project.pool
    version = project.active().value.version
    order = project.orders.newest(version) if pool.is_listed() else None
    queue = order.queue if order else ()
    rows = _fitting([asdict(one) for one in queue[start : start + limit]], most_bytes)
    end = start + len(rows)
    deletes = project.options().value.delete_predictions
    return {
        "version": version,
        "order": order.number if order else 0,
        "is_listed": pool.is_listed(),
        "parts": len(pool.parts(version)),
        "scored": pool.scored(version),
        "changed_at": project.changed_at().isoformat(),
        "keeps_predictions": keeps_predictions if deletes is None else not deletes,
        "total": len(queue),
        "tasks": rows,
        "next": end if end < len(queue) else None,
    }


def _fitting(rows: list[dict[str, Any]], most_bytes: int) -> list[dict[str, Any]]:
    """Return as many of the first rows as an answer can hold, one at least."""
    size = 0
    for place, row in enumerate(rows):
        size += len(json.dumps(row))
        if size > most_bytes and place:
            return rows[:place]
    return rows

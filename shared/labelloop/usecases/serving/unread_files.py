"""Which tasks are left out because an image or text can't be read, why, and what mends it."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from labelloop.bucket.project import Project
from labelloop.bucket.unread import NEVER, Unread, UnreadTasks

_MOST_PARTS: Final = 20  # read while somebody waits: up to 100,000 tasks
_MOST_EXAMPLES: Final = 3
_MOST_SHARDS: Final = 100  # read beyond those of the pool's index


def unread_files(
    project: Project, version: str, deleted_until: Mapping[int, str]
) -> dict[str, Any] | None:
    """Return the tasks that a version could not read, by reason; None if it read all.

    `deleted_until`: see `folding`. `is_more`: whether there are more of them than were counted.
    """
    unread, is_more = project.unread.all(version, _MOST_PARTS)
    tasks = _current(unread, project, deleted_until)
    if not tasks:
        return None
    by_reason: dict[tuple[str, str, bool], list[Unread]] = defaultdict(list)
    for one in tasks:
        by_reason[one.reason, one.fix, one.is_final].append(one)
    ordered = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    again_at = "" if all(one.is_final for one in tasks) else _time(unread.again_at)
    return {
        "tasks": len(tasks),
        "is_more": is_more,
        "again_at": again_at,
        "line": _line(len(tasks), is_more, ordered[0][0][0], again_at),
        "why": [
            {
                "reason": reason,
                "fix": fix,
                "is_final": is_final,
                "tasks": len(some),
                "examples": [
                    {"task": one.task, "where": one.where} for one in some[:_MOST_EXAMPLES]
                ],
            }
            for (reason, fix, is_final), some in ordered
        ],
    }


def _current(
    unread: UnreadTasks, project: Project, deleted_until: Mapping[int, str]
) -> list[Unread]:
    """Return those whose task is still there, in the state that could not be read."""
    tasks = {(one.task, one.updated_at): one for one in unread.without(deleted_until).tasks}
    if not tasks:
        return []
    index = project.pool_index.current(_MOST_SHARDS) or project.pool_index.stored()
    return [
        one
        for one in tasks.values()
        if one.task not in index.tasks or not index.is_after(one.task, one.updated_at)
    ]


def _line(tasks: int, is_more: bool, reason: str, again_at: str) -> str:
    left_out = "task is" if tasks == 1 else "tasks are"
    counted = f"{'at least ' if is_more else ''}{tasks:,} {left_out} left out"
    then = f"; tried again from {again_at} on" if again_at else ""
    return f"{counted}, with images or texts that can't be read, mostly as {reason}{then}"


def _time(seconds: int) -> str:
    if seconds >= NEVER:
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")

"""Take over differences from Label Studio, page by page, where only a person can reach it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from labelloop.bucket.project import Project
from labelloop.usecases.intake.accept import AcceptDeps, accept
from labelloop.usecases.intake.reconcile import compared

type Page = tuple[
    Sequence[Mapping[str, Any]], tuple[int, int], datetime, datetime, Mapping[str, Any]
]


def compare(key: str, page: Page, deps: AcceptDeps) -> int:
    """Store the event that makes the dataset equal to a page; return how many rows differed."""
    project = Project(deps.store, key)
    dataset = project.dataset(project.dataset_pointer().value)
    event = compared(key, dataset, *page)
    if event is None:
        return 0
    accept(event, deps)
    rows = (event.annotations, event.tasks, event.deleted_annotations, event.deleted_tasks)
    return sum(map(len, rows))

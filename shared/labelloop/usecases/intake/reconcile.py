"""Find what no event reported: compare what Label Studio has with the dataset.

Webhooks are lost for good when a call takes over a second, imports send none, and some changes
don't touch the times of what they change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from labelloop.domain.intake.differences import (
    Page,
    annotations_to_fold,
    gone_annotations,
    gone_tasks,
    tasks_to_fold,
)
from labelloop.domain.intake.events import Event, latest_at, text_of
from labelloop.domain.intake.folding import Dataset
from labelloop.labelstudio.fields import read_settings
from labelloop.labelstudio.payloads import read_what_can_be

ALL_ABOVE: Final = 2**63  # more than any id
_NOTHING: Final[dict[str, Any]] = {
    "annotations": (),
    "tasks": (),
    "deleted_annotations": (),
    "deleted_tasks": (),
}
_NO_PROJECT: Final[dict[str, Any]] = {"label_config": None, "settings": {}}


def compared(
    key: str,
    dataset: Dataset,
    tasks: Sequence[Mapping[str, Any]],
    covers: tuple[int, int],
    as_of: datetime,
    now: datetime,
    settings: Mapping[str, Any] | None = None,
) -> Event | None:
    """Return the event that makes the dataset equal to Label Studio; None if nothing differs.

    `tasks`: all that Label Studio has with an id above the first of `covers` up to the second, in
    its own JSON, each with all of its annotations. `as_of`: a time of Label Studio's clock just
    before they were read; the dataset may be older or newer. `settings`: the project as Label
    Studio's API shows it, read at the same time or later.

    Rows that are new or newer become the event that was lost. Rows that differ though their times
    don't are true as of `as_of`: see `folding`. Missing rows were deleted, those after `as_of`
    excepted. A row that can't be read is logged and left as the dataset has it.
    A task without `overlap` in the JSON keeps its own number of annotators.
    """
    project = read_settings(settings) if settings is not None else dataset.settings
    overlaps = {id_: row.overlap for id_, row in dataset.tasks.items()}
    read = read_what_can_be(list(tasks), project)
    with_overlap = {row["id"] for row in tasks if "overlap" in row}
    rows = [
        row if row.id in with_overlap else replace(row, overlap=overlaps.get(row.id))
        for row in read.tasks
    ]
    time = text_of(as_of) if text_of(as_of) <= latest_at(text_of(now)) else text_of(now)
    unread = frozenset(read.unread_tasks), frozenset(read.unread_annotations)
    page = Page(rows, read.annotations, *covers, time, text_of(now), *unread)
    event = Event(
        action="COMPARED",
        project=key,
        received_at=page.now,
        annotations=tuple(annotations_to_fold(dataset, page)),
        tasks=tuple(tasks_to_fold(dataset, page)),
        deleted_annotations=tuple(gone_annotations(dataset, page)),
        deleted_tasks=tuple(gone_tasks(dataset, page)),
        as_of=page.as_of,
    )
    is_empty = event == replace(event, **_NOTHING)
    if settings is not None:
        event = _with_project(event, dataset, settings.get("label_config"), project)
    # A project without a label is no dataset: its config comes with the first one.
    is_first = is_empty and dataset.label_config is None
    return None if is_first or event == replace(event, **_NOTHING, **_NO_PROJECT) else event


def _with_project(
    event: Event, dataset: Dataset, config: str | None, settings: dict[str, Any]
) -> Event:
    """Add the project's label config and settings, as of the event, as the API gives no time."""
    is_new = config is not None and config != dataset.label_config
    is_set = settings != dataset.settings
    return replace(
        event,
        label_config=config if is_new and dataset.label_config_at < event.as_of else None,
        settings=settings if is_set and dataset.settings_at < event.as_of else {},
        project_updated_at=event.as_of,
    )

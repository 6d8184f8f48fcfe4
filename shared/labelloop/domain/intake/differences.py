"""The rows of a page read from Label Studio that a dataset lacks, as rows to be folded."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from labelloop.domain.intake.events import Annotation, Task, dated, latest_at
from labelloop.domain.intake.folding import Dataset, dated_at, is_deleted, is_newer


@dataclass(frozen=True, slots=True)
class Page:
    """All tasks with an id above `after` up to `upto`, and all of their annotations.

    `as_of`: a time of Label Studio's clock, not later than the page; `now`: one of our clock.
    `unread_tasks`, `unread_annotations`: ids of rows on the page that could not be read.
    """

    tasks: list[Task]
    annotations: list[Annotation]
    after: int
    upto: int
    as_of: str
    now: str
    unread_tasks: frozenset[int] = frozenset()
    unread_annotations: frozenset[int] = frozenset()


def annotations_to_fold(dataset: Dataset, page: Page) -> list[Annotation]:
    """Return the annotations that the dataset lacks, or has in another state."""
    stored = dataset.annotations
    read = (_timed(row, stored.get(row.id)) for row in page.annotations)
    rows = _plausible(read, stored, page.now)

    def deleted_at(row: Annotation) -> str:
        own = dataset.deleted_annotations.get(row.id, "")
        return max(own, dataset.lost_task_at(row) or "")

    return list(_to_fold(rows, stored, dataset.corrected_annotations, deleted_at, page.as_of))


def tasks_to_fold(dataset: Dataset, page: Page) -> list[Task]:
    """Return the labelled tasks that the dataset lacks or has in another state.

    Tasks that it takes for deleted are among them. Label Studio updates a task's time with each
    label, and with each prediction that it deletes: that alone is no difference.
    """
    stored, labelled = dataset.tasks, {row.task for row in page.annotations}

    def deleted_at(row: Task) -> str:
        return dataset.deleted_tasks.get(row.id, "")

    rows = (
        row
        for row in page.tasks
        if row.id in labelled or row.id in stored or is_deleted(row.created_at, deleted_at(row))
    )
    changed = (
        row
        for row in _plausible(rows, stored, page.now)
        if not _is_same_task(row, stored.get(row.id))
    )

    return list(_to_fold(changed, stored, dataset.corrected_tasks, deleted_at, page.as_of))


def gone_annotations(dataset: Dataset, page: Page) -> list[int]:
    """Return the annotations of the page's tasks that are no longer in Label Studio.

    Those of a task that is itself gone are deleted with it.
    """
    tasks = {row.id for row in page.tasks}
    seen = {row.id for row in page.annotations} | page.unread_annotations
    return [
        row.id
        for row in dataset.live_annotations()
        if row.task in tasks
        and row.id not in seen
        and _is_covered(row, dataset.corrected_annotations, page)
    ]


def gone_tasks(dataset: Dataset, page: Page) -> list[int]:
    """Return the tasks that belong on the page and are not there."""
    seen = {row.id for row in page.tasks} | page.unread_tasks
    return sorted(
        row.id
        for row in dataset.tasks.values()
        if page.after < row.id <= page.upto
        and row.id not in seen
        and _is_covered(row, dataset.corrected_tasks, page)
    )


def _is_covered(row: Annotation | Task, corrected: Mapping[int, str], page: Page) -> bool:
    """Say whether the row is from before the page: a later one can't be on it."""
    return max(dated_at(row), corrected.get(row.id, "")) <= page.as_of


def _to_fold[Row: (Annotation, Task)](
    rows: Iterable[Row],
    stored_rows: Mapping[int, Row],
    corrected: Mapping[int, str],
    deleted_at_of: Callable[[Row], str],
    as_of: str,
) -> Iterator[Row]:
    """Yield rows as an event would have brought them, if that has its effect; else as of the page.

    A change made after the page comes with its event, or with a later page.
    """
    for row in rows:
        stored = stored_rows.get(row.id)
        corrected_at, deleted_at = corrected.get(row.id, ""), deleted_at_of(row)
        is_dead = is_deleted(row.created_at, deleted_at)
        if row == stored and not is_dead:
            continue
        is_taken = dated_at(row) > corrected_at and not is_dead
        stored_at = dated_at(stored) if stored else ""
        if is_taken and (stored is None or _is_news(row, stored)):
            yield row
        elif as_of > corrected_at and max(stored_at, deleted_at, dated_at(row)) <= as_of:
            yield replace(row, as_of=as_of)


def _is_news(row: Annotation | Task, stored: Annotation | Task) -> bool:
    """Say whether a row is newer by its times, or is the stored one with more fields."""
    if (row.created_at, row.updated_at) == (stored.created_at, stored.updated_at):
        return _is_part_of(stored, row)
    return is_newer(row, stored)


def _is_part_of(stored: Annotation | Task, row: Annotation | Task) -> bool:
    if isinstance(stored, Annotation) and isinstance(row, Annotation):
        is_as_long = len(stored.result) == len(row.result)
        pairs = zip(stored.result, row.result, strict=False)
        is_within = is_as_long and all(old.items() <= new.items() for old, new in pairs)
        took = row.lead_time if stored.lead_time is None else stored.lead_time
        return is_within and replace(stored, result=row.result, lead_time=took) == row
    return False


def _timed(row: Annotation, stored: Annotation | None) -> Annotation:
    """Return a row with the stored time that it took, if it says none: that is no difference."""
    if row.lead_time is None and stored and row.updated_at == stored.updated_at:
        return replace(row, lead_time=stored.lead_time)
    return row


def _is_same_task(row: Task, stored: Task | None) -> bool:
    if stored is None:
        return False
    fields = ("created_at", "data", "overlap")
    return all(getattr(row, name) == getattr(stored, name) for name in fields)


def _plausible[Row: (Annotation, Task)](
    rows: Iterable[Row], stored_rows: Mapping[int, Row], now: str
) -> Iterator[Row]:
    """Yield the rows; those dated in the future with the times that are stored, or with `now`."""
    latest = latest_at(now)
    for row in rows:
        stored = stored_rows.get(row.id)
        if dated_at(row) <= latest:
            yield row
        elif stored is None:
            yield dated(row, latest, now)
        else:
            yield replace(row, created_at=stored.created_at, updated_at=stored.updated_at)

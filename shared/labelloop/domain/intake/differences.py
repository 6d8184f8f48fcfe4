"""What a dataset lacks of the rows that Label Studio was seen to have, as rows to be folded."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from labelloop.domain.intake.events import Annotation, Task, dated, latest_at
from labelloop.domain.intake.folding import Dataset, dated_at, is_deleted, is_newer


@dataclass(frozen=True, slots=True)
class Page:
    """All tasks with an id above `after` up to `upto`, and all of their annotations.

    `as_of` is a time of Label Studio's clock that is not later than the page, `now` one of ours.
    Rows that are there and could not be read go by their ids alone.
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
    """Return the annotations that the dataset lacks, or has otherwise."""
    known = dataset.annotations
    rows = _plausible(page.annotations, known, page.now)

    def deleted_at(row: Annotation) -> str:
        own = dataset.deleted_annotations.get(row.id, "")
        return max(own, dataset.lost_task_at(row) or "")

    return list(_to_fold(rows, known, dataset.corrected_annotations, deleted_at, page.as_of))


def tasks_to_fold(dataset: Dataset, page: Page) -> list[Task]:
    """Return the labelled tasks that the dataset lacks or has otherwise, and those not deleted.

    Label Studio dates a task anew with each label, and with each prediction that it deletes: that
    alone is no difference.
    """
    known, labelled = dataset.tasks, {one.task for one in page.annotations}

    def deleted_at(row: Task) -> str:
        return dataset.deleted_tasks.get(row.id, "")

    rows = (
        row
        for row in page.tasks
        if row.id in labelled or row.id in known or is_deleted(row.created_at, deleted_at(row))
    )
    changed = (
        row
        for row in _plausible(rows, known, page.now)
        if not _is_same_task(row, known.get(row.id))
    )

    return list(_to_fold(changed, known, dataset.corrected_tasks, deleted_at, page.as_of))


def gone_annotations(dataset: Dataset, page: Page) -> list[int]:
    """Return the annotations of the page's tasks that Label Studio has no more.

    Those of a task that is gone itself are left to its own delete.
    """
    tasks = {one.id for one in page.tasks}
    seen = {one.id for one in page.annotations} | page.unread_annotations
    return [
        row.id
        for row in dataset.live_annotations()
        if row.task in tasks
        and row.id not in seen
        and _is_covered(row, dataset.corrected_annotations, page)
    ]


def gone_tasks(dataset: Dataset, page: Page) -> list[int]:
    """Return the tasks that the page should have, and lacks."""
    seen = {one.id for one in page.tasks} | page.unread_tasks
    return sorted(
        row.id
        for row in dataset.tasks.values()
        if page.after < row.id <= page.upto
        and row.id not in seen
        and _is_covered(row, dataset.corrected_tasks, page)
    )


def _is_covered(row: Annotation | Task, corrected: Mapping[int, str], page: Page) -> bool:
    """Say whether the row was there before the page: a later one can't be in it."""
    return max(dated_at(row), corrected.get(row.id, "")) <= page.as_of


def _to_fold[Row: (Annotation, Task)](
    rows: Iterable[Row],
    known_rows: Mapping[int, Row],
    corrected: Mapping[int, str],
    deleted_at_of: Callable[[Row], str],
    as_of: str,
) -> Iterator[Row]:
    """Yield rows as an event would have told them, if that has its effect; else as of the page.

    A change that was made since the page is left to its event, or to a later page.
    """
    for row in rows:
        known = known_rows.get(row.id)
        corrected_at, deleted_at = corrected.get(row.id, ""), deleted_at_of(row)
        is_dead = is_deleted(row.created_at, deleted_at)
        if row == known and not is_dead:
            continue
        is_taken = dated_at(row) > corrected_at and not is_dead
        known_at = dated_at(known) if known else ""
        if is_taken and (known is None or _tells_more(row, known)):
            yield row
        elif as_of > corrected_at and max(known_at, deleted_at, dated_at(row)) <= as_of:
            yield replace(row, as_of=as_of)


def _tells_more(row: Annotation | Task, known: Annotation | Task) -> bool:
    """Say whether a row is newer by its times, or is the known one with more of its fields."""
    if (row.created_at, row.updated_at) == (known.created_at, known.updated_at):
        return _is_part_of(known, row)
    return is_newer(row, known)


def _is_part_of(known: Annotation | Task, row: Annotation | Task) -> bool:
    if isinstance(known, Annotation) and isinstance(row, Annotation):
        is_as_long = len(known.result) == len(row.result)
        pairs = zip(known.result, row.result, strict=False)
        is_within = is_as_long and all(old.items() <= new.items() for old, new in pairs)
        return is_within and replace(known, result=row.result) == row
    return False


def _is_same_task(row: Task, known: Task | None) -> bool:
    if known is None:
        return False
    return (row.created_at, row.data, row.overlap) == (known.created_at, known.data, known.overlap)


def _plausible[Row: (Annotation, Task)](
    rows: Iterable[Row], known_rows: Mapping[int, Row], now: str
) -> Iterator[Row]:
    """Yield the rows, those dated past any clock as old as what is known of them."""
    latest = latest_at(now)
    for row in rows:
        known = known_rows.get(row.id)
        if dated_at(row) <= latest:
            yield row
        elif known is None:
            yield dated(row, latest, now)
        else:
            yield replace(row, created_at=known.created_at, updated_at=known.updated_at)

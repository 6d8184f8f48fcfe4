"""Which tasks a number on a page counts, so that people can look at them in Label Studio."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TaskList:
    """Tasks for which all of this holds; what is None or empty holds for all tasks.

    `annotations`: a task has one of these annotations, by id. `is_labelled`, `is_skipped`: whether
    it has a label, or was skipped. `annotator`: who labelled it, by their id in Label Studio.
    `since`, `until`: when it was finished, in UTC, as ISO 8601 texts. `title`: for people.
    """

    title: str
    annotations: tuple[int, ...] | None = None
    is_labelled: bool | None = None
    is_skipped: bool = False
    annotator: int | None = None
    since: str = ""
    until: str = ""

"""One project in Label Studio, by its whole key.

Label Studio knows projects by ids, and an id may be used again: SQLite gives those of deleted
projects to new ones, and another Label Studio counts from 1 as well. So nothing is read or written
by an id alone: use cases reach Label Studio only through this module, which compares the key first.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from labelloop.errors import Gone, NotFound, Unavailable
from labelloop.labelstudio.payloads import key_of
from labelloop.ports import LabelStudio, TaskPage

# All that is read: other fields are counted anew for each answer, a second in a large project.
SETTINGS: Final = (
    *("id", "created_at", "label_config", "model_version", "sampling"),
    *("maximum_annotations", "skip_queue", "control_weights", "title"),
)
COUNTS: Final = ("task_number", "total_annotations_number", "skipped_annotations_number")
_LABELS: Final = ("total_annotations", "cancelled_annotations")
_KNOWN_FOR_S: Final = 10.0  # else deleting predictions one by one would take twice the time


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A page of tasks, with the annotations of those that have some.

    `upto`: the last id that the page covers, None if it covers all above. `as_of`: a time by Label
    Studio's clock before the page was requested; None if it does not send the time. `settings`: the
    project's, read after the page. `left`: how many tasks are listed above the id, and `counted`
    how many the project counts in all.
    """

    tasks: list[dict[str, Any]]
    settings: dict[str, Any]
    upto: int | None
    as_of: datetime | None
    left: int
    counted: int


class StudioProject:
    """The project of Label Studio that a key names. Gone if there is none or another of that id.

    Also raises what Label Studio's client raises.
    """

    def __init__(
        self, label_studio: LabelStudio, key: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.key = key
        self._studio = label_studio
        self._id = int(key.partition(".")[0])
        self._clock = clock
        self._checked_at = float("-inf")
        self._check()

    def settings(self, *, counted: bool = False) -> dict[str, Any]:
        """Return the project's settings; its counters too if wanted, which take longer."""
        return self._compared((*SETTINGS, *COUNTS) if counted else SETTINGS)

    def change(self, **settings: Any) -> None:
        """Change settings of the project."""
        self._studio.change_project(self._checked(), **settings)

    def tasks(self) -> set[int]:
        """Return the ids of all tasks."""
        pages = self._studio.tasks(self._checked())
        return {task["id"] for page in pages for task in page}

    def survey(self, last: int, has_more: Callable[[int], bool] = lambda _: False) -> Surveyed:
        """Return the next page of tasks above an id, with their annotations.

        Unavailable if a task comes without the annotations that Label Studio counts.
        `has_more`: says which tasks to export even though Label Studio counts no annotations.
        """
        # Before the page: a task that is imported meanwhile is not missing then.
        counted = self._compared((*SETTINGS, "task_number")).get("task_number")
        as_of = self._studio.now()
        page = self._studio.tasks_after(self._id, last)
        labelled = _labelled(page)
        wanted = [t["id"] for t in page.tasks if t["id"] in labelled or has_more(t["id"])]
        exported = self._studio.exported(self._id, wanted) if wanted else []
        settings = self._check()  # so what was read in between is this project's too
        annotations = {task["id"]: task["annotations"] for task in exported}
        lacking = {id_ for id_ in labelled if not annotations.get(id_)}
        # Counted again: an annotation may have been deleted in between.
        if lacking and (lacking := lacking & _labelled(self._studio.tasks_after(self._id, last))):
            reason = f"Label Studio's export lacks the annotations of {len(lacking)} tasks"
            raise Unavailable(f"{reason}, task {min(lacking)} among them")
        tasks = [task | {"annotations": annotations.get(task["id"], [])} for task in page.tasks]
        counted = counted if isinstance(counted, int) else 0
        return Surveyed(tasks, settings, page.last, as_of, page.remaining, counted)

    def add_predictions(self, predictions: Sequence[dict[str, Any]]) -> int:
        """Store predictions; return how many were taken."""
        return self._studio.add_predictions(self._checked(), list(predictions))

    def add_prediction(self, prediction: dict[str, Any]) -> None:
        """Store one prediction, which is not checked."""
        self._checked()
        self._studio.add_prediction(prediction)

    def predictions(self) -> list[dict[str, Any]]:
        """Return the predictions of all versions."""
        return self._studio.predictions(self._checked())

    def prediction_counts(self) -> dict[str, int]:
        """Return how many predictions each version has."""
        return self._studio.prediction_counts(self._checked())

    def delete_prediction(self, prediction: int) -> None:
        """Delete one of the project's predictions."""
        self._checked()
        self._studio.delete_prediction(prediction)

    def delete_predictions(self, version: str) -> None:
        """Delete the predictions of a version."""
        self._studio.delete_predictions(self._checked(), version)

    def _checked(self) -> int:
        """Return the id; that it is this project's was checked a moment ago."""
        if self._clock() - self._checked_at > _KNOWN_FOR_S:
            self._check()
        return self._id

    def _check(self) -> dict[str, Any]:
        return self._compared(SETTINGS)

    def _compared(self, fields: Sequence[str]) -> dict[str, Any]:
        try:
            settings = self._studio.project(self._id, fields)
        except NotFound:
            reason = f"Label Studio has no project {self._id} any more, or the token may not see it"
            raise Gone(reason) from None
        if key_of(settings) != self.key:
            made = settings["created_at"]
            reason = f"project {self._id} of Label Studio is another one by now, made {made}"
            raise Gone(reason)
        self._checked_at = self._clock()
        return settings


def _labelled(page: TaskPage) -> set[int]:
    """Return the tasks of a page that Label Studio counts annotations of."""
    return {task["id"] for task in page.tasks if any(map(task.get, _LABELS))}

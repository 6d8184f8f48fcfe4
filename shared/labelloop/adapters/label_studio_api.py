"""What the loop uses of Label Studio's API. Times in comments: 1.23.2 on SQLite, two cores."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import batched
from typing import Any, Final

from urllib3 import PoolManager

from labelloop.adapters.label_studio_answer import as_list, as_object, field
from labelloop.adapters.label_studio_http import LONG_READ_S, LabelStudioHttp
from labelloop.errors import NotFound, TooLarge, Unavailable
from labelloop.ports import TaskPage

_PAGE: Final = 500
_COUNTS: Final = ("id", "total_annotations", "cancelled_annotations")
_TASK: Final = (*_COUNTS, "data", "created_at", "updated_at", "is_labeled", "overlap")
_EXPORT_READ_S: Final = 60.0  # a batch takes half a second
_EXPORTED_AT_ONCE: Final = 200  # tasks; their ids take 3 kB of the URL, proxies allow 8 kB


class LabelStudioApi:
    """One Label Studio, behind the port `LabelStudio`."""

    def __init__(
        self,
        url: str,
        token: Callable[[], str],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        page_size: int = _PAGE,
        pool: PoolManager | None = None,
    ) -> None:
        self.http = LabelStudioHttp(url, token, clock=clock, sleep=sleep, pool=pool)
        self._page_size = page_size

    def now(self) -> datetime | None:
        """Return the time of Label Studio's newest answer by its own clock, in whole seconds."""
        return self.http.answered_at

    def project(self, id_: int, fields: Sequence[str] = ()) -> dict[str, Any]:
        """Return the named fields of a project, or all; some counters are slow."""
        query = {"include": ",".join(fields)} if fields else None
        return as_object(self.http.ask("GET", f"/api/projects/{id_:d}/", query=query))

    def change_project(self, id_: int, **settings: Any) -> None:
        """Change settings of a project; Rejected if Label Studio does not accept them."""
        self.http.ask("PATCH", f"/api/projects/{id_:d}/", settings)

    def tasks(self, id_: int) -> Iterator[list[dict[str, Any]]]:
        """Yield all tasks of a project in pages, by id; predictions and annotations left out."""
        return (page.tasks for page in self._pages(id_, _TASK))

    def tasks_after(self, id_: int, last: int) -> TaskPage:
        """Return the next page of tasks above an id, smaller if its answer would be too large."""
        return self._page(id_, last, _TASK)

    def export(self, id_: int) -> Iterator[list[dict[str, Any]]]:
        """Yield the annotated tasks of a project, with their annotations, in batches.

        Skipped tasks are included: their annotations have `was_cancelled`.
        """
        annotated = (
            task["id"]
            for page in self._pages(id_, _COUNTS)
            for task in page.tasks
            if task.get("total_annotations") or task.get("cancelled_annotations")
        )
        for ids in batched(annotated, _EXPORTED_AT_ONCE, strict=False):
            yield self._exported(id_, ids)

    def exported(self, id_: int, tasks: Sequence[int]) -> list[dict[str, Any]]:
        """Return the annotated ones of the named tasks, with their annotations."""
        batches = batched(tasks, _EXPORTED_AT_ONCE, strict=False)
        return [task for ids in batches for task in self._exported(id_, ids)]

    def _exported(self, id_: int, tasks: Sequence[int]) -> list[dict[str, Any]]:
        query = {"exportType": "JSON", "ids[]": tasks}
        try:
            path = f"/api/projects/{id_:d}/export"
            return as_list(self.http.ask("GET", path, query=query, read_s=_EXPORT_READ_S))
        except TooLarge:
            if len(tasks) == 1:
                raise
        half = len(tasks) // 2
        return self._exported(id_, tasks[:half]) + self._exported(id_, tasks[half:])

    def add_predictions(self, id_: int, predictions: list[dict[str, Any]]) -> int:
        """Store predictions {task, result, score, model_version}; return how many were stored.

        Rejected, and none stored, if one names a task that the project does not have. After
        Unavailable they may be stored: count the version's predictions before sending them again.
        """
        path = f"/api/projects/{id_:d}/import/predictions"
        answer = as_object(self.http.ask("POST", path, predictions, read_s=LONG_READ_S))
        return field(answer, "created", int)

    def add_prediction(self, prediction: dict[str, Any]) -> None:
        """Store one prediction; its result is not checked. Rejected for a task that is not there.

        After Unavailable it may be stored.
        """
        self.http.ask("POST", "/api/predictions/", prediction)

    def predictions(self, id_: int) -> list[dict[str, Any]]:
        """Return the predictions of all versions: {id, task, model_version} and more."""
        query = {"project": id_}
        answer = self.http.ask("GET", "/api/predictions/", query=query, read_s=LONG_READ_S)
        return [as_object(prediction) for prediction in as_list(answer)]

    def delete_prediction(self, prediction: int) -> None:
        """Delete one prediction; a missing one is no error. Takes 0.1 s; no annotator waits."""
        with suppress(NotFound):
            self.http.ask("DELETE", f"/api/predictions/{prediction:d}/")

    def prediction_counts(self, id_: int) -> dict[str, int]:
        """Return how many predictions each version has."""
        return as_object(self.http.ask("GET", f"/api/projects/{id_:d}/model-versions/"))

    def delete_predictions(self, id_: int, version: str) -> None:
        """Delete the predictions of a version; a version without any is no error.

        On SQLite all annotators wait meanwhile, or get errors: 5 to 10 s for 1,000 predictions.
        """
        path = f"/api/projects/{id_:d}/model-versions/"
        body = {"model_version": version}
        self.http.ask("DELETE", path, body, read_s=LONG_READ_S)

    def _pages(self, id_: int, fields: tuple[str, ...]) -> Iterator[TaskPage]:
        """Yield pages by "id greater than the last": a deleted task does not shift later pages."""
        last: int | None = 0
        while last is not None:
            page = self._page(id_, last, fields)
            if page.tasks:
                yield page
            last = page.last

    def _page(self, id_: int, last: int, fields: tuple[str, ...]) -> TaskPage:
        """Return a page with the named fields; half as many tasks if the answer is too large."""
        size = self._page_size
        while True:
            try:
                return self._page_of(id_, last, fields, size)
            except TooLarge:
                if size == 1:
                    raise
                size //= 2

    def _page_of(self, id_: int, last: int, fields: tuple[str, ...], size: int) -> TaskPage:
        """Return a page. One of 500 tasks takes 0.2 s with named fields, 0.9 s with all fields."""
        above = {"filter": "filter:tasks:id", "operator": "greater", "type": "Number"}
        filters = {"conjunction": "and", "items": [above | {"value": last}]}
        query = {
            "project": id_,
            "page": 1,
            "page_size": size,
            "include": ",".join(fields),
            "resolve_uri": "false",  # data as webhooks and exports have it
            "query": json.dumps({"filters": filters, "ordering": ["tasks:id"]}),
        }
        answer = as_object(self.http.ask("GET", "/api/tasks/", query=query))
        tasks = as_list(field(answer, "tasks", list))
        # Not by the page's size: Label Studio may be configured to return smaller pages.
        remaining = field(answer, "total", int)
        is_last = len(tasks) >= remaining
        if not tasks and not is_last:
            raise Unavailable("Label Studio lists fewer tasks than it counts")
        return TaskPage(tasks, None if is_last else _later(tasks, last), remaining)


def _later(tasks: list[dict[str, Any]], last: int) -> int:
    """Return the id after which the next page begins; Unavailable if it is not a greater one.

    Otherwise a Label Studio that ignores the filter would be read for ever.
    """
    newest = tasks[-1].get("id")
    if not isinstance(newest, int) or newest <= last:
        raise Unavailable("Label Studio lists its tasks in another order than by id")
    return newest

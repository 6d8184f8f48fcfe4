"""One project labelled in rounds: choose tasks, label them, measure the new version."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched

from labelloop.local.annotator import DemoTask, annotation_created
from labelloop.local.backend import BackendFailed, DemoBackend, SeenPrediction
from labelloop.local.project import DemoProject

POLL_S = 0.25

type Truth = dict[int, str]
"""The right label of each task by its id, for the simulated annotator."""


@dataclass(frozen=True)
class Point:
    """The accuracy of the version trained on a number of labels."""

    labels: int
    accuracy: float
    version: str


type Curve = list[Point]


class Stopped(BackendFailed):
    """The campaign was stopped from outside."""


@dataclass
class Campaign:
    """A project, its unlabelled tasks in random order, and held-out ones to measure versions on."""

    backend: DemoBackend
    project: DemoProject
    pool: list[DemoTask]
    held_out: list[DemoTask]
    truth: Truth
    by_score: bool
    report: Callable[[int, str], None]
    is_stopped: Callable[[], bool]
    time_limit_s: float = 120  # the first training starts cold
    poll_s: float = POLL_S
    tasks_per_request: int = 100  # encoding takes about 40 ms a text
    labelled: int = field(default=0, init=False)

    def rounds(self, sizes: Sequence[int]) -> Iterator[Point]:
        """Label each size of a round in turn; yield the accuracy of the version trained on it."""
        version = self.backend.version(self.project)
        for size in sizes:
            self._label(self._next_tasks(size))
            point = self._measure_version_after(version)
            yield point
            version = point.version

    def _next_tasks(self, size: int) -> list[DemoTask]:
        """Return the tasks to label next; the first ones are random, as there is no model yet."""
        if not (self.by_score and self.labelled):
            return self.pool[:size]
        predictions = self._predict(self.pool, "scoring")
        scores = {task.id: p.score for task, p in zip(self.pool, predictions, strict=True)}
        return sorted(self.pool, key=lambda task: scores[task.id])[:size]

    def _predict(
        self, tasks: list[DemoTask], why: str, are_labelled: bool = False
    ) -> list[SeenPrediction]:
        predictions: list[SeenPrediction] = []
        for batch in batched(tasks, self.tasks_per_request, strict=False):
            self._raise_if_stopped()
            self.report(self.labelled, f"{why} {len(predictions) + len(batch):,} tasks")
            predictions += self.backend.predict(self.project, batch, are_labelled)
        return predictions

    def _label(self, tasks: list[DemoTask]) -> None:
        chosen = {task.id for task in tasks}
        self.pool = [task for task in self.pool if task.id not in chosen]
        for task in tasks:
            self._raise_if_stopped()
            self.labelled += 1
            label = self.truth[task.id]
            self.backend.send(annotation_created(self.project, task, label, self.labelled))
            self.report(self.labelled, "labelling")

    def _measure_version_after(self, previous: str) -> Point:
        """Wait until /setup and /predict agree on a newer version; return its accuracy."""
        self.report(self.labelled, "training")
        give_up_at = time.monotonic() + self.time_limit_s
        while time.monotonic() < give_up_at:
            self._raise_if_stopped()
            version = self.backend.version(self.project)
            if version != previous and self._is_served(version):
                accuracy = self._accuracy_of(version)
                if accuracy is not None:
                    return Point(self.labelled, accuracy, version)
            time.sleep(self.poll_s)
        raise BackendFailed(
            f"project {self.project.title!r}: no version newer than {previous!r} was served"
            f" within {self.time_limit_s:.0f} s of label {self.labelled}"
        )

    def _is_served(self, version: str) -> bool:
        return self.backend.predict(self.project, self.held_out[:1])[0].version == version

    def _accuracy_of(self, version: str) -> float | None:
        """Return the share of right predictions; None if a newer version came in between."""
        # As labelled tasks: the random share gets predictions too, and no annotator is influenced.
        predictions = self._predict(self.held_out, "testing on", are_labelled=True)
        versions = {p.version for p in predictions} | {self.backend.version(self.project)}
        if versions != {version}:
            return None
        pairs = zip(self.held_out, predictions, strict=True)
        return sum(self.truth[task.id] == p.label for task, p in pairs) / len(self.held_out)

    def _raise_if_stopped(self) -> None:
        if self.is_stopped():
            raise Stopped("stopped")

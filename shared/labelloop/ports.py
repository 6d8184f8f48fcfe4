"""What the loop needs from outside: a store, queues, secrets, Label Studio, a clock."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from labelloop.messages import Message

type Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time in UTC: the default clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object's bytes, and the entity tag that conditional reads and writes compare."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An object in a listing. `stored_at` is by the store's own clock, in whole seconds."""

    key: str
    stored_at: datetime


class ObjectStore(Protocol):
    """Immutable objects and pointers. Every method raises Unavailable when the store fails."""

    def __hash__(self) -> int:
        """Return the same number always: what was read of immutable objects is cached by it."""
        ...

    def get(self, key: str) -> Stored | None:
        """Return an object, None if there is none."""
        ...

    def get_changed(self, key: str, etag: str) -> Stored | None:
        """Return an object; None if it still has that tag or does not exist."""
        ...

    def create(self, key: str, body: bytes) -> str:
        """Store a new object, return its tag; Conflict if the key already holds other bytes."""
        ...

    def replace(self, key: str, body: bytes, etag: str) -> str:
        """Overwrite the object with that tag, return the new tag; Conflict if it has another."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that don't exist are no error."""
        ...

    def list(self, prefix: str) -> Iterator[Listed]:
        """Yield the objects whose key starts with a prefix, by key."""
        ...

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the names of the folders right below a prefix that ends with a slash."""
        ...


class ProjectState(Protocol):
    """What pushing a queue needs to know about a project: from its objects, or over HTTP."""

    def active_version(self) -> str:
        """Return the name of the version that is served."""
        ...

    def all_versions(self) -> set[str]:
        """Return the names of the versions that there are, and of those that were deleted."""
        ...

    def changed_at(self) -> datetime:
        """Return when the newest snapshot was stored."""
        ...

    def is_ordered(self) -> bool:
        """Say whether the order by score was already switched on in Label Studio."""
        ...

    def set_ordered(self) -> None:
        """Record that the order by score was switched on in Label Studio."""
        ...


class Queue(Protocol):
    """Where wake-ups wait. Raises Unavailable when the queue fails."""

    def send(self, message: Message, delay_s: int) -> None:
        """Deliver a wake-up at least once, after the delay (0 to 900 s) at the earliest."""
        ...


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A page of a project's tasks by id, in Label Studio's JSON, and where the next one begins."""

    tasks: list[dict[str, Any]]
    last: int | None  # the id after which the next page begins; None: there are no more tasks
    remaining: int  # how many tasks there are from the start of this page on, its own included


class LabelStudio(Protocol):
    """One Label Studio, through its API. Values are its own JSON.

    It identifies projects by ids, and may give an id to another project later: use cases call it
    through a `StudioProject`, which compares the whole key.

    Every method raises Denied when the token is refused, NotFound for a project that does not
    exist, and Unavailable when Label Studio can't be reached or keeps answering 429 or 5xx.
    """

    def now(self) -> datetime | None:
        """Return the time of its newest answer by its own clock, None if the answer has none."""
        ...

    def project(self, id_: int, fields: Sequence[str] = ()) -> dict[str, Any]:
        """Return the named fields of a project, settings or counters; all if none is named."""
        ...

    def change_project(self, id_: int, **settings: Any) -> None:
        """Change settings of a project."""
        ...

    def tasks(self, id_: int) -> Iterator[list[dict[str, Any]]]:
        """Yield all tasks of a project in pages, by id; predictions and annotations left out."""
        ...

    def tasks_after(self, id_: int, last: int) -> TaskPage:
        """Return the next page of a project's tasks, with ids above `last`."""
        ...

    def exported(self, id_: int, tasks: Sequence[int]) -> list[dict[str, Any]]:
        """Return the annotated ones of the named tasks, with their annotations."""
        ...

    def export(self, id_: int) -> Iterator[list[dict[str, Any]]]:
        """Yield the annotated tasks of a project, with their annotations, in batches."""
        ...

    def add_predictions(self, id_: int, predictions: list[dict[str, Any]]) -> int:
        """Store predictions {task, result, score, model_version}; return how many were stored."""
        ...

    def add_prediction(self, prediction: dict[str, Any]) -> None:
        """Store one prediction; its result is not checked."""
        ...

    def predictions(self, id_: int) -> list[dict[str, Any]]:
        """Return the predictions of all versions: {id, task, model_version} and more."""
        ...

    def delete_prediction(self, prediction: int) -> None:
        """Delete one prediction; a missing one is no error."""
        ...

    def prediction_counts(self, id_: int) -> dict[str, int]:
        """Return how many predictions each version has."""
        ...

    def delete_predictions(self, id_: int, version: str) -> None:
        """Delete the predictions of a version; a version without any is no error."""
        ...

"""What the loop needs from outside."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from labelloop.messages import WakeUp


@dataclass(frozen=True, slots=True)
class Stored:
    """An object's bytes, and the tag that a conditional write names it by."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An object in a listing. `stored_at` is the store's own clock, in whole seconds."""

    key: str
    stored_at: datetime


class ObjectStore(Protocol):
    """Immutable objects and pointers. Every method raises Unavailable when the store fails."""

    def get(self, key: str) -> Stored | None:
        """Return an object, None if there is none."""
        ...

    def get_changed(self, key: str, etag: str) -> Stored | None:
        """Return an object unless it still has that tag or does not exist."""
        ...

    def create(self, key: str, body: bytes) -> str:
        """Store a new object, return its tag; Conflict if the key is taken by other bytes."""
        ...

    def replace(self, key: str, body: bytes, etag: str) -> str:
        """Store over the object with that tag, return the new one; Conflict if it has another."""
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


class Queue(Protocol):
    """Where wake-ups wait. Raises Unavailable when the queue fails."""

    def send(self, wake_up: WakeUp, delay_s: int) -> None:
        """Deliver a wake-up, at least once, no sooner than after the delay (0 to 900)."""
        ...


class Head(Protocol):
    """A model version ready to predict: texts in, one row of probabilities for each out."""

    @property
    def classes(self) -> Sequence[str]:
        """The labels, in the order of the columns of `predict_proba`."""
        ...

    def predict_proba(self, texts: Sequence[str]) -> Any:
        """Return probabilities, float array of shape (texts, classes); each row sums to 1."""
        ...

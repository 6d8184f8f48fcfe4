"""Models that people imported and no training has looked at yet.

projects/<id>.<created>/imports/<number>/
  model           the artefact, as a version has it
  request.json    {"by", "is_forced", "at"}; it comes last
  outcome.json    what became of it; `labelloop model import` reads it, and deletes all three
"""

import json
from dataclasses import dataclass
from typing import Any

from labelloop.bucket.objects import PROJECTS, fields_of, write_over
from labelloop.domain.intake.events import canonical
from labelloop.ports import ObjectStore

_FILES = ("model", "request.json", "outcome.json")


@dataclass(frozen=True, slots=True)
class Import:
    """A model that waits. `is_forced`: it is to be served, though another one may be better."""

    number: str
    artefact: bytes
    is_forced: bool
    by: str


class Imports:
    """The models that wait in one project. Raises what the store raises."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store, self._root = store, f"{PROJECTS}{key}/imports/"

    def add(self, number: str, artefact: bytes, by: str = "", *, is_forced: bool = False) -> None:
        """Store a model under a new number."""
        self._store.create(f"{self._root}{number}/model", artefact)
        request = canonical({"by": by, "is_forced": is_forced}).encode()
        self._store.create(f"{self._root}{number}/request.json", request)

    def waiting(self) -> list[str]:
        """Return the numbers of the models that nobody has looked at, in their order."""
        keys = {one.key.removeprefix(self._root) for one in self._store.list(self._root)}
        asked = {key.partition("/")[0] for key in keys if key.endswith("/request.json")}
        done = {key.partition("/")[0] for key in keys if key.endswith("/outcome.json")}
        return sorted(asked - done)

    def read(self, number: str) -> Import | None:
        """Return a model that waits, None if it was taken back."""
        model = self._store.get(f"{self._root}{number}/model")
        request = self._store.get(f"{self._root}{number}/request.json")
        if model is None or request is None:
            return None
        fields = fields_of(request)
        return Import(number, model.body, bool(fields.get("is_forced")), str(fields.get("by", "")))

    def finish(self, number: str, outcome: dict[str, Any]) -> None:
        """Store what became of a model."""
        write_over(self._store, f"{self._root}{number}/outcome.json", json.dumps(outcome).encode())

    def outcome(self, number: str) -> dict[str, Any] | None:
        """Return what became of a model, None as long as nobody has looked at it."""
        stored = self._store.get(f"{self._root}{number}/outcome.json")
        return fields_of(stored) if stored else None

    def forget(self, number: str) -> None:
        """Delete what is stored under a number. A version that came of it has an artefact of its
        own.
        """
        self._store.delete(f"{self._root}{number}/{name}" for name in _FILES)

"""The order of a version's tasks, stored to be pushed to Label Studio from here or elsewhere.

    projects/<id>.<created>/ranks/<version>/order-<n>.json.gz

The newest counts: later tasks and labels make another one.
"""

import gzip
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from labelloop.bucket.objects import PROJECTS
from labelloop.bucket.pool import Ranked
from labelloop.bucket.races import swapped
from labelloop.domain.intake.events import canonical
from labelloop.errors import Outpaced
from labelloop.ports import ObjectStore


@dataclass(frozen=True, slots=True)
class Order:
    """The tasks to label first, in their order. `number` counts a version's orders from 1."""

    number: int
    queue: Sequence[Ranked]


class Orders:
    """The orders of one project. Raises what the store raises."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._root = f"{PROJECTS}{key}/ranks/"

    def add(self, version: str, queue: Sequence[Ranked]) -> None:
        """Store an order, unless it is the newest one already."""
        body = gzip.compress(canonical([asdict(one) for one in queue]).encode(), mtime=0)

        def new_key(keys: list[str]) -> str | None:
            newest = self._store.get(keys[-1]) if keys else None
            is_stored = newest is not None and newest.body == body
            return None if is_stored else f"{self._root}{version}/order-{len(keys):06d}.json.gz"

        def place(_: list[str], key: str) -> None:
            self._store.create(key, body)

        with suppress(Outpaced):  # others store what they placed, and the next one is asked for
            swapped(lambda: self._keys(version), new_key, place, "the next order")

    def has(self, version: str) -> bool:
        """Say whether an order of a version was placed."""
        return bool(self._keys(version))

    def newest(self, version: str) -> Order | None:
        """Return the newest order of a version, None if none was placed yet."""
        keys = self._keys(version)
        stored = self._store.get(keys[-1]) if keys else None
        if stored is None:
            return None
        rows = json.loads(gzip.decompress(stored.body))
        return Order(len(keys), [Ranked(**row) for row in rows])

    def _keys(self, version: str) -> list[str]:
        return [one.key for one in self._store.list(f"{self._root}{version}/order-")]

"""The switches of a project: which version, when and why.

history/<switch>.json    one for each switch, immutable; numbers only grow
"""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from labelloop.domain.intake.events import canonical
from labelloop.errors import Conflict
from labelloop.ports import ObjectStore, Stored


class History:
    """The switches of one project."""

    def __init__(self, store: ObjectStore, root: str) -> None:
        self._store = store
        self._root = f"{root}history/"

    def numbers(self) -> list[int]:
        """Return the numbers of all stored switches, ascending."""
        keys = (listed.key.removeprefix(self._root) for listed in self._store.list(self._root))
        names = (key.removesuffix(".json") for key in keys)
        return [int(name) for name in names if name.isdecimal()]

    def entry(self, switch: int) -> Stored | None:
        """Return the entry of a switch, None if none is stored."""
        return self._store.get(self._key(switch))

    def add(self, switch: int, entry: dict[str, Any]) -> None:
        """Store the entry of a switch. If the number has an entry already, that one stays."""
        with suppress(Conflict):
            self._store.create(self._key(switch), canonical(entry).encode())

    def next_after(self, switch: int) -> int:
        """Return the number of the next switch, even if the pointer was restored from a copy."""
        return max([switch, *self.numbers()]) + 1

    def since(self) -> str:
        """Return when the first order was made, by the store's clock; the last time if none was."""
        listed = next(self._store.list(self._root), None)
        since = listed.stored_at if listed else datetime.max.replace(tzinfo=UTC)
        return since.isoformat(timespec="microseconds")

    def _key(self, switch: int) -> str:
        return f"{self._root}{switch:08d}.json"

"""How far a training is, for people who wait. Nothing depends on it.

projects/<id>.<created>/progress.json    the stage at work, and since when  (compare-and-swap)
"""

from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Final

from labelloop.bucket.objects import PROJECTS, fields_of, write_over
from labelloop.domain.intake.events import canonical
from labelloop.errors import Unavailable
from labelloop.ports import ObjectStore


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a training. `done` of `total` steps, 0 of 0 where they can't be counted.

    `at`: when it was noted, in s since 1970; 0: nothing was.
    """

    name: str = ""
    done: int = 0
    total: int = 0
    at: float = 0.0


_NUMBERS: Final = ("done", "total", "at")


class ProgressFile:
    """The stage of one project's training. Raises Unavailable when it can't be read."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._object = f"{PROJECTS}{key}/progress.json"

    def read(self) -> Stage:
        """Return the stage that was noted last; none if nothing readable is stored."""
        fields = fields_of(self._store.get(self._object))
        numbers = {name: fields.get(name) for name in _NUMBERS}
        if not all(isinstance(number, int | float) for number in numbers.values()):
            return Stage()
        return Stage(str(fields.get("name", "")), **numbers)  # type: ignore[arg-type]

    def note(self, stage: Stage) -> None:
        """Store a stage in place of the one before; a store that fails keeps nobody from work."""
        with suppress(Unavailable):
            write_over(self._store, self._object, canonical(asdict(stage)).encode())

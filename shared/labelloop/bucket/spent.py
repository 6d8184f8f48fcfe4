"""What trainings and rankings of a project took in this month. Nothing depends on it.

projects/<id>.<created>/spent/<work>.json    of this month, or the last with any  (compare-and-swap)
"""

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Final

from labelloop.bucket.objects import PROJECTS, fields_of, swap
from labelloop.domain.intake.events import canonical
from labelloop.errors import Conflict, Unavailable
from labelloop.ports import ObjectStore

_ROUNDS: Final = 3  # parts of a ranking may end at once


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent in a month, `2026-11`. `seconds`: of all runs together."""

    month: str = ""
    runs: int = 0
    seconds: float = 0.0
    gb_seconds: float = 0.0  # of memory
    processor: str = ""


_NUMBERS: Final = ("runs", "seconds", "gb_seconds")


class SpentFiles:
    """What was spent on one project. Raises Unavailable when it can't be read."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._root = f"{PROJECTS}{key}/spent/"

    def read(self, work: str) -> Spent:
        """Return what was spent on `train` or `rank`; nothing if nothing readable is stored."""
        return _read(fields_of(self._store.get(f"{self._root}{work}.json")))

    def add(self, work: str, more: Spent) -> None:
        """Add to what was spent in the month; a store that fails, or is busy, loses it."""
        key = f"{self._root}{work}.json"
        for _ in range(_ROUNDS):
            with suppress(Conflict, Unavailable):
                stored = self._store.get(key)
                total = _sum(_read(fields_of(stored)), more)
                body = canonical(asdict(total)).encode()
                swap(self._store, key, body, stored.etag if stored else "")
                return


def _read(fields: dict[str, object]) -> Spent:
    if not all(isinstance(fields.get(name), int | float) for name in _NUMBERS):
        return Spent()
    texts = {name: str(fields.get(name, "")) for name in ("month", "processor")}
    return Spent(**texts, **{name: fields[name] for name in _NUMBERS})  # type: ignore[arg-type]


def _sum(spent: Spent, more: Spent) -> Spent:
    if spent.month != more.month:
        return more
    return replace(
        more,
        runs=spent.runs + more.runs,
        seconds=round(spent.seconds + more.seconds, 3),
        gb_seconds=round(spent.gb_seconds + more.gb_seconds, 3),
    )

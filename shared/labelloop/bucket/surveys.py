"""Surveys: walks over all tasks of a project in Label Studio, by id, over as many sweeps as needed.

    projects/<id>.<created>/survey.json    how far the walk is, and its holder   (compare-and-swap)

The holder renews its right with each page that it took in. After a holder that died, another one
goes on after the last page, once the time is up.
"""

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final, Self

from labelloop.bucket.objects import PROJECTS, fields_of, swap
from labelloop.bucket.pointers import Tagged
from labelloop.bucket.races import swapped
from labelloop.domain.intake.events import canonical
from labelloop.errors import Outpaced
from labelloop.ports import ObjectStore, Stored

HELD_S: Final = 120.0  # a page takes seconds, a slow one a minute or two


@dataclass(frozen=True, slots=True)
class Survey:
    """The state of a project's walk. Times are ISO 8601 texts, empty where there is none yet."""

    began: str = ""  # the walk under way
    after: int = 0  # the last id that it has covered
    listed: int = 0  # how many tasks it has seen
    found: int = 0  # how many of them were new to the pool, or changed
    settled: str = ""  # the numbers of both sides for which no other walk is needed
    differed: str = ""  # how both sides differed when the newest walk began, if it changed nothing
    is_partial: bool = (
        False  # Label Studio listed fewer tasks than it counts: none is taken for deleted
    )
    ended: str = ""  # the last complete walk
    asked: str = ""  # a walk that begins after this time is wanted
    holder: str = ""
    until: float = 0.0

    @classmethod
    def read(cls, stored: Stored | None) -> Self:
        """Return a stored state; a missing or damaged field is as before the first walk."""
        fields, before = fields_of(stored), asdict(cls())
        return cls(**before | {n: v for n, v in fields.items() if type(v) is type(before.get(n))})

    def begun(self, now: datetime, numbers: str, differed: str) -> Self:
        """Return the state of a walk at its beginning, or of the one under way."""
        if self.began:
            return self
        time = now.isoformat(timespec="seconds")
        fresh = replace(self, after=0, listed=0, found=0, is_partial=False, asked="")
        return replace(fresh, began=time, settled=numbers, differed=differed)

    def done(self, now: datetime) -> Self:
        """Return the state after a complete walk."""
        time = now.isoformat(timespec="seconds")
        return replace(self, began="", ended=time, holder="", until=0.0)

    def is_held(self, now: datetime) -> bool:
        """Say whether a holder is at work."""
        return bool(self.holder) and now.timestamp() < self.until

    def held(self, holder: str, now: datetime) -> Self:
        """Return the state with the holder's right renewed."""
        return replace(self, holder=holder, until=now.timestamp() + HELD_S)


class Surveys:
    """The survey of one project. Raises what the store raises."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._object = f"{PROJECTS}{key}/survey.json"

    def state(self) -> Tagged[Survey]:
        """Return the stored state."""
        stored = self._store.get(self._object)
        return Tagged(Survey.read(stored), stored.etag if stored else "")

    def swap(self, after: Tagged[Survey], to: Survey) -> Tagged[Survey]:
        """Store a state over the one that was read; Conflict if it was swapped meanwhile."""
        body = canonical(asdict(to)).encode()
        return Tagged(to, swap(self._store, self._object, body, after.etag))

    def ask(self, now: datetime) -> None:
        """Request a walk that begins from now on."""
        time = now.isoformat(timespec="seconds")

        def requested(after: Tagged[Survey]) -> Survey:
            return replace(after.value, asked=time)

        with suppress(Outpaced):  # others are at work on it, and the sweep asks again
            swapped(self.state, requested, self.swap, "the survey")

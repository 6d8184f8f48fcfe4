"""One worker at a time for a project: leases, which save money and are never needed to be right.

projects/<id>.<created>/
  lease.json                    who trains                                (compare-and-swap)
  pushing.json, trimming.json   who pushes to Label Studio, who trims there
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import uuid4

from labelloop.domain.events import canonical
from labelloop.errors import Conflict
from labelloop.ports import ObjectStore, Stored
from labelloop.project import PROJECTS, fields_of

TRAINER: Final = "lease"  # the names of the leases
PUSHER: Final = "pushing"
TRIMMER: Final = "trimming"


class Lease:
    """The right to do one kind of work for a project, until a time. Raises what the store raises.

    The holder gives it back. One that died is succeeded once its time is up.
    """

    def __init__(self, store: ObjectStore, key: str, of: str) -> None:
        self._store = store
        self._object = f"{PROJECTS}{key}/{of}.json"

    @contextmanager
    def held(self, now: float, seconds: float) -> Iterator[bool]:
        """Yield whether the block has the lease; it has not while somebody else's is running."""
        me = uuid4().hex
        is_mine = self.take(me, now, seconds)
        try:
            yield is_mine
        finally:
            if is_mine:
                self.release(me)

    def take(self, holder: str, now: float, seconds: float) -> bool:
        """Say whether the holder may work now: nobody else's lease is running."""
        stored = self._store.get(self._object)
        if _holder(stored, now) not in ("", holder):
            return False
        return self._write(stored.etag if stored else "", holder, now + seconds)

    def is_held(self, now: float) -> bool:
        """Say whether somebody's lease is running."""
        return bool(_holder(self._store.get(self._object), now))

    def release(self, holder: str) -> None:
        """End the holder's lease, if it still has it."""
        stored = self._store.get(self._object)
        if stored and fields_of(stored).get("holder") == holder:
            self._write(stored.etag, "", 0.0)

    def _write(self, etag: str, holder: str, until: float) -> bool:
        body = canonical({"holder": holder, "until": until}).encode()
        try:
            if etag:
                self._store.replace(self._object, body, etag)
            else:
                self._store.create(self._object, body)
        except Conflict:
            return False
        return True


def _holder(stored: Stored | None, now: float) -> str:
    """Return whose lease is running; empty if nobody's is, or the object can't be read."""
    lease = fields_of(stored)
    until = lease.get("until")
    is_running = isinstance(until, int | float) and now < until
    return str(lease.get("holder", "")) if is_running else ""

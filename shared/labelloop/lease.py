"""One worker at a time for a project: leases, which save money and are never needed to be right.

projects/<id>.<created>/
  lease.json                    who trains                                (compare-and-swap)
  pushing.json, trimming.json   who pushes to Label Studio, who trims there
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from labelloop.domain.events import canonical
from labelloop.errors import Conflict, Retryable
from labelloop.ports import ObjectStore, Stored
from labelloop.project import PROJECTS, fields_of

TRAINER: Final = "lease"  # the names of the leases
PUSHER: Final = "pushing"
TRIMMER: Final = "trimming"
_FIRST_DELAY_S: Final = 300.0  # after the second time: the first one may be bad luck
_LONGEST_DELAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class PutOff:
    """Work that began and did not end so many times in a row, and when to try it again."""

    tries: int = 0
    until: float = 0.0
    reason: str = ""


class Lease:
    """The right to do one kind of work for a project, until a time. Raises what the store raises.

    The holder gives it back. One that died is succeeded once its time is up. What never ends in
    the time or memory that there is would keep all workers busy: it is put off, longer each time.
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
        except Retryable:
            raise
        except Exception as exc:
            if is_mine:
                self._give_back(me, now, type(exc).__name__)
            raise
        finally:
            if is_mine:
                self.release(me)

    def take(self, holder: str, now: float, seconds: float) -> bool:
        """Say whether the holder may work now: nobody else's lease is running."""
        stored = self._store.get(self._object)
        if _holder(stored, now) not in ("", holder):
            return False
        tries = _put_off(stored, now).tries
        state = {"holder": holder, "until": now + seconds, "unfinished": tries}
        return self._write(stored.etag if stored else "", state)

    def put_off(self, now: float) -> PutOff:
        """Return how often the work did not end, and until when it is put off."""
        return _put_off(self._store.get(self._object), now)

    def is_held(self, now: float) -> bool:
        """Say whether somebody's lease is running."""
        return bool(_holder(self._store.get(self._object), now))

    def release(self, holder: str) -> None:
        """End the holder's lease, if it still has it: the work is done."""
        stored = self._store.get(self._object)
        if stored and fields_of(stored).get("holder") == holder:
            self._write(stored.etag, {"holder": "", "until": 0.0})

    def _give_back(self, holder: str, now: float, reason: str) -> None:
        """End the holder's lease, and remember that the work failed."""
        stored = self._store.get(self._object)
        lease = fields_of(stored)
        if stored and lease.get("holder") == holder:
            tries = int(_number(lease.get("unfinished"))) + 1
            state = {"holder": "", "until": now, "unfinished": tries, "reason": reason}
            self._write(stored.etag, state)

    def _write(self, etag: str, state: Mapping[str, Any]) -> bool:
        body = canonical(state).encode()
        try:
            if etag:
                self._store.replace(self._object, body, etag)
            else:
                self._store.create(self._object, body)
        except Conflict:
            return False
        return True


def _put_off(stored: Stored | None, now: float) -> PutOff:
    """Whoever did not give the lease back in time was killed: out of time, or of memory."""
    lease = fields_of(stored)
    until, tries = _number(lease.get("until")), int(_number(lease.get("unfinished")))
    was_killed = bool(lease.get("holder")) and now >= until
    tries += was_killed
    delay = _FIRST_DELAY_S * 2 ** min(tries - 2, 9) if tries >= 2 else 0.0
    told = "ended before it was done, for want of time or of memory"
    reason = told if was_killed else str(lease.get("reason", ""))
    return PutOff(tries, until + min(delay, _LONGEST_DELAY_S), reason)


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else 0.0


def _holder(stored: Stored | None, now: float) -> str:
    """Return whose lease is running; empty if nobody's is, or the object can't be read."""
    lease = fields_of(stored)
    until = lease.get("until")
    is_running = isinstance(until, int | float) and now < until
    return str(lease.get("holder", "")) if is_running else ""

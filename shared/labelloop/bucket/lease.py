"""One worker at a time for a project: leases, which save money; results are right without them.

projects/<id>.<created>/
  lease.json                    the trainer at work                       (compare-and-swap)
  pushing.json, trimming.json   the workers that push to Label Studio, and trim there
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from labelloop.bucket.objects import PROJECTS, fields_of, swap
from labelloop.bucket.races import swapped
from labelloop.domain.intake.events import canonical
from labelloop.errors import BadRecipe, Conflict, Outpaced, Retryable, Unreached
from labelloop.ports import ObjectStore, Stored

TRAINER: Final = "lease"  # the names of the leases
PUSHER: Final = "pushing"
TRIMMER: Final = "trimming"
_FIRST_DELAY_S: Final = 300.0  # after the second failure: the first one may be bad luck
_LONGEST_DELAY_S: Final = 86_400.0
_LIVES_S: Final = 300.0  # of a function: it may still be at work after its lease has ended
_KILLED: Final = "ended before it was done: out of time or memory"
_NOBODY: Final = "nobody, for a rest"


@dataclass(frozen=True, slots=True)
class PutOff:
    """Work that failed `tries` times in a row, why, and when to try it again."""

    tries: int = 0
    until: float = 0.0
    reason: str = ""


class Lease:
    """The right to do one kind of work for a project, until a time. Raises what the store raises.

    The holder gives it back. After a holder that died, the lease is free once its time is up. Work
    that never ends within a function's time or memory would keep all workers busy: it is put off,
    longer each time.
    """

    def __init__(self, store: ObjectStore, key: str, of: str) -> None:
        self._store = store
        self._object = f"{PROJECTS}{key}/{of}.json"

    @contextmanager
    def held(self, now: float, seconds: float) -> Iterator[bool]:
        """Yield whether the block has the lease; False while another holder's is running."""
        me = uuid4().hex
        is_mine = self.take(me, now, seconds)
        try:
            yield is_mine
        except Retryable:
            raise
        except BadRecipe:
            if is_mine:  # who runs the work says that it failed: see `fail`
                self._end(me, lambda work: work)
            raise
        except Exception as exc:
            if is_mine:
                reason = str(exc) if isinstance(exc, Unreached) else type(exc).__name__
                self._give_back(me, now, reason)
            raise
        finally:
            if is_mine:
                self.release(me)

    def take(self, holder: str, now: float, seconds: float) -> bool:
        """Take the lease if no other holder's is running; return whether it was taken."""
        stored = self._stored()
        if _holder(stored, now) not in ("", holder):
            return False
        work = _Work.read(fields_of(stored), now)
        begun = work.begun | {holder: now}
        state = {"holder": holder, "until": now + seconds} | replace(work, begun=begun).fields()
        try:
            self._swap(stored, state)
        except Conflict:
            return False
        return True

    def rest(self, now: float, seconds: float) -> None:
        """Keep all workers out for a while, even once the holder has released the lease."""
        stored = self._stored()
        if stored is not None:
            resting = {"holder": _NOBODY, "until": now + seconds}
            with suppress(Conflict):
                self._swap(stored, fields_of(stored) | resting)

    def put_off(self, now: float) -> PutOff:
        """Return how often the work failed, and until when it is put off."""
        return _Work.read(fields_of(self._stored()), now).put_off()

    def fail(self, now: float, reason: str) -> None:
        """Note that the work failed in a way that it fails in again: it is put off at once."""

        def failed(stored: Stored | None) -> dict[str, Any]:
            lease = fields_of(stored)
            work = _Work.read(lease, float("-inf"))
            tries = max(work.unfinished + 1, 2)
            return lease | replace(work, unfinished=tries, failed_at=now, reason=reason).fields()

        with suppress(Outpaced):
            swapped(self._stored, failed, self._swap, "the lease")

    def is_held(self, now: float) -> bool:
        """Say whether a lease is running."""
        return bool(_holder(self._stored(), now))

    def working_since(self, now: float) -> float | None:
        """Return since when a holder has been at work, in s since 1970; None if none is.

        A holder that was killed counts until a function's life is over.
        """
        begun = _Work.read(fields_of(self._stored()), now).begun
        return min(begun.values(), default=None)

    def release(self, holder: str) -> None:
        """End the holder's lease, if it still has it: the work is done."""
        self._end(holder, lambda work: replace(work, unfinished=0, failed_at=0.0, reason=""))

    def _give_back(self, holder: str, now: float, reason: str) -> None:
        """End the holder's lease, and note that the work failed."""

        def failed(work: _Work) -> _Work:
            return replace(work, unfinished=work.unfinished + 1, failed_at=now, reason=reason)

        self._end(holder, failed)

    def _end(self, holder: str, updated: Callable[["_Work"], "_Work"]) -> None:
        """Remove the holder, even if another one took over since."""

        def without_holder(stored: Stored | None) -> dict[str, Any] | None:
            lease = fields_of(stored)
            work = _Work.read(lease, float("-inf"))
            if holder not in work.begun:
                return None
            others = {name: time for name, time in work.begun.items() if name != holder}
            is_over = lease.get("holder") == holder
            running = {"holder": "" if is_over else lease.get("holder", "")}
            running |= {"until": 0.0 if is_over else lease.get("until", 0.0)}
            return running | updated(replace(work, begun=others)).fields()

        with suppress(Outpaced):  # then it ends when its time is up
            swapped(self._stored, without_holder, self._swap, "the lease")

    def _stored(self) -> Stored | None:
        return self._store.get(self._object)

    def _swap(self, after: Stored | None, state: Mapping[str, Any]) -> None:
        body = canonical(state).encode()
        swap(self._store, self._object, body, after.etag if after else "")


@dataclass(frozen=True, slots=True)
class _Work:
    """The holders still at work, when each began, and how often in a row the work failed."""

    begun: dict[str, float]
    unfinished: int
    failed_at: float
    reason: str

    @classmethod
    def read(cls, lease: Mapping[str, Any], now: float) -> "_Work":
        """Return the work of a stored lease. A holder older than a function's life was killed."""
        stored = lease.get("begun")
        times = stored if isinstance(stored, dict) else {}
        begun = {name: time for name, time in times.items() if isinstance(time, int | float)}
        killed = [time for time in begun.values() if now - time >= _LIVES_S]
        return cls(
            {name: time for name, time in begun.items() if now - time < _LIVES_S},
            int(_number(lease.get("unfinished"))) + len(killed),
            max([_number(lease.get("failed_at")), *(time + _LIVES_S for time in killed)]),
            _KILLED if killed else str(lease.get("reason", "")),
        )

    def fields(self) -> dict[str, Any]:
        """Return it as it is stored beside the lease."""
        failed = {"unfinished": self.unfinished, "failed_at": self.failed_at, "reason": self.reason}
        return {"begun": self.begun} | (failed if self.unfinished else {})

    def put_off(self) -> PutOff:
        """Return until when the work is put off: longer after each time that it failed."""
        tries = self.unfinished
        delay = _FIRST_DELAY_S * 2 ** min(tries - 2, 9) if tries >= 2 else 0.0
        return PutOff(tries, self.failed_at + min(delay, _LONGEST_DELAY_S), self.reason)


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else 0.0


def _holder(stored: Stored | None, now: float) -> str:
    """Return the holder of the running lease; empty if none is running or can be read."""
    lease = fields_of(stored)
    until = lease.get("until")
    is_running = isinstance(until, int | float) and now < until
    return str(lease.get("holder", "")) if is_running else ""

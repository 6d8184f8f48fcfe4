"""Tasks whose images or texts can't be read: which, why, and when to try again.

    projects/<id>.<created>/
      ranks/<version>/unread-[<inputs>-]<part>-<try again>.json    those of a part, immutable
      features/<recipe's folder>/pool/<shard>-<inputs>.npz         those of a shard, among the rest

`<try again>`: in seconds since 1970, so that the sweep sees by the names alone what is due; the
largest number is never.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from typing import Any, Final, Self
from urllib.parse import urlsplit

from labelloop.bucket.objects import PROJECTS
from labelloop.domain.intake.events import canonical
from labelloop.errors import Conflict
from labelloop.ports import ObjectStore

NEVER: Final = 9_999_999_999
_FIRST_WAIT_S: Final = 300
_LONGEST_WAIT_S: Final = 6 * 3_600
_LONGEST_SHOWN: Final = 200  # characters of an address


@dataclass(frozen=True, slots=True)
class Unread:
    """A state of a task whose image or text can't be read: why, what mends it, and where it is.

    `is_final`: no later try helps, only another state of the task. `where` has nothing of an
    address that may be a secret.
    """

    task: int
    updated_at: str
    reason: str
    fix: str
    where: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class UnreadTasks:
    """Tasks that can't be read, after `tries` in a row; some may be from `again_at` on."""

    tasks: tuple[Unread, ...] = ()
    tries: int = 0
    again_at: int = NEVER  # seconds since 1970

    @classmethod
    def after(cls, tries: int, tasks: Iterable[Unread], now: float) -> Self:
        """Return tasks with the time of the next try: each wait is twice the last one."""
        unread = tuple(tasks)
        wait = min(_FIRST_WAIT_S * 2 ** min(tries - 1, 20), _LONGEST_WAIT_S)
        is_over = all(one.is_final for one in unread)
        return cls(unread, tries, NEVER if is_over else int(now + wait))

    def is_due(self, now: float) -> bool:
        """Say whether to try again."""
        return self.again_at <= now

    def without(self, deleted: Mapping[int, str]) -> "UnreadTasks":
        """Return those that are not deleted; `deleted`: until when a state of a task is."""
        left = [one for one in self.tasks if one.updated_at > deleted.get(one.task, "")]
        return replace(self, tasks=tuple(left), again_at=self.again_at if left else NEVER)

    def and_(self, others: "UnreadTasks") -> "UnreadTasks":
        """Return both, to be tried again as soon as one of them is."""
        again_at = min(self.again_at, others.again_at)
        return UnreadTasks(self.tasks + others.tasks, max(self.tries, others.tries), again_at)

    def to_json(self) -> bytes:
        """Return what `from_json` reads."""
        rows = [astuple(one) for one in self.tasks]
        fields = {"tasks": rows, "tries": self.tries, "again_at": self.again_at}
        return canonical(fields).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Return stored tasks; KeyError, TypeError or ValueError for other bytes."""
        fields = json.loads(body)
        tasks = tuple(Unread(*row) for row in fields["tasks"])
        return cls(tasks, int(fields["tries"]), int(fields["again_at"]))


NOTHING_UNREAD: Final = UnreadTasks()


class UnreadNotes:
    """What a version's parts have of such tasks. Raises what the store raises."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._root = f"{PROJECTS}{key}/ranks/"

    def note(self, version: str, inputs: str, part: int, unread: UnreadTasks) -> None:
        """Note the tasks of a part in place of those noted before."""
        before = [key for key, own in self._keys(version, inputs) if own == part]
        name = f"unread-{f'{inputs}-' if inputs else ''}{part:06d}-{unread.again_at:010d}.json"
        key = f"{self._root}{version}/{name}"
        if unread.tasks:
            with suppress(Conflict):  # a repeated step
                self._store.create(key, unread.to_json())
        self._store.delete([one for one in before if one != key])

    def of(self, version: str, inputs: str, part: int) -> set[int]:
        """Return the ids of a part's tasks."""
        keys = [key for key, own in self._keys(version, inputs) if own == part]
        return {task.task for note in self._read(keys) for task in note.tasks}

    def due(self, version: str, inputs: str, now: float) -> set[int]:
        """Return the parts to be tried again."""
        keys = self._keys(version, inputs)
        return {part for key, part in keys if _again_at(key) <= now}

    def is_any_due(self, version: str, now: float) -> bool:
        """Say whether a part is to be tried again, of whatever inputs. Lists names alone."""
        listed = self._store.list(f"{self._root}{version}/unread-")
        return any(_again_at(one.key) <= now for one in listed)

    def all(self, version: str, most: int) -> tuple[UnreadTasks, bool]:
        """Return the tasks of up to `most` parts, and whether there are more parts."""
        keys = [one.key for one in self._store.list(f"{self._root}{version}/unread-")]
        both = UnreadTasks()
        for note in self._read(keys[:most]):
            both = both.and_(note)
        return both, len(keys) > most

    def forget_others(self, version: str, inputs: str) -> None:
        """Forget what was noted of other inputs, which are not ranked any more."""
        listed = self._store.list(f"{self._root}{version}/unread-")
        self._store.delete([one.key for one in listed if _inputs_of(one.key) != inputs])

    def _keys(self, version: str, inputs: str) -> Iterator[tuple[str, int]]:
        listed = self._store.list(f"{self._root}{version}/unread-")
        for one in listed:
            if _inputs_of(one.key) == inputs:
                yield one.key, int(one.key.rsplit("-", 2)[1])

    def _read(self, keys: Iterable[str]) -> Iterator[UnreadTasks]:
        for key in keys:
            stored = self._store.get(key)
            with suppress(KeyError, TypeError, ValueError):
                if stored:
                    yield UnreadTasks.from_json(stored.body)


def shown(address: str) -> str:
    """Return an address for people, without what may be a secret: user, query, fragment, data."""
    if address[:5].lower() == "data:":
        return "a data: URI"
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
        bare = parts._replace(netloc=host, query="", fragment="").geturl()
    except ValueError:
        return "a malformed address"
    return bare[:_LONGEST_SHOWN]


def _again_at(key: str) -> int:
    return int(key.rsplit("-", 1)[1].removesuffix(".json"))


def _inputs_of(key: str) -> str:
    return "-".join(key.rpartition("/unread-")[2].split("-")[:-2])


def unread_of(body: Any) -> UnreadTasks:
    """Return the tasks in an array of bytes; none for None."""
    return UnreadTasks() if body is None else UnreadTasks.from_json(body.tobytes())

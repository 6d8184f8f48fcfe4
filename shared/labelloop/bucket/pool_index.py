"""An index of the pool, without the texts: each task's times and a digest of its data.

    projects/<id>.<created>/pool-index.gz     made from the shards it names

A pool of 300,000 tasks has 600 shards: to read them one by one, with their texts, would take the
time that a sweep has for all projects. What is missing or damaged is made anew.
"""

import gzip
import json
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import batched
from typing import Any, Final

from labelloop.bucket.objects import PROJECTS, write_over
from labelloop.bucket.pool import Pool
from labelloop.domain.intake.events import Task, canonical
from labelloop.ports import ObjectStore

_DIGEST_BYTES: Final = 8
_SHARDS_AT_ONCE: Final = 8
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_LAST: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _TICK
_DAMAGED: Final = (EOFError, KeyError, OSError, TypeError, ValueError, zlib.error)


@dataclass(frozen=True, slots=True)
class KnownTask:
    """A task in the index: its times in microseconds, and the digest of its data."""

    created_at: int
    updated_at: int
    digest: bytes


@dataclass
class PoolIndex:
    """The tasks of some shards by id, the newest state of each."""

    shards: set[str] = field(default_factory=set)
    tasks: dict[int, KnownTask] = field(default_factory=dict)

    def ids(self) -> list[int]:
        """Return all ids, ascending."""
        return sorted(self.tasks)

    def as_new(self, task: Task) -> Task | None:
        """Return a task, dated so that it counts as the newest state; None if the pool has it.

        Label Studio dates a task anew with each label, so times alone make no difference. A task
        that was restored from a backup is older than the one in the pool, and is dated after it.
        """
        known = self.tasks.get(task.id)
        if known is None:
            return task
        new = known_of(task)
        if (new.created_at, new.digest) == (known.created_at, known.digest):
            return None
        if new.updated_at > known.updated_at:
            return task
        if known.updated_at >= _LAST:  # no time is later
            return None
        later = _EPOCH + (known.updated_at + 1) * _TICK
        text = later.isoformat(timespec="microseconds")
        return Task(**{n: getattr(task, n) for n in task.__slots__} | {"updated_at": text})

    def is_after(self, task: int, time: str) -> bool:
        """Say whether a task is dated after a time."""
        return self.tasks[task].updated_at > _micros(time)

    def add(self, tasks: Iterable[tuple[int, KnownTask]]) -> None:
        """Take in the tasks of a shard, by id; the newest state of each counts."""
        for id_, new in tasks:
            known = self.tasks.get(id_)
            if known is None or new.updated_at > known.updated_at:
                self.tasks[id_] = new

    def to_bytes(self) -> bytes:
        """Return what `from_bytes` reads."""
        rows = sorted(self.tasks.items())
        columns = (
            array("q", [id_ for id_, _ in rows]),
            array("q", [task.created_at for _, task in rows]),
            array("q", [task.updated_at for _, task in rows]),
        )
        head = {"shards": sorted(self.shards), "tasks": len(rows)}
        parts = [canonical(head).encode(), b"\n", *(column.tobytes() for column in columns)]
        digests = b"".join(task.digest for _, task in rows)
        return gzip.compress(b"".join([*parts, digests]), compresslevel=1, mtime=0)

    @classmethod
    def from_bytes(cls, body: bytes) -> "PoolIndex":
        """Return a stored index, an empty one if it is damaged."""
        try:
            head, _, rest = gzip.decompress(body).partition(b"\n")
            fields: dict[str, Any] = json.loads(head)
            count, shards = fields["tasks"], set(fields["shards"])
            columns = array("q", rest[: 24 * count])
            digests = rest[24 * count :]
            if len(columns) != 3 * count or len(digests) != _DIGEST_BYTES * count:
                return cls()
        except _DAMAGED:
            return cls()
        rows = zip(columns[count : 2 * count], columns[2 * count :], _cut(digests), strict=True)
        known = (KnownTask(created, updated, digest) for created, updated, digest in rows)
        return cls(shards, dict(zip(columns[:count], known, strict=True)))


def known_of(task: Task) -> KnownTask:
    """Return a task as the index holds it."""
    digest = blake2b(canonical(task.data).encode(), digest_size=_DIGEST_BYTES).digest()
    return KnownTask(_micros(task.created_at), _micros(task.updated_at), digest)


class PoolIndexes:
    """The stored index of one project's pool. Raises what the store raises."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._object = f"{PROJECTS}{key}/pool-index.gz"
        self._pool = Pool(store, key)

    def stored(self) -> PoolIndex:
        """Return the index as it was last stored; shards may have come since."""
        body = self._store.get(self._object)
        return PoolIndex.from_bytes(body.body) if body else PoolIndex()

    def missing(self, index: PoolIndex) -> list[str]:
        """Return the keys of the shards that an index does not hold."""
        return [key for key in self._pool.shards() if _name(key) not in index.shards]

    def whole(self, has_time: Callable[[], bool] = lambda: True) -> PoolIndex | None:
        """Return the index of all shards; None if time is over: the next call goes on."""
        index = self.stored()
        missing = self.missing(index)
        for batch in batched(missing, _SHARDS_AT_ONCE, strict=False):
            if not has_time():
                self.store(index)
                return None
            for key, tasks in zip(batch, self._read(batch), strict=True):
                index.add(tasks)
                index.shards.add(_name(key))
        if missing:
            self.store(index)
        return index

    def count(self, gone: Collection[int], most: int) -> int | None:
        """Return how many tasks the pool has; None if the index lacks more than `most` shards.

        `gone`: the ids of deleted tasks.
        """
        index = self.current(most)
        return None if index is None else len(index.tasks.keys() - set(gone))

    def current(self, most: int) -> PoolIndex | None:
        """Return the index of all shards, and store nothing; None if more than `most` are new."""
        index = self.stored()
        missing = self.missing(index)
        if len(missing) > most:
            return None
        for tasks in self._read(missing):
            index.add(tasks)
        return index

    def store(self, index: PoolIndex) -> None:
        """Store an index over the one before."""
        write_over(self._store, self._object, index.to_bytes())

    def _read(self, shards: Iterable[str]) -> Iterator[list[tuple[int, KnownTask]]]:
        with ThreadPoolExecutor(_SHARDS_AT_ONCE) as readers:
            yield from readers.map(self._known, shards)

    def _known(self, shard: str) -> list[tuple[int, KnownTask]]:
        """Return the index rows of a shard's tasks: not the tasks, which may be large."""
        return [(id_, known_of(task)) for id_, task in self._pool.read([shard]).items()]


def within(ids: list[int], after: int, upto: int) -> list[int]:
    """Return those of some ascending ids that are above `after`, up to `upto`."""
    return ids[bisect_right(ids, after) : bisect_right(ids, upto)]


def _cut(digests: bytes) -> Iterator[bytes]:
    starts = range(0, len(digests), _DIGEST_BYTES)
    return (digests[start : start + _DIGEST_BYTES] for start in starts)


def _micros(time: str) -> int:
    return (datetime.fromisoformat(time) - _EPOCH) // _TICK


def _name(shard: str) -> str:
    return shard.rpartition("/")[2]

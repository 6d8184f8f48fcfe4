"""What is in the pool, without the texts: of each task when it was made and a digest of its data.

    projects/<id>.<created>/pool-index.gz     rolled up from the shards it names

A pool of 300,000 tasks has 600 shards: read one by one, with their texts, they would take what a
sweep has for all projects. What is missing or damaged is rolled up anew.
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
    """What is known of a task: its times in microseconds, and the digest of its data."""

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
        """Return a task as it must stand in the pool to count; None if it does already.

        Label Studio dates a task anew with each label, so times alone make no difference; and what
        it restored from a backup is older than what was there.
        """
        known = self.tasks.get(task.id)
        if known is None:
            return task
        found = known_of(task)
        if (found.created_at, found.digest) == (known.created_at, known.digest):
            return None
        if found.updated_at > known.updated_at:
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
        """Take in what is known of tasks of a shard, by id."""
        for id_, found in tasks:
            known = self.tasks.get(id_)
            if known is None or found.updated_at > known.updated_at:
                self.tasks[id_] = found

    def to_bytes(self) -> bytes:
        """Return what `from_bytes` reads."""
        rows = sorted(self.tasks.items())
        columns = (
            array("q", [id_ for id_, _ in rows]),
            array("q", [one.created_at for _, one in rows]),
            array("q", [one.updated_at for _, one in rows]),
        )
        head = {"shards": sorted(self.shards), "tasks": len(rows)}
        parts = [canonical(head).encode(), b"\n", *(column.tobytes() for column in columns)]
        digests = b"".join(one.digest for _, one in rows)
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
    """Return what an index holds of a task."""
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
        found = self._store.get(self._object)
        return PoolIndex.from_bytes(found.body) if found else PoolIndex()

    def missing(self, index: PoolIndex) -> list[str]:
        """Return the keys of the shards that an index does not hold."""
        return [key for key in self._pool.shards() if _name(key) not in index.shards]

    def whole(self, has_time: Callable[[], bool] = lambda: True) -> PoolIndex | None:
        """Return the index of all shards; None if time is over, and the next call goes on."""
        index = self.stored()
        missing = self.missing(index)
        for some in batched(missing, _SHARDS_AT_ONCE, strict=False):
            if not has_time():
                self.store(index)
                return None
            for key, tasks in zip(some, self._read(some), strict=True):
                index.add(tasks)
                index.shards.add(_name(key))
        if missing:
            self.store(index)
        return index

    def count(self, gone: Collection[int], most: int) -> int | None:
        """Return how many tasks the pool has; None while more than some shards are not rolled up.

        `gone`: those that were deleted.
        """
        index = self.stored()
        missing = self.missing(index)
        if len(missing) > most:
            return None
        for tasks in self._read(missing):
            index.add(tasks)
        return len(index.tasks.keys() - set(gone))

    def store(self, index: PoolIndex) -> None:
        """Store an index over the one before."""
        write_over(self._store, self._object, index.to_bytes())

    def _read(self, shards: Iterable[str]) -> Iterator[list[tuple[int, KnownTask]]]:
        with ThreadPoolExecutor(_SHARDS_AT_ONCE) as readers:
            yield from readers.map(self._known, shards)

    def _known(self, shard: str) -> list[tuple[int, KnownTask]]:
        """Return what is known of the tasks of a shard: not the tasks, which may be large."""
        return [(id_, known_of(task)) for id_, task in self._pool.read([shard]).items()]


def within(ids: list[int], after: int, upto: int) -> list[int]:
    """Return those of some ascending ids that are above one and up to another."""
    return ids[bisect_right(ids, after) : bisect_right(ids, upto)]


def _cut(digests: bytes) -> Iterator[bytes]:
    return (digests[at : at + _DIGEST_BYTES] for at in range(0, len(digests), _DIGEST_BYTES))


def _micros(time: str) -> int:
    return (datetime.fromisoformat(time) - _EPOCH) // _TICK


def _name(shard: str) -> str:
    return shard.rpartition("/")[2]

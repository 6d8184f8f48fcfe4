"""In-memory ports. They answer questions; the contract suite makes them believable."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from labelloop.errors import Conflict, Unavailable
from labelloop.messages import WakeUp
from labelloop.ports import Listed, Stored


class Clock:
    """Time that stands still until told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class MemoryStore:
    """An object store in a dict. `down` makes it fail as a store that can't be reached."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self._clock = clock or Clock()
        self._objects: dict[str, tuple[Stored, datetime]] = {}
        self._writes = 0
        self.down = False
        self.reads = 0

    def __contains__(self, key: str) -> bool:
        return key in self._objects

    def keys(self, part: str = "") -> list[str]:
        return sorted(key for key in self._objects if part in key)

    def body(self, key: str) -> bytes:
        return self._objects[key][0].body

    def everything(self) -> bytes:
        return b"\n".join(key.encode() + stored.body for key, (stored, _) in self._objects.items())

    def tamper(self, key: str, body: bytes) -> None:
        self._write(key, body)

    def get(self, key: str) -> Stored | None:
        self._answer()
        self.reads += 1
        found = self._objects.get(key)
        return found[0] if found else None

    def get_changed(self, key: str, etag: str) -> Stored | None:
        stored = self.get(key)
        return None if stored is None or stored.etag == etag else stored

    def create(self, key: str, body: bytes) -> str:
        self._answer()
        if key in self._objects:
            return self._ours(key, body)
        return self._write(key, body)

    def replace(self, key: str, body: bytes, etag: str) -> str:
        self._answer()
        if key not in self._objects:
            raise Conflict(key)
        if self._objects[key][0].etag != etag:
            return self._ours(key, body)
        return self._write(key, body)

    def delete(self, keys: Iterable[str]) -> None:
        self._answer()
        for key in keys:
            self._objects.pop(key, None)

    def list(self, prefix: str) -> Iterator[Listed]:
        self._answer()
        for key in sorted(self._objects):
            if key.startswith(prefix):
                yield Listed(key, self._objects[key][1].replace(microsecond=0))

    def folders(self, prefix: str) -> Iterator[str]:
        self._answer()
        below = (key.removeprefix(prefix) for key in self.keys() if key.startswith(prefix))
        yield from OrderedDict.fromkeys(key.partition("/")[0] for key in below if "/" in key)

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("the store is down")

    def _ours(self, key: str, body: bytes) -> str:
        stored = self._objects[key][0]
        if stored.body != body:
            raise Conflict(key)
        return stored.etag

    def _write(self, key: str, body: bytes) -> str:
        self._writes += 1
        etag = f'"{self._writes}"'
        self._objects[key] = Stored(body, etag), self._clock()
        return etag


class MemoryQueue:
    """Wake-ups sent, with their delays."""

    def __init__(self) -> None:
        self.sent: list[tuple[WakeUp, int]] = []
        self.down = False

    def __len__(self) -> int:
        return len(self.sent)

    def send(self, wake_up: WakeUp, delay_s: int) -> None:
        if self.down:
            raise Unavailable("the queue is down")
        self.sent.append((wake_up, delay_s))

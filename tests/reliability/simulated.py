"""An object store and queues in simulated time, with all that S3 and SQS may do to us."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from labelloop.messages import Message
from labelloop.ports import Listed, Stored
from tests.fakes import MemoryStore
from tests.reliability.scheduler import Scheduler

HIDDEN_S = 1800  # as the template sets the queues
MOST_RECEIVED = 5


class SimulatedStore:
    """A store whose every call takes time; listings and deletions come in several requests."""

    def __init__(self, scheduler: Scheduler, memory: MemoryStore) -> None:
        self._scheduler, self.memory = scheduler, memory
        self.watch: Callable[[str, str], None] = lambda _operation, _key: None

    def get(self, key: str) -> Stored | None:
        return self._scheduler.call(lambda: self.memory.get(key))

    def get_changed(self, key: str, etag: str) -> Stored | None:
        return self._scheduler.call(lambda: self.memory.get_changed(key, etag))

    def create(self, key: str, body: bytes) -> str:
        return self._write("create", key, lambda: self.memory.create(key, body))

    def replace(self, key: str, body: bytes, etag: str) -> str:
        return self._write("replace", key, lambda: self.memory.replace(key, body, etag))

    def delete(self, keys: Iterable[str]) -> None:
        for key in list(keys):
            self._write("delete", key, partial(self.memory.delete, [key]))

    def list(self, prefix: str) -> Iterator[Listed]:
        first = self._page(prefix, "")
        yield from first[:3]
        if len(first) > 3:  # what is stored meanwhile may be seen, or not
            yield from self._page(prefix, first[2].key)

    def folders(self, prefix: str) -> Iterator[str]:
        yield from self._scheduler.call(lambda: list(self.memory.folders(prefix)))

    def _page(self, prefix: str, after: str) -> Sequence[Listed]:
        listed = self._scheduler.call(lambda: list(self.memory.list(prefix)))
        return [one for one in listed if one.key > after]

    def _write(self, operation: str, key: str, effect: Callable[[], Any]) -> Any:
        def watched() -> Any:
            result = effect()
            self.watch(operation, key)
            return result

        return self._scheduler.call(watched)


class SimulatedQueue:
    """At least once, in any order; a message that fails five times is a dead letter."""

    def __init__(self, scheduler: Scheduler, consume: Callable[[Message], Any]) -> None:
        self._scheduler, self._consume = scheduler, consume
        self._received: dict[int, int] = {}
        self._sent = 0
        self.dead: list[Message] = []

    def send(self, message: Message, delay_s: int) -> None:
        self._scheduler.call(lambda: self._accept(message, delay_s))

    def _accept(self, message: Message, delay_s: int) -> None:
        self._sent += 1
        name, chance = self._sent, self._scheduler.random
        self._received[name] = 0
        for _ in range(2 if chance.random() < self._scheduler.faults.duplicate else 1):
            late = chance.choice((0, 0.1, 1, 8, 40))
            self._scheduler.at(delay_s + late, lambda: self._deliver(name, message))

    def _deliver(self, name: int, message: Message) -> None:
        if name not in self._received:
            return
        self._received[name] += 1
        if self._received[name] > MOST_RECEIVED:
            del self._received[name]
            self.dead.append(message)
            return

        def done(well: bool) -> None:
            if well:
                self._received.pop(name, None)
            else:
                self._scheduler.at(HIDDEN_S, lambda: self._deliver(name, message))

        self._scheduler.start(lambda: self._consume(message), done)
